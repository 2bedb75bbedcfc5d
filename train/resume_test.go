package train_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
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
	"github.com/strata-ml/strata/schedule/scheduletest"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// blobs is a set of two noisy classes of points, in a fixed order.
func blobs(t testing.TB, rows int) *data.Set {
	t.Helper()
	r := tensor.NewRandom(9)
	x, y := make([]float64, 4*rows), make([]int32, rows)
	for i := range rows {
		y[i] = int32(r.IntN(1000+i, 2))
		for j := range 4 {
			x[4*i+j] = r.Normal(5000+4*i+j) + float64(y[i])
		}
	}
	inputs, err := data.NewNumbers("x", tensor.Shape{4}, x, 1)
	if err != nil {
		t.Fatal(err)
	}
	target, err := data.NewIndices("class", nil, 2, y)
	if err != nil {
		t.Fatal(err)
	}
	return &data.Set{Inputs: []data.Column{inputs}, Target: target}
}

// setup is a small run with everything that has a state: dropout, shuffling, a short last batch, a schedule, early
// stopping, the best checkpoint, metrics, and an optimizer of the registry with its defaults.
func setup[T tensor.Float](t testing.TB, optimizer, dir string) train.Setup[T] {
	t.Helper()
	m, err := model.NewSequential(
		tensor.Spec{Name: "x", Shape: tensor.Shape{4}},
		model.Node[T]{Name: "fc1", Layer: layers.NewDense[T](layers.DenseConfig{Units: 6, Bias: true})},
		model.Node[T]{Name: "act", Layer: layers.NewReLU[T](layers.ReLUConfig{})},
		model.Node[T]{Name: "drop", Layer: layers.NewDropout[T](layers.DropoutConfig{Rate: 0.3})},
		model.Node[T]{Name: "out", Layer: layers.NewDense[T](layers.DenseConfig{Units: 2, Bias: true})},
	)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(4)
	part, err := optim.Registry.Build(optimizer, func(config any) {
		if c, ok := config.(*optim.SGDConfig); ok {
			step := registry.Defaults[schedule.StepConfig]()
			step.Start, step.Every = 0.1, 1
			c.LR, c.Momentum = schedule.Number(schedule.NewStep(step)), registry.Const(0.9)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	accuracy, err := train.Metrics.Build("accuracy", nil)
	if err != nil {
		t.Fatal(err)
	}
	all := blobs(t, 37)
	rows := make([]int, 37)
	for i := range rows {
		rows[i] = i
	}
	stopping := train.DefaultEarlyStopping()
	config := train.DefaultConfig()
	config.Epochs, config.BatchSize, config.LogEvery = 3, 8, 2
	return train.Setup[T]{
		Model: m, Loss: loss.NewSoftmaxCrossEntropy[T](loss.SoftmaxCrossEntropyConfig{}), Optimizer: optim.Make[T](part),
		Regularizers:  []train.Penalty[T]{{Regularizer: optim.NewL2[T](optim.L2Config{Strength: registry.Const(1e-3)}), Params: []string{"*/w"}}},
		Clip:          optim.Clip{Norm: 1},
		Metrics:       []train.NamedMetric[T]{{Name: "accuracy", Metric: train.MakeMetric[T](accuracy)}},
		Train:         data.Subset(all, rows[:29]),
		Eval:          data.Subset(all, rows[29:]),
		Seed:          11,
		Config:        config,
		EarlyStopping: &stopping,
		Checkpoints:   train.DefaultCheckpointPolicy(),
		Dir:           dir,
	}
}

// trainAll runs a setup to its end, from a checkpoint of its directory where there is one; stopAt > 0 ends it after
// that step.
func trainAll[T tensor.Float](t testing.TB, s train.Setup[T], stopAt int64) train.Result {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.Observers = append(s.Observers, train.ObserverFunc(func(e train.Event) {
		if step, ok := e.(*train.Stepped); ok && step.Step == stopAt {
			cancel()
		}
	}))
	run, err := train.New(s)
	if err != nil {
		t.Fatal(err)
	}
	if latest, _, err := checkpoint.Latest(filepath.Join(s.Dir, train.CheckpointDir)); err == nil {
		f, err := checkpoint.Open(latest)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := run.Restore(f); err != nil {
			t.Fatal(err)
		}
	}
	res, err := run.Train(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// digest is the SHA-256 of the newest checkpoint and of the metrics log.
func digest(t testing.TB, dir string) string {
	t.Helper()
	latest, _, err := checkpoint.Latest(filepath.Join(dir, train.CheckpointDir))
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	for _, path := range []string{latest, filepath.Join(dir, train.MetricsFile)} {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(content)
	}
	return fmt.Sprintf("%s %x", filepath.Base(latest), h.Sum(nil))
}

// TestResumeEveryStep cuts a run of every optimizer after each of its steps, continues it, and compares the bytes of
// the last checkpoint and of the metrics log with those of a run that was never cut, on 1, 2 and 8 threads.
func TestResumeEveryStep(t *testing.T) {
	for _, optimizer := range optim.Registry.Names() {
		t.Run(optimizer, func(t *testing.T) {
			whole := t.TempDir()
			res := trainAll(t, setup[float32](t, optimizer, whole), 0)
			want := digest(t, whole)
			if res.Step != 12 {
				t.Fatalf("the run has %d steps, and 12 were expected", res.Step)
			}
			for cut := int64(1); cut < res.Step; cut++ {
				dir := t.TempDir()
				previous := runtime.GOMAXPROCS([]int{1, 2, 8}[cut%3])
				first := trainAll(t, setup[float32](t, optimizer, dir), cut)
				second := trainAll(t, setup[float32](t, optimizer, dir), 0)
				runtime.GOMAXPROCS(previous)
				if first.Reason != train.ReasonInterrupted || first.Step != cut || second.Reason != train.ReasonEpochs {
					t.Fatalf("cut at %d: the first part ended at %d (%s), the second with %s", cut, first.Step, first.Reason, second.Reason)
				}
				if got := digest(t, dir); got != want {
					t.Errorf("cut at step %d: %s, want %s", cut, got, want)
				}
			}
		})
	}
}

// TestResumeEverySchedule does the same with each registered schedule for the learning rate.
func TestResumeEverySchedule(t *testing.T) {
	examples := scheduletest.Examples()
	for _, name := range schedule.Registry.Names() {
		if len(examples[name]) == 0 {
			t.Errorf("schedule %s has no example: give it one", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			with := func(dir string) train.Setup[float32] {
				s := setup[float32](t, "sgd", dir)
				lr, err := schedule.Registry.Build(name, func(config any) {
					reflect.ValueOf(config).Elem().Set(reflect.ValueOf(examples[name][0].Config))
				})
				if err != nil {
					t.Fatal(err)
				}
				config := registry.Defaults[optim.SGDConfig]()
				config.LR = schedule.Number(lr)
				s.Optimizer = optim.NewSGD[float32](config)
				s.EarlyStopping = nil
				return s
			}
			whole := t.TempDir()
			res := trainAll(t, with(whole), 0)
			want := digest(t, whole)
			for cut := int64(1); cut < res.Step; cut++ {
				dir := t.TempDir()
				trainAll(t, with(dir), cut)
				trainAll(t, with(dir), 0)
				if got := digest(t, dir); got != want {
					t.Errorf("cut at step %d: %s, want %s", cut, got, want)
				}
			}
		})
	}
}

// TestResumeAfterCrash continues from a checkpoint that is older than the log: what the log has beyond is cut off.
func TestResumeAfterCrash(t *testing.T) {
	whole, dir := t.TempDir(), t.TempDir()
	trainAll(t, setup[float64](t, "adam", whole), 0)
	trainAll(t, setup[float64](t, "adam", dir), 6)
	path := filepath.Join(dir, train.MetricsFile)
	log, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(log, `{"kind":"step","step":8,"epo`...), 0o666); err != nil {
		t.Fatal(err)
	}
	if h, err := train.ReadHistory(dir); err != nil || len(h.Records) == 0 {
		t.Errorf("a log that a crash cut short cannot be read: %v", err)
	}
	trainAll(t, setup[float64](t, "adam", dir), 0)
	if got, want := digest(t, dir), digest(t, whole); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestResumeRefusesAnotherLog(t *testing.T) {
	tests := map[string]struct {
		change func(log []byte) []byte // nil for a log that is gone
		want   string
	}{
		"missing": {func([]byte) []byte { return nil }, "is missing"},
		"shorter": {func(log []byte) []byte { return log[:10] }, "lines are missing"},
		"changed": {func(log []byte) []byte { return bytes.Replace(log, []byte("step"), []byte("stop"), 1) }, "has changed in its first"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			trainAll(t, setup[float32](t, "sgd", dir), 6)
			path := filepath.Join(dir, train.MetricsFile)
			log, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if changed := tt.change(log); changed == nil {
				err = os.Remove(path)
			} else {
				err = os.WriteFile(path, changed, 0o666)
			}
			if err != nil {
				t.Fatal(err)
			}
			err = restoreAndTrain(t, setup[float32](t, "sgd", dir))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func restoreAndTrain[T tensor.Float](t testing.TB, s train.Setup[T]) error {
	t.Helper()
	run, err := train.New(s)
	if err != nil {
		return err
	}
	latest, _, err := checkpoint.Latest(filepath.Join(s.Dir, train.CheckpointDir))
	if err != nil {
		return err
	}
	f, err := checkpoint.Open(latest)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := run.Restore(f); err != nil {
		return err
	}
	_, err = run.Train(context.Background())
	return err
}

// TestTornTiming cuts half a line off timing.jsonl, so that the marks of a run can always be read.
func TestTornTiming(t *testing.T) {
	dir := t.TempDir()
	trainAll(t, setup[float32](t, "sgd", dir), 6)
	path := filepath.Join(dir, train.TimingFile)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(content, `{"kind":"checkp`...), 0o666); err != nil {
		t.Fatal(err)
	}
	res := trainAll(t, setup[float32](t, "sgd", dir), 0)
	h, err := train.ReadHistory(dir)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	checkpoints := 0
	for _, m := range h.Marks {
		if m.Kind == train.CheckpointMark { // when it was written in the background, it is marked at some later step
			checkpoints++
			continue
		}
		kinds = append(kinds, m.Kind)
	}
	want := "start epoch stop resume epoch epoch stop"
	if got := strings.Join(kinds, " "); got != want || checkpoints != 5 {
		t.Errorf("marks %q and %d checkpoints, want %q and 5", got, checkpoints, want)
	}
	if res.Last == nil || res.Last.Step != 12 {
		t.Errorf("the last evaluation is %+v", res.Last)
	}
	if again := trainAll(t, setup[float32](t, "sgd", dir), 0); again.Last == nil || again.Last.Step != 12 {
		t.Errorf("continuing a finished run, the last evaluation is %+v", again.Last)
	}
}

// TestRestoreIsStrict refuses a checkpoint of another model, optimizer or element type, and says what does not fit.
func TestRestoreIsStrict(t *testing.T) {
	dir := t.TempDir()
	trainAll(t, setup[float32](t, "adam", dir), 6)
	other := setup[float32](t, "sgd", dir)
	if err := restoreAndTrain(t, other); err == nil || !strings.Contains(err.Error(), `no tensor "fc1/w/momentum"`) {
		t.Errorf("another optimizer: %v", err)
	}
	if err := restoreAndTrain(t, setup[float64](t, "adam", dir)); err == nil || !strings.Contains(err.Error(), "is float32 [4 6], and the run needs float64 [4 6]") {
		t.Errorf("another element type: %v", err)
	}
	larger := setup[float32](t, "adam", dir)
	larger.Model = mlp[float32](t, 4, 9, 2)
	if err := restoreAndTrain(t, larger); err == nil || !strings.Contains(err.Error(), "float32 [4 9]") {
		t.Errorf("another shape: %v", err)
	}
	fewer := setup[float32](t, "adam", dir)
	fewer.Metrics = nil
	if err := restoreAndTrain(t, fewer); err == nil || !strings.Contains(err.Error(), `"epoch.accuracy" has no place`) {
		t.Errorf("fewer metrics: %v", err)
	}
}

// TestExtend gives a finished run more epochs, and gets the run that had them from the start.
func TestExtend(t *testing.T) {
	whole, dir := t.TempDir(), t.TempDir()
	long := setup[float32](t, "adamw", whole)
	long.Config.Epochs = 5
	trainAll(t, long, 0)
	trainAll(t, setup[float32](t, "adamw", dir), 0)
	extended := setup[float32](t, "adamw", dir)
	extended.Config.Epochs = 5
	if res := trainAll(t, extended, 0); res.Epoch != 5 {
		t.Fatalf("the extended run ended after epoch %d", res.Epoch)
	}
	if got, want := digest(t, dir), digest(t, whole); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if res := trainAll(t, extended, 0); res.Epoch != 5 || res.Reason != train.ReasonEpochs {
		t.Errorf("continuing a finished run: %+v", res)
	}
}

// failingColumn panics when a row is read.
type failingColumn struct{ data.Column }

func (failingColumn) Float32([]float32, []int) { panic("disk on fire") }

func TestColumnPanics(t *testing.T) {
	s := setup[float32](t, "sgd", "")
	s.Train = &data.Set{Inputs: []data.Column{failingColumn{s.Train.Inputs[0]}}, Target: s.Train.Target}
	run, err := train.New(s)
	if err != nil {
		t.Fatal(err)
	}
	_, err = run.Train(context.Background())
	var load *data.LoadError
	if !errors.As(err, &load) {
		t.Errorf("got %v, want a *data.LoadError", err)
	}
}
