package train_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/schedule"
	"github.com/strata-ml/strata/train"
)

// everything is a setup with each kind of tensor that a checkpoint has: parameters, slots, averages, the state of a layer,
// the sums of the epoch, and evaluations that a schedule watches.
func everything(t *testing.T, dir string) train.Setup[float32] {
	t.Helper()
	s := counting(t, dir, false)
	config := registry.Defaults[optim.AdamConfig]()
	plateau := registry.Defaults[schedule.PlateauConfig]()
	plateau.Start = 0.01
	config.LR = schedule.Number(schedule.NewPlateau(plateau))
	s.Optimizer = optim.NewAdam[float32](config)
	s.Averaging = &train.Averaging{Decay: 0.9}
	return s
}

// held is a writer whose checkpoints wait until training has gone on.
type held struct {
	release chan struct{} // each receive lets one go on
	holds   func(step int64) bool
	writing atomic.Int32 // at this moment
	most    atomic.Int32
	early   bool // write before waiting, not after
}

func (h *held) write(path string, s *checkpoint.Snapshot) error {
	h.most.Store(max(h.most.Load(), h.writing.Add(1)))
	defer h.writing.Add(-1)
	if !h.holds(s.State.Step) {
		return checkpoint.Save(path, s)
	}
	if h.early {
		defer func() { <-h.release }()
	} else {
		<-h.release
	}
	return checkpoint.Save(path, s)
}

func newRun(t *testing.T, s train.Setup[float32], write func(path string, s *checkpoint.Snapshot) error) *train.Run[float32] {
	t.Helper()
	run, err := train.New(s)
	if err != nil {
		t.Fatal(err)
	}
	run.WriteWith(write)
	return run
}

// onStep calls f after each step.
func onStep(f func(step int64)) train.Observer {
	return train.ObserverFunc(func(e train.Event) {
		if e, ok := e.(*train.Stepped); ok {
			f(e.Step)
		}
	})
}

// TestBackgroundSavesTheMoment holds every checkpoint back until the next step has changed all there is, and wants the
// bytes of checkpoints that training waited for.
func TestBackgroundSavesTheMoment(t *testing.T) {
	for every := range int64(2) {
		dirs := map[bool]string{false: t.TempDir(), true: t.TempDir()}
		for background, dir := range dirs {
			s := everything(t, dir)
			s.Checkpoints.EverySteps, s.Checkpoints.Keep, s.Checkpoints.Background = every+1, 100, background
			h := &held{release: make(chan struct{}, 1), holds: func(step int64) bool { return background && step < 12 }}
			held := int64(-1) // the step whose checkpoint waits
			s.Observers = []train.Observer{onStep(func(step int64) {
				if background && held > 0 {
					h.release <- struct{}{}
					held = -1
				}
				if step%(every+1) == 0 && step < 12 {
					held = step
				}
			})}
			if _, err := newRun(t, s, h.write).Train(t.Context()); err != nil {
				t.Fatal(err)
			}
			if h.most.Load() != 1 {
				t.Errorf("%d checkpoints were written at a time", h.most.Load())
			}
		}
		want, err := checkpoint.List(filepath.Join(dirs[false], train.CheckpointDir))
		if err != nil || len(want) != 12/int(every+1) {
			t.Fatalf("got %v (%v)", want, err)
		}
		for _, path := range want {
			a, b := mustRead(t, path), mustRead(t, filepath.Join(dirs[true], train.CheckpointDir, filepath.Base(path)))
			if string(a) != string(b) {
				t.Errorf("every %d steps: %s differs", every+1, filepath.Base(path))
			}
		}
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// copyRunning copies the directory of a run that goes on meanwhile: anew where a file has taken another name since its
// directory was read.
func copyRunning(t *testing.T, to, from string) {
	t.Helper()
	for range 100 {
		err := os.CopyFS(to, os.DirFS(from))
		if err == nil {
			return
		}
		if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if err := errors.Join(os.RemoveAll(to), os.Mkdir(to, 0o777)); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("%s never held still", from)
}

// TestKilledWhileSaving takes the directory of a run as a kill leaves it while a checkpoint is under way, before it is
// written and after, at each step, and resumes from that.
func TestKilledWhileSaving(t *testing.T) {
	whole := t.TempDir()
	trainAll(t, everything(t, whole), 0)
	want := digest(t, whole)
	for _, early := range []bool{false, true} {
		for cut := int64(3); cut < 12; cut++ {
			dir, image := t.TempDir(), t.TempDir()
			s := everything(t, dir)
			s.Checkpoints.EverySteps = 2
			saving := cut / 2 * 2
			if saving == cut {
				saving -= 2 // the one that was taken before this step
			}
			h := &held{release: make(chan struct{}, 1), early: early, holds: func(step int64) bool { return step == saving }}
			s.Observers = []train.Observer{onStep(func(step int64) {
				if step == cut {
					copyRunning(t, image, dir)
					h.release <- struct{}{}
				}
			})}
			if _, err := newRun(t, s, h.write).Train(t.Context()); err != nil {
				t.Fatal(err)
			}
			if paths, err := checkpoint.List(filepath.Join(image, train.CheckpointDir)); err != nil || !early && saving == 2 && len(paths) > 0 {
				t.Fatalf("the kill left %v (%v)", paths, err)
			}
			trainAll(t, everything(t, image), 0)
			if got := digest(t, image); got != want {
				t.Errorf("killed at step %d, early %v: %s, want %s", cut, early, got, want)
			}
		}
	}
}

// TestNothingOutlastsARun ends runs in each way while a checkpoint is under way, which is durable when Train returns.
func TestNothingOutlastsARun(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(s *train.Setup[float32], stop func())
		want string
	}{
		"panic": {func(s *train.Setup[float32], _ func()) {
			s.Observers = append(s.Observers, onStep(func(step int64) {
				if step == 7 {
					panic("blind")
				}
			}))
		}, "blind"},
		"divergence": {func(s *train.Setup[float32], _ func()) { s.Loss = &scaledLoss{s.Loss, 1e25}; s.Clip.Norm = 0 }, "smaller learning rate"},
		"interrupt": {func(s *train.Setup[float32], stop func()) {
			s.Observers = append(s.Observers, onStep(func(step int64) {
				if step == 7 {
					stop()
				}
			}))
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := setup[float32](t, "adam", t.TempDir())
			s.Checkpoints.EverySteps, s.Checkpoints.Keep = 3, 100
			var saved, begun []int64
			s.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) {
				if e, ok := e.(*train.Saved); ok {
					saved = append(saved, e.Step)
				}
			})}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			test.end(&s, stop)
			_, err := newRun(t, s, func(path string, snapshot *checkpoint.Snapshot) error {
				begun = append(begun, snapshot.State.Step)
				return checkpoint.Save(path, snapshot)
			}).Train(ctx)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v", err)
			}
			if !slices.Equal(saved, begun) {
				t.Errorf("the checkpoints of steps %v were begun, and those of %v are said to be durable", begun, saved)
			}
			paths, err := checkpoint.List(filepath.Join(s.Dir, train.CheckpointDir))
			if err != nil || len(paths) != len(saved) {
				t.Errorf("there are %v (%v), want those of steps %v", paths, err, saved)
			}
		})
	}
}

