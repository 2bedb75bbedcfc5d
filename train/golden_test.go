package train_test

import (
	"context"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/internal/golden"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/schedule"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// goldenTraining is a training that PyTorch ran in float64; see testdata/README.md.
type goldenTraining struct {
	Inputs, Params, After map[string]golden.Tensor
	Losses, LR            []float64
}

// TestGoldenTraining repeats 20 steps of an MLP with momentum, L2 and a learning rate that halves every five steps. In
// float32 rounding adds up over the steps: a relative error of 1e-4 after twenty is its tolerance.
func TestGoldenTraining(t *testing.T) {
	t.Run("float64", func(t *testing.T) { testGoldenTraining[float64](t, 1e-10) })
	t.Run("float32", func(t *testing.T) { testGoldenTraining[float32](t, 1e-4) })
}

func testGoldenTraining[T tensor.Float](t *testing.T, tolerance float64) {
	file := golden.Cases[goldenTraining](t, "training_mlp.json")[0]
	x, err := data.NewNumbers("x", tensor.Shape{4}, file.Inputs["x"].Data, 1)
	if err != nil {
		t.Fatal(err)
	}
	var classes []int32
	for _, c := range file.Inputs["target"].Data {
		classes = append(classes, int32(c))
	}
	y, err := data.NewIndices("y", nil, 3, classes)
	if err != nil {
		t.Fatal(err)
	}
	m := mlp[T](t, 4, 5, 3)
	want := map[string][]float64{}
	for path, name := range map[string]string{"fc1/w": "w1", "fc1/b": "b1", "out/w": "w2", "out/b": "b2"} {
		start, end := file.Params[name], file.After[name]
		if len(start.Shape) == 2 {
			out, in := start.Shape[0], start.Shape[1] // PyTorch keeps weights as [out in]
			start.Data, end.Data = golden.Transposed(out, in, start.Data), golden.Transposed(out, in, end.Data)
		}
		want[path] = end.Data
		for _, p := range m.Params() {
			if p.Path == path {
				copy(p.Data, golden.As[T](start.Data))
			}
		}
	}
	step := registry.Defaults[schedule.StepConfig]()
	step.Start, step.Every, step.Factor, step.Unit = 0.2, 5, 0.5, "step"
	sgd := registry.Defaults[optim.SGDConfig]()
	sgd.LR, sgd.Momentum = schedule.Number(schedule.NewStep(step)), registry.Const(0.9)
	config := train.DefaultConfig()
	config.Epochs, config.BatchSize, config.Shuffle, config.LogEvery = 20, 8, false, 1
	var losses, rates []float64
	run, err := train.New(train.Setup[T]{
		Model: m, Loss: loss.NewSoftmaxCrossEntropy[T](loss.SoftmaxCrossEntropyConfig{}), Optimizer: optim.NewSGD[T](sgd),
		Regularizers: []train.Penalty[T]{{Regularizer: optim.NewL2[T](optim.L2Config{Strength: registry.Const(0.01)}), Params: []string{"*/w"}}},
		Train:        &data.Set{Inputs: []data.Column{x}, Target: y}, Config: config,
		Observers: []train.Observer{train.ObserverFunc(func(e train.Event) {
			if s, ok := e.(*train.Stepped); ok {
				losses = append(losses, float64(s.Record.Loss+*s.Record.Penalty))
				rates = append(rates, float64(*s.Record.LR))
			}
		})},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run.Train(context.Background()); err != nil {
		t.Fatal(err)
	}
	golden.Near(t, "loss", losses, file.Losses, tolerance)
	golden.Near(t, "learning rate", rates, file.LR, 1e-15)
	for _, p := range m.Params() {
		golden.Near(t, p.Path, p.Data, want[p.Path], tolerance)
	}
}

// mlp is a network of one hidden layer with tanh.
func mlp[T tensor.Float](t testing.TB, in, hidden, out int) *model.Model[T] {
	t.Helper()
	m, err := model.NewSequential(
		tensor.Spec{Name: "x", Shape: tensor.Shape{in}},
		model.Node[T]{Name: "fc1", Layer: layers.NewDense[T](layers.DenseConfig{Units: hidden, Bias: true})},
		model.Node[T]{Name: "act", Layer: layers.NewTanh[T](layers.TanhConfig{})},
		model.Node[T]{Name: "drop", Layer: layers.NewDropout[T](layers.DropoutConfig{Rate: 0})},
		model.Node[T]{Name: "out", Layer: layers.NewDense[T](layers.DenseConfig{Units: out, Bias: true})},
	)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	return m
}
