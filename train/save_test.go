package train_test

import (
	"context"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// blockSaves makes the checkpoint directory of a run unusable from a step on, and usable again from another.
func blockSaves(t *testing.T, dir string, from, to int64) train.Observer {
	checkpoints := filepath.Join(dir, train.CheckpointDir)
	aside := checkpoints + ".aside"
	return train.ObserverFunc(func(e train.Event) {
		step, ok := e.(*train.Stepped)
		switch {
		case ok && step.Step == from:
			if err := os.Rename(checkpoints, aside); err != nil {
				t.Error(err)
			}
		case ok && step.Step == to:
			if err := os.Rename(aside, checkpoints); err != nil {
				t.Error(err)
			}
		}
	})
}

// failures counts the checkpoints that a run could not write.
func failures(n *int) train.Observer {
	return train.ObserverFunc(func(e train.Event) {
		if _, ok := e.(*train.SaveFailed); ok {
			*n++
		}
	})
}

// TestFailedSavesAreSurvived goes on without checkpoints twice for a while, and ends like a run that had them.
func TestFailedSavesAreSurvived(t *testing.T) {
	for _, background := range []bool{false, true} {
		whole, s := setup[float32](t, "adam", t.TempDir()), setup[float32](t, "adam", t.TempDir())
		whole.Config.Epochs, s.Config.Epochs = 6, 6
		trainAll(t, whole, 0)
		s.Checkpoints.EverySteps, s.Checkpoints.Background = 1, background
		failed := 0
		s.Observers = []train.Observer{blockSaves(t, s.Dir, 3, 12), blockSaves(t, s.Dir, 14, 22), failures(&failed)}
		trainAll(t, s, 0)
		unsure := 0
		if background {
			unsure = 2 // at either end of a while, the one that is under way
		}
		if failed < 9+8-unsure || failed > 9+8+unsure {
			t.Errorf("background %v: %d checkpoints failed, want those of steps 3 to 11 and 14 to 21", background, failed)
		}
		if got, want := digest(t, s.Dir), digest(t, whole.Dir); got != want {
			t.Errorf("background %v: %s, want %s", background, got, want)
		}
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// TestLogIsWrittenBeforeItsCheckpoint finds on the file, at every checkpoint, all that the checkpoint counts on.
func TestLogIsWrittenBeforeItsCheckpoint(t *testing.T) {
	s := setup[float32](t, "adam", t.TempDir())
	s.Checkpoints.EverySteps = 1
	saved := 0
	s.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) {
		save, ok := e.(*train.Saved)
		if !ok {
			return
		}
		saved++
		f, err := checkpoint.Open(save.Path)
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		log, err := os.ReadFile(filepath.Join(s.Dir, train.MetricsFile))
		if state := f.State(); err != nil || int64(len(log)) < state.LogOffset || crc32.Checksum(log[:state.LogOffset], castagnoli) != state.LogCRC {
			t.Errorf("step %d: the checkpoint counts on %d bytes of the log, and %d are there (%v)", save.Step, state.LogOffset, len(log), err)
		}
	})}
	trainAll(t, s, 0)
	if saved < 12 {
		t.Errorf("%d checkpoints were written", saved)
	}
}

// TestLastCheckpointMustBeWritten makes an error of a run whose result is on no disk.
func TestLastCheckpointMustBeWritten(t *testing.T) {
	for _, stopAt := range []int64{0, 5} {
		s := setup[float32](t, "adam", t.TempDir())
		ctx, cancel := context.WithCancel(t.Context())
		s.Observers = []train.Observer{
			blockSaves(t, s.Dir, 1, -1),
			train.ObserverFunc(func(e train.Event) {
				switch e := e.(type) {
				case *train.Stepped:
					if e.Step == stopAt {
						cancel()
					}
				case *train.Ended:
					t.Error("the run is said to have ended well")
				}
			}),
		}
		run, err := train.New(s)
		if err != nil {
			t.Fatal(err)
		}
		_, err = run.Train(ctx)
		cancel()
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "the last checkpoint could not be written") {
			t.Errorf("stopped at %d: %v", stopAt, err)
		}
	}
}

// TestTooManyFailedSaves stops a run that loses everything it computes: in the background, at the step after the last that
// could not be saved.
func TestTooManyFailedSaves(t *testing.T) {
	for background, step := range map[bool]int64{false: 10, true: 11} {
		s := setup[float32](t, "adam", t.TempDir())
		s.Checkpoints.EverySteps, s.Checkpoints.Background = 1, background
		s.Observers = []train.Observer{blockSaves(t, s.Dir, 1, -1)}
		run, err := train.New(s)
		if err != nil {
			t.Fatal(err)
		}
		res, err := run.Train(t.Context())
		if err == nil || res.Step != step || !strings.Contains(err.Error(), "10 checkpoints in a row could not be written") {
			t.Errorf("background %v: at step %d: %v", background, res.Step, err)
		}
	}
}

