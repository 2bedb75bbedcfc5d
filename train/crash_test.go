package train_test

import (
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/internal/crashfs"
	"github.com/strata-ml/strata/train"
)

var long = flag.Bool("long", false, "as many cases as docs/reliability.md counts")

// saving is the setup with a checkpoint after every second step, few of which stay.
func saving(t testing.TB, dir string) train.Setup[float32] {
	s := setup[float32](t, "adam", dir)
	s.Checkpoints.EverySteps, s.Checkpoints.Keep = 2, 2
	return s
}

// A life is a run that is recorded from a state of its directory on, up to its end.
type life struct {
	t            *testing.T
	want         string // digest of a run without a power cut
	acknowledged int64  // newest checkpoint that was durable at its start, -1 for none
	recorder     *crashfs.Recorder
}

// live trains in dir to the end and records it. Fault is that of the recorder.
func live(t *testing.T, dir, want string, acknowledged int64, fault func(string) error) *life {
	t.Helper()
	r, err := crashfs.Record(dir)
	if err != nil {
		t.Fatal(err)
	}
	r.Fault = fault
	s := saving(t, filepath.Join(dir, "runs", "a"))
	s.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) {
		if saved, ok := e.(*train.Saved); ok {
			r.Acknowledge(saved.Step)
		}
	})}
	r.During(func() { trainAll(t, s, 0) })
	return &life{t, want, acknowledged, r}
}

// cut cuts the power of a life everywhere, looks at the states that are left, and gives one in so many to again. It returns
// how many states there were.
func (l *life) cut(states, oneIn int, again func(root string, acknowledged int64)) int {
	looked := 0
	count, _ := l.recorder.Try(l.t, states, func(root string, cut crashfs.Cut) error {
		acknowledged := slices.Max(append(cut.Acknowledged, l.acknowledged))
		if err := survived(filepath.Join(root, "runs", "a"), acknowledged); err != nil {
			return err
		}
		if looked++; looked%oneIn == 0 {
			again(root, acknowledged)
		}
		return nil
	})
	return count
}

// survived checks what a power cut leaves of a run of which a checkpoint was acknowledged, -1 for none: that one or a
// newer one is intact and no file in its place is damaged, the best one is there, the log is as long as it counts on, and
// the history can be read.
func survived(dir string, acknowledged int64) error {
	checkpoints := filepath.Join(dir, train.CheckpointDir)
	path, skipped, err := checkpoint.Latest(checkpoints)
	if errors.Is(err, fs.ErrNotExist) && acknowledged < 0 {
		return nil
	}
	if err != nil || len(skipped) > 0 {
		return errors.Join(append(skipped, err)...)
	}
	f, err := checkpoint.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	s := f.State()
	if s.Step < acknowledged {
		return fmt.Errorf("the newest checkpoint is that of step %d", s.Step)
	}
	if b := s.Best; b != nil && b.Step < acknowledged {
		best, err := checkpoint.Open(filepath.Join(checkpoints, checkpoint.StepFile(b.Step)))
		if err != nil {
			return fmt.Errorf("the best checkpoint: %w", err)
		}
		_, err = best.Verify()
		if err := errors.Join(err, best.Close()); err != nil {
			return fmt.Errorf("the best checkpoint: %w", err)
		}
	}
	log, err := os.ReadFile(filepath.Join(dir, train.MetricsFile))
	if err != nil {
		return err
	}
	if int64(len(log)) < s.LogOffset || crc32.Checksum(log[:s.LogOffset], crc32.MakeTable(crc32.Castagnoli)) != s.LogCRC {
		return fmt.Errorf("the log of %d bytes does not begin with the %d that the checkpoint of step %d counts on", len(log), s.LogOffset, s.Step)
	}
	h, err := train.ReadHistory(dir)
	if err == nil && len(h.Records) == 0 && s.LogOffset > 0 {
		err = errors.New("the history is empty")
	}
	return err
}

// finishes goes on with a run after a power cut and compares its end with that of a run without one.
func (l *life) finishes(root string, _ int64) {
	dir := filepath.Join(root, "runs", "a")
	trainAll(l.t, saving(l.t, dir), 0)
	if got := digest(l.t, dir); got != l.want {
		l.t.Fatalf("after a power cut the run ends with %s, want %s", got, l.want)
	}
	if err := survived(dir, 0); err != nil {
		l.t.Fatal(err)
	}
}

// TestCrashFS cuts the power of a run everywhere, goes on, and cuts it again.
func TestCrashFS(t *testing.T) {
	whole := t.TempDir()
	trainAll(t, saving(t, whole), 0)
	states, oneIn := 4, 16
	if *long {
		states, oneIn = 20, 1
	}
	first := live(t, t.TempDir(), digest(t, whole), -1, nil)
	count := first.cut(states, oneIn, first.finishes)
	count += first.cut(2, 10*oneIn, func(root string, acknowledged int64) {
		second := live(t, root, first.want, acknowledged, nil)
		count += second.cut(states/2, 3*oneIn, second.finishes)
	})
	t.Logf("%d states", count)
}

// TestCrashFSAfterFailedSync lets a sync fail, goes on, and cuts the power.
func TestCrashFSAfterFailedSync(t *testing.T) {
	whole := t.TempDir()
	trainAll(t, saving(t, whole), 0)
	states, oneIn := 3, 16
	if *long {
		states, oneIn = 20, 1
	}
	count := 0
	for _, failing := range []string{"sync metrics.jsonl", "sync directory checkpoints"} {
		for _, times := range [][]int{{2}, {3, 4}} {
			n := 0
			fault := func(operation string) error {
				if operation != failing {
					return nil
				}
				if n++; !slices.Contains(times, n) {
					return nil
				}
				return fmt.Errorf("%s: input/output error", operation)
			}
			l := live(t, t.TempDir(), digest(t, whole), -1, fault)
			if n < len(times)+2 {
				t.Errorf("%q was asked for %d times", failing, n)
			}
			count += l.cut(states, oneIn, l.finishes)
		}
	}
	t.Logf("%d states", count)
}

// TestChangedLogAfterFailedSync changes what a sync failed to write: the run cannot write it again, and says so.
func TestChangedLogAfterFailedSync(t *testing.T) {
	root := t.TempDir()
	r, err := crashfs.Record(root)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	r.Fault = func(operation string) error {
		if operation != "sync metrics.jsonl" {
			return nil
		}
		if n++; n == 3 { // the first is that of the start
			return errors.New("input/output error")
		}
		return nil
	}
	var failed []error
	s := saving(t, root)
	s.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) {
		f, ok := e.(*train.SaveFailed)
		if !ok {
			return
		}
		if failed = append(failed, f.Err); len(failed) > 1 {
			return
		}
		path := filepath.Join(root, train.MetricsFile)
		log, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
			return
		}
		log[len(log)-2]++
		if err := os.WriteFile(path, log, 0o666); err != nil {
			t.Error(err)
		}
	})}
	run, err := train.New(s)
	if err != nil {
		t.Fatal(err)
	}
	r.During(func() { _, err = run.Train(t.Context()) })
	var changed *train.LogError
	if !errors.As(err, &changed) || changed.Problem == "" || len(failed) < 2 {
		t.Errorf("%d checkpoints failed, and the run ended with %v", len(failed), err)
	}
}
