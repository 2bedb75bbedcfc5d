package train_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/schedule"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// goldenTensor is a tensor of a golden file, row-major.
type goldenTensor struct {
	Shape []int
	Data  []float64
}

// goldenTraining is a training that PyTorch ran in float64; see testdata/README.md.
type goldenTraining struct {
	Inputs, Params, After map[string]goldenTensor
	Losses, LR            []float64
}

func readGolden(t *testing.T) goldenTraining {
	t.Helper()
	text, err := os.ReadFile("testdata/training_mlp.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []goldenTraining }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases[0]
}

// transposed returns a matrix [rows cols] as [cols rows]: PyTorch keeps weights as [out in].
func transposed(g goldenTensor) []float64 {
	rows, cols := g.Shape[0], g.Shape[1]
	out := make([]float64, len(g.Data))
	for i := range rows {
		for j := range cols {
			out[j*rows+i] = g.Data[i*cols+j]
		}
	}
	return out
}

// TestGoldenTraining repeats 20 steps of an MLP with momentum, L2 and a learning rate that halves every five steps. In
// float32 rounding adds up over the steps: a relative error of 1e-4 after twenty is its tolerance.
func TestGoldenTraining(t *testing.T) {
	t.Run("float64", func(t *testing.T) { testGoldenTraining[float64](t, 1e-10) })
	t.Run("float32", func(t *testing.T) { testGoldenTraining[float32](t, 1e-4) })
}

func testGoldenTraining[T tensor.Float](t *testing.T, tolerance float64) {
	golden := readGolden(t)
	x, err := data.NewNumbers("x", tensor.Shape{4}, golden.Inputs["x"].Data, 1)
	if err != nil {
		t.Fatal(err)
	}
	var classes []int32
	for _, c := range golden.Inputs["target"].Data {
		classes = append(classes, int32(c))
	}
	y, err := data.NewIndices("y", nil, 3, classes)
	if err != nil {
		t.Fatal(err)
	}
	m := mlp[T](t, 4, 5, 3)
	want := map[string][]float64{}
	for path, name := range map[string]string{"fc1/w": "w1", "fc1/b": "b1", "out/w": "w2", "out/b": "b2"} {
		start, end := golden.Params[name], golden.After[name]
		if len(start.Shape) == 2 {
			start.Data, end.Data = transposed(start), transposed(end)
		}
		want[path] = end.Data
		for _, p := range m.Params() {
			if p.Path == path {
				for i, v := range start.Data {
					p.Data[i] = T(v)
				}
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
		Regularizers: []train.Penalty[T]{{Regularizer: optim.NewL2[T](optim.L2Config{Strength: 0.01}), Params: []string{"*/w"}}},
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
	compare(t, "loss", losses, golden.Losses, tolerance)
	compare(t, "learning rate", rates, golden.LR, 1e-15)
	for _, p := range m.Params() {
		got := make([]float64, len(p.Data))
		for i, v := range p.Data {
			got[i] = float64(v)
		}
		compare(t, p.Path, got, want[p.Path], tolerance)
	}
}

// compare fails unless |got − want| ≤ tolerance·max(1, max|want|) for every element.
func compare(t *testing.T, name string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", name, len(got), len(want))
	}
	scale := 1.0
	for _, v := range want {
		scale = max(scale, math.Abs(v))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tolerance*scale) {
			t.Errorf("%s: element %d is %v, want %v", name, i, got[i], want[i])
		}
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
