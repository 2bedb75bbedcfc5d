package train_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/schedule"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSetupErrors(t *testing.T) {
	tests := map[string]struct {
		edit func(s *train.Setup[float32])
		want string
	}{
		"no rows":            {func(s *train.Setup[float32]) { s.Train = data.Subset(s.Train, nil) }, "no training rows"},
		"no model":           {func(s *train.Setup[float32]) { s.Model = nil }, "needs a model, a loss and an optimizer"},
		"no loss":            {func(s *train.Setup[float32]) { s.Loss = nil }, "needs a model, a loss and an optimizer"},
		"no optimizer":       {func(s *train.Setup[float32]) { s.Optimizer = nil }, "needs a model, a loss and an optimizer"},
		"no Init":            {func(s *train.Setup[float32]) { s.Model = uninitialized(t) }, "call its Init"},
		"no evaluations":     {func(s *train.Setup[float32]) { s.Config.EvalEvery = 0 }, "train: eval_every must be >= 1, is 0"},
		"no logs":            {func(s *train.Setup[float32]) { s.Config.LogEvery = 0 }, "train: log_every must be >= 1, is 0"},
		"no batch":           {func(s *train.Setup[float32]) { s.Config.BatchSize = 0 }, "train: batch_size must be >= 1, is 0"},
		"keep too few":       {func(s *train.Setup[float32]) { s.Checkpoints.Keep = 1 }, "checkpoint: keep must be >= 2, is 1"},
		"keep no best":       {func(s *train.Setup[float32]) { s.Checkpoints.KeepBest = 0 }, "checkpoint: keep_best must be >= 1, is 0"},
		"no patience":        {func(s *train.Setup[float32]) { s.EarlyStopping.Patience = 0 }, "early_stopping: patience must be >= 1, is 0"},
		"negative clip":      {func(s *train.Setup[float32]) { s.Clip.Norm = -1 }, "clip: norm must not be negative, is -1"},
		"metric named loss":  {func(s *train.Setup[float32]) { s.Metrics[0].Name = "loss" }, "metric loss: the name is taken"},
		"metric twice":       {func(s *train.Setup[float32]) { s.Metrics = append(s.Metrics, s.Metrics[0]) }, "metric accuracy: the name is taken"},
		"no target":          {func(s *train.Setup[float32]) { s.Train.Target = nil }, "no target"},
		"no whole batch":     {func(s *train.Setup[float32]) { s.Config.BatchSize, s.Config.DropLast = 30, true }, "29 training rows make no whole batch of 30"},
		"loss does not fit":  {func(s *train.Setup[float32]) { s.Model = mlp[float32](t, 4, 3, 5) }, "loss: "},
		"stop without eval":  {func(s *train.Setup[float32]) { s.Eval = nil }, "early_stopping: there are no evaluation rows"},
		"unknown metric":     {func(s *train.Setup[float32]) { s.EarlyStopping.Metric = "acuracy" }, `early_stopping: no metric "acuracy" is reported; did you mean "accuracy"?`},
		"unknown best":       {func(s *train.Setup[float32]) { s.Checkpoints.Best = "f1" }, `checkpoint: best: no metric "f1" is reported; there are loss, accuracy`},
		"penalty on nothing": {func(s *train.Setup[float32]) { s.Regularizers[0].Params = []string{"fc9/*"} }, "regularizer: the patterns [fc9/*] match no parameter"},
		"malformed pattern":  {func(s *train.Setup[float32]) { s.Regularizers[0].Params = []string{"[/w"} }, "syntax error in pattern"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := setup[float32](t, "sgd", "")
			tt.edit(&s)
			_, err := train.New(s)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func uninitialized(t *testing.T) *model.Model[float32] {
	t.Helper()
	m, err := model.NewSequential(tensor.Spec{Name: "x", Shape: tensor.Shape{4}},
		model.Node[float32]{Name: "out", Layer: layers.NewDense[float32](layers.DenseConfig{Units: 2})})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestEndIsEvaluated scores the weights that a run ends with, also in the middle of an epoch.
func TestEndIsEvaluated(t *testing.T) {
	for _, steps := range []int64{3, 4, 6} {
		s := setup[float32](t, "sgd", t.TempDir())
		s.Config.Steps, s.Config.EvalEvery = steps, 2
		res := trainAll(t, s, 0)
		if res.Reason != train.ReasonSteps || res.Last == nil || res.Last.Step != steps || res.Best == nil {
			t.Errorf("%d steps: %s, last evaluation %+v", steps, res.Reason, res.Last)
		}
		h, err := train.ReadHistory(s.Dir)
		if err != nil {
			t.Fatal(err)
		}
		evaluations := 0
		for _, rec := range h.Records {
			if rec.Kind == train.EvalRecord {
				evaluations++
			}
		}
		if evaluations != 1 {
			t.Errorf("%d steps: %d evaluations, want 1", steps, evaluations)
		}
	}
}

// beyond is a schedule that leaves the range of a momentum in its fourth step.
type beyond struct{}

func (beyond) At(p schedule.Progress) float64 { return float64(p.Step) * 0.4 }

// TestRatesStayInRange ends a run whose schedule leaves what the optimizer can take.
func TestRatesStayInRange(t *testing.T) {
	s := setup[float32](t, "sgd", "")
	s.Optimizer = optim.NewSGD[float32](optim.SGDConfig{LR: registry.Const(0.1), Momentum: registry.Scheduled(beyond{})})
	if err := mustFail(t, s); err.Error() != "step 3: the schedule of the optimizer's momentum must be < 1, is 1.2000000000000002" {
		t.Errorf("got %v", err)
	}
}

// infiniteLoss is infinite outside of training.
type infiniteLoss struct{ loss.Loss[float32] }

func (l *infiniteLoss) Eval(pred []float32, target tensor.Values[float32], rows int, dpred []float32) (sum, weight float64) {
	if dpred == nil {
		return math.Inf(1), float64(rows)
	}
	return l.Loss.Eval(pred, target, rows, dpred)
}

// TestInfiniteIsNeverBest counts an evaluation without a finite value as one without improvement.
func TestInfiniteIsNeverBest(t *testing.T) {
	s := setup[float32](t, "sgd", t.TempDir())
	s.Loss, s.EarlyStopping.Patience = &infiniteLoss{s.Loss}, 2
	res := trainAll(t, s, 0)
	if res.Best != nil || res.Reason != train.ReasonEarly || res.Epoch != 2 {
		t.Errorf("best %+v, ended after epoch %d: %s", res.Best, res.Epoch, res.Reason)
	}
}

// TestLearns separates two clouds whose centres are two standard deviations apart: no rule is right more often than
// Φ(1) = 0.84 of the time.
func TestLearns(t *testing.T) {
	s := setup[float32](t, "adam", "")
	s.EarlyStopping, s.Config.Epochs = nil, 20
	s.Train, s.Eval = blobs(t, 400), blobs(t, 400)
	res := trainAll(t, s, 0)
	if res.Last == nil || res.Last.Metrics["accuracy"] < 0.78 {
		t.Errorf("after %d epochs: %+v", res.Epoch, res.Last)
	}
}

// TestEarlyStopping ends a run that cannot improve, and keeps the best evaluation.
func TestEarlyStopping(t *testing.T) {
	s := setup[float32](t, "sgd", t.TempDir())
	s.Config.Epochs = 50
	s.Optimizer = optim.NewSGD[float32](optim.SGDConfig{LR: registry.Const(0)})
	s.EarlyStopping.Patience = 3
	res := trainAll(t, s, 0)
	if res.Reason != train.ReasonEarly || res.Epoch != 4 || res.Best == nil || res.Best.Epoch != 1 {
		t.Errorf("ended after epoch %d because %s, best %+v; want 4 epochs, the first the best", res.Epoch, res.Reason, res.Best)
	}
	latest, _, err := checkpoint.Latest(filepath.Join(s.Dir, train.CheckpointDir))
	if err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Open(latest)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if state := f.State(); !state.Finished || state.StopReason != train.ReasonEarly {
		t.Errorf("the last checkpoint does not know that the run is over: %+v", state)
	}
	if res := trainAll(t, s, 0); res.Step != 16 || res.Reason != train.ReasonEarly {
		t.Errorf("continuing a run that stopped early ended at step %d: %s", res.Step, res.Reason)
	}
}

// TestFirstOfEqualsIsBest keeps the earliest of the best evaluations, in either direction.
func TestFirstOfEqualsIsBest(t *testing.T) {
	for _, watched := range []string{"loss", "accuracy"} {
		s := setup[float32](t, "sgd", t.TempDir())
		s.EarlyStopping, s.Checkpoints.Best = nil, watched
		s.Optimizer = optim.NewSGD[float32](optim.SGDConfig{LR: registry.Const(0)})
		if res := trainAll(t, s, 0); res.Best == nil || res.Best.Metric != watched || res.Best.Epoch != 1 {
			t.Errorf("the best %s is %+v, want that of the first epoch", watched, res.Best)
		}
	}
}

// TestRetention keeps the newest checkpoints and the best one.
func TestRetention(t *testing.T) {
	s := setup[float32](t, "sgd", t.TempDir())
	s.EarlyStopping, s.Config.Epochs = nil, 8
	s.Optimizer = optim.NewSGD[float32](optim.SGDConfig{LR: registry.Const(0)})
	s.Checkpoints.Keep = 2
	trainAll(t, s, 0)
	paths, err := checkpoint.List(filepath.Join(s.Dir, train.CheckpointDir))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range paths {
		names = append(names, filepath.Base(p))
	}
	want := "step-0000000032.strata step-0000000028.strata step-0000000004.strata"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("kept %s, want %s", got, want)
	}
}

// TestRetentionSurvivesResume cuts a run after each step and wants the checkpoints that one that was not cut has at its end:
// the best ones of evaluations before the cut too. One that is there besides, because the process was killed after it had
// finished the run and before it had deleted what no longer stays, goes when the run is continued.
func TestRetentionSurvivesResume(t *testing.T) {
	start := func(dir string) train.Setup[float32] {
		s := setup[float32](t, "adam", dir)
		s.EarlyStopping, s.Config.Epochs, s.Config.Shuffle = nil, 8, true
		s.Checkpoints.Keep, s.Checkpoints.KeepBest, s.Checkpoints.KeepEverySteps, s.Checkpoints.EverySteps = 2, 3, 10, 5
		s.Checkpoints.Best = "accuracy"
		return s
	}
	kept := func(dir string) (names []string) {
		paths, err := checkpoint.List(filepath.Join(dir, train.CheckpointDir))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			names = append(names, filepath.Base(path))
		}
		return names
	}
	whole := t.TempDir()
	trainAll(t, start(whole), 0)
	want := kept(whole)
	if len(want) < 6 {
		t.Fatalf("the whole run kept %v: the test needs more", want)
	}
	for cut := int64(3); cut < 30; cut += 4 {
		dir := t.TempDir()
		trainAll(t, start(dir), cut)
		gone := filepath.Join(dir, train.CheckpointDir, checkpoint.StepFile(cut))
		content, err := os.ReadFile(gone)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			trainAll(t, start(dir), 0)
			if got := kept(dir); !slices.Equal(got, want) {
				t.Errorf("cut at step %d: %v, want %v", cut, got, want)
			}
			if err := os.WriteFile(gone, content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestEverySteps writes a checkpoint each few steps, and when it is asked to.
func TestEverySteps(t *testing.T) {
	s := setup[float32](t, "sgd", t.TempDir())
	s.Checkpoints.Every, s.Checkpoints.EverySteps, s.Checkpoints.Keep = 0, 5, 100
	s.Eval, s.EarlyStopping = nil, nil
	var run *train.Run[float32]
	var saved []int64
	s.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) {
		switch e := e.(type) {
		case *train.Stepped:
			if e.Step == 6 {
				run.Save()
			}
		case *train.Saved:
			saved = append(saved, e.Step)
		}
	})}
	var err error
	if run, err = train.New(s); err != nil {
		t.Fatal(err)
	}
	if _, err := run.Train(context.Background()); err != nil {
		t.Fatal(err)
	}
	want := []int64{5, 6, 10, 12}
	if len(saved) != len(want) {
		t.Fatalf("saved at %v, want %v", saved, want)
	}
	for i := range want {
		if saved[i] != want[i] {
			t.Errorf("saved at %v, want %v", saved, want)
		}
	}
}

// TestObserversChangeNothing compares a run with observers and one without.
func TestObserversChangeNothing(t *testing.T) {
	plain, watched := t.TempDir(), t.TempDir()
	trainAll(t, setup[float32](t, "adam", plain), 0)
	s := setup[float32](t, "adam", watched)
	var kinds []string
	s.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) {
		switch e.(type) {
		case *train.Started:
			kinds = append(kinds, "started")
		case *train.EpochEnded:
			kinds = append(kinds, "epoch")
		case *train.Evaluated:
			kinds = append(kinds, "evaluated")
		case *train.Ended:
			kinds = append(kinds, "ended")
		}
	})}
	trainAll(t, s, 0)
	if digest(t, plain) != digest(t, watched) {
		t.Error("a run with an observer ends with other bytes")
	}
	if got, want := strings.Join(kinds, " "), "started epoch evaluated epoch evaluated epoch evaluated ended"; got != want {
		t.Errorf("events %q, want %q", got, want)
	}
}