// TestPanickingWriter ends a run by name, and not the process.
func TestPanickingWriter(t *testing.T) {
	s := setup[float32](t, "sgd", t.TempDir())
	_, err := newRun(t, s, func(string, *checkpoint.Snapshot) error { panic("out of ink") }).Train(t.Context())
	if part, ok := errors.AsType[*train.PartError](err); !ok || part.Part != "checkpoint" || part.Step != 4 || !strings.Contains(err.Error(), "out of ink") {
		t.Errorf("got %v", err)
	}
}

// TestBestGoesWhenABetterOneIsDurable holds back the checkpoint of a new best evaluation, and has it fail: the one before
// stays.
func TestBestGoesWhenABetterOneIsDurable(t *testing.T) {
	for _, fails := range []bool{false, true} {
		s := setup[float32](t, "sgd", t.TempDir())
		s.EarlyStopping, s.Config.Epochs = nil, 5
		s.Checkpoints.EverySteps, s.Checkpoints.Keep = 1, 2
		var best, doubtful []int64
		old := filepath.Join(s.Dir, train.CheckpointDir, checkpoint.StepFile(4))
		s.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) {
			switch e := e.(type) {
			case *train.Evaluated:
				if e.Record.Best {
					best = append(best, e.Record.Step)
				}
			case *train.SaveFailed:
				doubtful = append(doubtful, e.Step)
			}
		})}
		full := errors.New("directory not synced")
		_, err := newRun(t, s, func(path string, snapshot *checkpoint.Snapshot) error {
			if _, err := os.Stat(old); err != nil && snapshot.State.Step > 4 && snapshot.State.Step <= 8 {
				t.Errorf("at step %d the only checkpoint of a best evaluation is gone", snapshot.State.Step)
			}
			err := checkpoint.Save(path, snapshot)
			if fails && snapshot.State.Step == 8 {
				return errors.Join(err, full)
			}
			return err
		}).Train(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(best) < 2 || best[0] != 4 || best[1] != 8 {
			t.Fatalf("the best evaluations were at %v: the test needs 4 and 8", best)
		}
		if fails != slices.Equal(doubtful, []int64{8}) {
			t.Errorf("failed at %v", doubtful)
		}
		if _, err := os.Stat(old); len(best) == 2 && fails != (err == nil) {
			t.Errorf("the new one fails: %v; the old one: %v", fails, err)
		}
	}
}

// TestStalledIsTold tells in timing.jsonl what training waited for each checkpoint.
func TestStalledIsTold(t *testing.T) {
	for _, background := range []bool{false, true} {
		s := setup[float32](t, "sgd", t.TempDir())
		s.Checkpoints.Background = background
		trainAll(t, s, 0)
		h, err := train.ReadHistory(s.Dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range h.Marks {
			if m.Kind == train.CheckpointMark && (m.Stalled <= 0 || m.Seconds <= 0 || !background && m.Stalled != m.Seconds) {
				t.Errorf("background %v: %+v", background, m)
			}
		}
	}
}

// TestUnwritableDirectory fails before the first step.
func TestUnwritableDirectory(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("needs /proc, where not even root makes a file: run on Linux")
	}
	s := setup[float32](t, "sgd", t.TempDir())
	if err := os.Symlink("/proc/self", filepath.Join(s.Dir, train.CheckpointDir)); err != nil {
		t.Fatal(err)
	}
	s.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) { t.Errorf("%T", e) })}
	if err := mustFail(t, s); !strings.Contains(err.Error(), "checkpoint: probe ") {
		t.Errorf("got %v", err)
	}
}
