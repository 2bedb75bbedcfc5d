package train_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/train"
	"pgregory.net/rapid"
)

// TestAnyHistory leads runs through lives that end in any way, an interrupt, a kill, or a last checkpoint that fails, with
// saves that fail on their way, damaged checkpoints and another policy each time. It compares what is on the disk after each
// with a model of a few lines, and the end with that of a run that had one life.
func TestAnyHistory(t *testing.T) {
	checks := flag.Lookup("rapid.checks").Value
	defer func(n string) { _ = checks.Set(n) }(checks.String())
	number := "12"
	if *long {
		number = "600"
	}
	if err := checks.Set(number); err != nil {
		t.Fatal(err)
	}
	want := oneLife(t)
	rapid.Check(t, func(rt *rapid.T) {
		h := &history{T: rt, t: t, want: want, dir: t.TempDir(), expected: expected{there: map[int64]bool{}, damaged: map[int64]bool{}}}
		for range rapid.IntRange(1, 5).Draw(rt, "lives") {
			fail := rapid.MapOfN(rapid.Int64Range(1, 12), rapid.SampledFrom([]error{errBefore, errAfter}), 0, 3).Draw(rt, "failures")
			h.live(rapid.Int64Range(1, 12).Draw(rt, "until"), rapid.Bool().Draw(rt, "kill"), fail)
			h.damage()
		}
		h.live(12, false, nil)
		if got := digest(t, h.dir); got != want.digest {
			rt.Fatalf("it ends with %s, want %s", got, want.digest)
		}
	})
}

// A reference is what a run of one life leaves.
type reference struct {
	digest      string
	checkpoints map[int64][][]byte // of each step; of the last step two, before the run was finished and after
	scores      map[int64]float64  // evaluations by step
}

func oneLife(t *testing.T) *reference {
	t.Helper()
	s := setup[float32](t, "adam", t.TempDir())
	s.Checkpoints.EverySteps, s.Checkpoints.Keep, s.Checkpoints.Background = 1, 100, false
	want := &reference{checkpoints: map[int64][][]byte{}, scores: map[int64]float64{}}
	run := newRun(t, s, func(path string, s *checkpoint.Snapshot) error {
		var b bytes.Buffer
		err := checkpoint.Write(&b, s)
		want.checkpoints[s.State.Step] = append(want.checkpoints[s.State.Step], b.Bytes())
		return errors.Join(err, checkpoint.Save(path, s))
	})
	if _, err := run.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	h, err := train.ReadHistory(s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range h.Records {
		if rec.Kind == train.EvalRecord {
			want.scores[rec.Step] = float64(rec.Loss)
		}
	}
	want.digest = digest(t, s.Dir)
	return want
}

// A history is a run and what its directory should hold: the model.
type history struct {
	*rapid.T
	t      *testing.T
	want   *reference
	dir    string
	policy train.CheckpointPolicy
	expected
}

type expected struct {
	there    map[int64]bool // checkpoints, by step
	damaged  map[int64]bool
	doubtful map[int64]bool // those that do not count in this life
	saved    int64          // the last of this life, −1 for none
}

func (m expected) clone() expected {
	return expected{maps.Clone(m.there), maps.Clone(m.damaged), maps.Clone(m.doubtful), m.saved}
}

var (
	errBefore = errors.New("injected fault")
	errAfter  = errors.New("injected fault, with the file in place")
)

// live resumes the run and ends it after a step. Fail has the saves that fail, by their step, once.
func (h *history) live(until int64, kill bool, fail map[int64]error) {
	h.policy = h.drawPolicy()
	s := setup[float32](h.t, "adam", h.dir)
	s.Checkpoints = h.policy
	ctx, cancel := context.WithCancel(h.t.Context())
	defer cancel()
	var writing sync.Mutex // a kill within a write is what other tests are about
	begun := int64(-1)     // the step of the save that was begun last
	var atKill func()
	s.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) {
		switch e := e.(type) {
		case *train.Saved:
			h.save(e.Step)
		case *train.SaveFailed:
			h.fail(e.Step, e.Err)
		case *train.Stepped:
			if e.Step == until && kill {
				writing.Lock()
				image, expected, underway := copyFiles(h.t, h.dir), h.clone(), begun
				writing.Unlock()
				atKill = func() {
					h.dir, h.expected = image, expected
					h.takeOver(underway)
				}
			}
			if e.Step == until {
				cancel()
			}
		}
	})}
	run := newRun(h.t, s, func(path string, s *checkpoint.Snapshot) error {
		writing.Lock()
		defer writing.Unlock()
		step := s.State.Step
		err := fail[step]
		delete(fail, step)
		if err == errBefore {
			return err
		}
		begun = step
		return errors.Join(checkpoint.Save(path, s), err)
	})
	h.resume(run)
	if _, err := run.Train(ctx); errors.Is(err, errAfter) || errors.Is(err, errBefore) {
		h.fail(run.State().Step, err) // the last checkpoint
	} else if err != nil {
		h.Fatal(err)
	} else if h.saved < 0 { // there was nothing to save
		h.prune(run.State().Step)
	}
	if atKill != nil {
		atKill()
	}
	h.wantFiles()
}