// TestFailedBestKeepsTheOldOne does not delete the best checkpoint for one that could not be written.
func TestFailedBestKeepsTheOldOne(t *testing.T) {
	s := setup[float32](t, "adam", t.TempDir())
	s.EarlyStopping, s.Config.Epochs = nil, 6
	s.Checkpoints.EverySteps, s.Checkpoints.Keep = 1, 2
	s.Checkpoints.Background = false // so that the checkpoint of step 8 fails and no other
	var best []int64
	s.Observers = []train.Observer{
		blockSaves(t, s.Dir, 7, 9), // the end of the second epoch, step 8, is the best so far
		train.ObserverFunc(func(e train.Event) {
			switch e := e.(type) {
			case *train.Evaluated:
				if e.Record.Best {
					best = append(best, e.Record.Step)
				}
			case *train.Saved:
				if len(best) > 0 && best[len(best)-1] == 8 {
					if _, err := os.Stat(filepath.Join(filepath.Dir(e.Path), checkpoint.StepFile(4))); err != nil {
						t.Errorf("after step %d: the best checkpoint that there is was deleted: %v", e.Step, err)
					}
				}
			}
		}),
	}
	trainAll(t, s, 0)
	if len(best) < 2 || best[0] != 4 || best[1] != 8 {
		t.Fatalf("the best evaluations were at %v: the test needs 4 and 8", best)
	}
}

// TestDamagedCheckpointsDoNotPushOutGoodOnes keeps what a run writes although files of later steps lie there.
func TestDamagedCheckpointsDoNotPushOutGoodOnes(t *testing.T) {
	s := setup[float32](t, "adam", t.TempDir())
	s.Checkpoints.Keep, s.Checkpoints.EverySteps = 2, 1
	dir := filepath.Join(s.Dir, train.CheckpointDir)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, step := range []int64{1000, 1001} {
		if err := os.WriteFile(filepath.Join(dir, checkpoint.StepFile(step)), []byte("damaged"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) {
		if saved, ok := e.(*train.Saved); ok {
			if _, err := os.Stat(saved.Path); err != nil {
				t.Errorf("step %d was saved and is gone: %v", saved.Step, err)
			}
		}
	})}
	run, err := train.New(s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// counter has a state: the batches it has seen while training.
type counter struct {
	n      layers.StateID
	poison bool
}

func (c *counter) Build(b *layers.Builder[float32]) error {
	b.Out(b.In(0)...)
	c.n = b.State("batches", 0, 1)
	return nil
}

func (c *counter) Forward(f *layers.Frame[float32]) {
	copy(f.Out(), f.In(0))
	f.NextState(c.n)[0] = f.State(c.n)[0] + 1
	if c.poison {
		f.NextState(c.n)[0] /= 0 * f.NextState(c.n)[0]
	}
}

func (c *counter) Backward(f *layers.Frame[float32]) { copy(f.DIn(0), f.DOut()) }

// counting is the setup with a layer that has a state.
func counting(t *testing.T, dir string, poison bool) train.Setup[float32] {
	t.Helper()
	s := setup[float32](t, "sgd", dir)
	m, err := model.NewSequential(tensor.Spec{Name: "x", Shape: tensor.Shape{4}},
		model.Node[float32]{Name: "count", Layer: &counter{poison: poison}},
		model.Node[float32]{Name: "out", Layer: layers.NewDense[float32](layers.DenseConfig{Units: 2, Bias: true})})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	s.Model = m
	return s
}

// TestStates commits the state of a layer once a step, and saves and restores it.
func TestStates(t *testing.T) {
	dir := t.TempDir()
	trainAll(t, counting(t, dir, false), 7)
	s := counting(t, dir, false)
	trainAll(t, s, 0)
	if got := s.Model.States()[0].Data[0]; got != 12 {
		t.Errorf("after 12 steps and 3 evaluations the layer has counted %v batches", got)
	}
	if err := mustFail(t, counting(t, t.TempDir(), true)); !strings.Contains(err.Error(), "state count/batches: element 0 is ") {
		t.Errorf("a state that is not finite: %v", err)
	}
}

// TestSlotsMustBeFinite stops a run whose optimizer has overflowed, although its parameters have not.
func TestSlotsMustBeFinite(t *testing.T) {
	s := setup[float32](t, "adam", t.TempDir())
	s.Clip.Norm = 0
	s.Loss = &scaledLoss{s.Loss, 1e25}
	err := mustFail(t, s)
	if !strings.Contains(err.Error(), "slot fc1/w/v") && !strings.Contains(err.Error(), "/v +Inf") {
		t.Errorf("got %v", err)
	}
	if paths, err := checkpoint.List(filepath.Join(s.Dir, train.CheckpointDir)); err != nil || len(paths) > 0 {
		t.Errorf("it left %v (%v)", paths, err)
	}
}

// scaledLoss multiplies the gradient of a loss.
type scaledLoss struct {
	loss.Loss[float32]
	factor float32
}

func (l *scaledLoss) Eval(pred []float32, target tensor.Values[float32], rows int, dpred []float32) (sum, weight float64) {
	sum, weight = l.Loss.Eval(pred, target, rows, dpred)
	tensor.Scale(l.factor, dpred)
	return sum, weight
}