func (h *history) drawPolicy() train.CheckpointPolicy {
	p := train.DefaultCheckpointPolicy()
	p.EverySteps = rapid.Int64Range(0, 4).Draw(h.T, "every_steps")
	p.Keep = rapid.IntRange(2, 4).Draw(h.T, "keep")
	p.KeepBest = rapid.IntRange(1, 3).Draw(h.T, "keep_best")
	p.KeepEverySteps = rapid.Int64Range(0, 5).Draw(h.T, "keep_every_steps")
	p.Background = rapid.Bool().Draw(h.T, "background")
	return p
}

// resume restores a run from the newest intact checkpoint that the model knows of. Those beyond it do not count.
func (h *history) resume(run *train.Run[float32]) {
	newest := int64(-1)
	for step := range h.there {
		if !h.damaged[step] {
			newest = max(newest, step)
		}
	}
	h.doubtful, h.saved = map[int64]bool{}, -1
	for step := range h.there {
		if step > newest {
			h.doubtful[step] = true
		}
	}
	path, _, err := checkpoint.Latest(filepath.Join(h.dir, train.CheckpointDir))
	if newest < 0 && errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil || filepath.Base(path) != checkpoint.StepFile(newest) {
		h.Fatalf("the newest intact checkpoint is %s (%v), want that of step %d", path, err, newest)
	}
	f, err := checkpoint.Open(path)
	if err != nil {
		h.Fatal(err)
	}
	defer f.Close()
	if err := run.Restore(f); err != nil {
		h.Fatal(err)
	}
}

// fail is the model of a save that failed: its file may be in place, and does not count.
func (h *history) fail(step int64, err error) {
	if errors.Is(err, errAfter) {
		h.there[step] = true
		delete(h.damaged, step)
	} else if !errors.Is(err, errBefore) {
		h.Fatal(err)
	}
	if h.there[step] {
		h.doubtful[step] = true
	}
}

// save is the model of a save and of what it deletes.
func (h *history) save(step int64) {
	h.there[step], h.saved = true, step
	delete(h.doubtful, step)
	delete(h.damaged, step)
	h.prune(step)
}

// prune is the model of what is deleted beside the checkpoint of a step.
func (h *history) prune(step int64) {
	for _, gone := range h.deleted(step) {
		delete(h.there, gone)
		delete(h.damaged, gone)
	}
}

// deleted lists the checkpoints that go once that of step newest is durable.
func (h *history) deleted(newest int64) (gone []int64) {
	var counting []int64
	for step := range h.there {
		if step <= newest && !h.doubtful[step] {
			counting = append(counting, step)
		}
	}
	for _, step := range counting {
		newer, better, later := 0, 0, 0
		score, scored := h.want.scores[step]
		for _, other := range counting {
			if other > step {
				newer++
			}
			if s, ok := h.want.scores[other]; ok && (s < score || s == score && other < step) {
				better++
			}
			if n := h.policy.KeepEverySteps; n > 0 && other > step && (other+n-1)/n == (step+n-1)/n {
				later++
			}
		}
		if newer >= h.policy.Keep && !(scored && better < h.policy.KeepBest) && !(h.policy.KeepEverySteps > 0 && later == 0) {
			gone = append(gone, step)
		}
	}
	return gone
}

// takeOver is the model of a kill while the save of a step was under way: it has left nothing of that, the file, or the file
// without those that it deletes.
func (h *history) takeOver(underway int64) {
	listed, most, fewest := h.listed(), h.clone(), h.clone()
	if underway != h.saved && listed[underway] {
		most.there[underway] = true
		h.save(underway)
		fewest = h.expected
		delete(most.damaged, underway)
	}
	for step := range listed {
		if !most.there[step] {
			h.Fatalf("the kill left a checkpoint of step %d, and the model has %v", step, steps(most.there))
		}
	}
	for step := range fewest.there {
		if !listed[step] {
			h.Fatalf("the kill took the checkpoint of step %d, and there are %v", step, steps(listed))
		}
	}
	h.expected = most
	h.there = listed
}

func steps(set map[int64]bool) []int64 { return slices.Sorted(maps.Keys(set)) }

func (h *history) listed() map[int64]bool {
	paths, err := checkpoint.List(filepath.Join(h.dir, train.CheckpointDir))
	if err != nil {
		h.Fatal(err)
	}
	steps := map[int64]bool{}
	for _, path := range paths {
		step, _ := checkpoint.ParseStepFile(filepath.Base(path))
		steps[step] = true
	}
	return steps
}

// wantFiles compares the checkpoints with those of the model, and each that is not damaged with that of one life.
func (h *history) wantFiles() {
	got := h.listed()
	if !maps.Equal(got, h.there) {
		h.Fatalf("there are checkpoints of %v, want %v", steps(got), steps(h.there))
	}
	for step := range got {
		b := mustRead(h.t, filepath.Join(h.dir, train.CheckpointDir, checkpoint.StepFile(step)))
		same := slices.ContainsFunc(h.want.checkpoints[step], func(want []byte) bool { return bytes.Equal(b, want) })
		if !h.damaged[step] && !same {
			h.Fatalf("the checkpoint of step %d has other bytes", step)
		}
	}
}

// damage changes a byte of the newest checkpoint, where there is another to go back to.
func (h *history) damage() {
	var intact []int64
	for step := range h.there {
		if !h.damaged[step] {
			intact = append(intact, step)
		}
	}
	if len(intact) < 2 || !rapid.Bool().Draw(h.T, "damage") {
		return
	}
	step := slices.Max(intact)
	path := filepath.Join(h.dir, train.CheckpointDir, checkpoint.StepFile(step))
	b := mustRead(h.t, path)
	b[rapid.IntRange(0, len(b)-1).Draw(h.T, "byte")] ^= 1
	if err := os.WriteFile(path, b, 0o666); err != nil {
		h.Fatal(err)
	}
	h.damaged[step] = true
}

// copyFiles copies what it finds in a run directory, in which a goroutine may be deleting.
func copyFiles(t *testing.T, dir string) (image string) {
	t.Helper()
	image = t.TempDir()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		switch {
		case err == nil && e.IsDir():
			return os.MkdirAll(filepath.Join(image, rel), 0o777)
		case err == nil:
			var b []byte
			if b, err = os.ReadFile(path); err == nil {
				return os.WriteFile(filepath.Join(image, rel), b, 0o666)
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return image
}
