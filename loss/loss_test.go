package loss_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/strata-ml/strata/internal/golden"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// setup is a loss with predictions and targets that it accepts.
type setup struct {
	name   string
	loss   loss.Loss[float64]
	pred   tensor.Shape
	target tensor.Spec
	rows   int
}

func setups() []setup {
	weights := []float64{0.5, 2, 1, 0.25}
	class := tensor.Spec{Classes: 4}
	cross := loss.NewSoftmaxCrossEntropy[float64]
	return []setup{
		{"softmax_cross_entropy", cross(loss.SoftmaxCrossEntropyConfig{}), tensor.Shape{4}, class, 5},
		{"softmax_cross_entropy weights", cross(loss.SoftmaxCrossEntropyConfig{ClassWeights: weights}), tensor.Shape{4}, class, 5},
		{"softmax_cross_entropy smoothing", cross(loss.SoftmaxCrossEntropyConfig{LabelSmoothing: 0.2}), tensor.Shape{4}, class, 5},
		{
			"softmax_cross_entropy weights and smoothing", cross(loss.SoftmaxCrossEntropyConfig{ClassWeights: weights, LabelSmoothing: 0.2}),
			tensor.Shape{4},
			class, 5,
		},
		{
			"softmax_cross_entropy every position", cross(loss.SoftmaxCrossEntropyConfig{ClassWeights: weights}),
			tensor.Shape{2, 3, 4},
			tensor.Spec{Shape: tensor.Shape{2, 3}, Classes: 4},
			2,
		},
		{
			"softmax_cross_entropy probabilities", cross(loss.SoftmaxCrossEntropyConfig{ClassWeights: weights, LabelSmoothing: 0.2}),
			tensor.Shape{2, 4},
			tensor.Spec{Shape: tensor.Shape{2, 4}},
			3,
		},
		{"mse", loss.NewMSE[float64](loss.MSEConfig{}), tensor.Shape{2, 3}, tensor.Spec{Shape: tensor.Shape{2, 3}}, 4},
		{"mse of one number", loss.NewMSE[float64](loss.MSEConfig{}), tensor.Shape{1}, tensor.Spec{}, 4},
		{
			"binary_cross_entropy", loss.NewBinaryCrossEntropy[float64](loss.BinaryCrossEntropyConfig{}),
			tensor.Shape{3},
			tensor.Spec{Shape: tensor.Shape{3}},
			4,
		},
		{
			"binary_cross_entropy of classes", loss.NewBinaryCrossEntropy[float64](loss.BinaryCrossEntropyConfig{}),
			tensor.Shape{1},
			tensor.Spec{Classes: 2},
			6,
		},
	}
}

// draw returns predictions and targets for a setup that was built, all of them from r.
func (s setup) draw(t *testing.T, r tensor.Random) (pred []float64, target tensor.Values[float64]) {
	t.Helper()
	if err := s.loss.Build(s.pred, s.target); err != nil {
		t.Fatal(err)
	}
	pred = make([]float64, s.rows*s.pred.Size())
	for i := range pred {
		pred[i] = 2 * r.Normal(i)
	}
	targets := s.rows * s.target.Shape.Size()
	r = r.WithName("targets")
	if s.target.IsIndex() {
		target.Ints = make([]int32, targets)
		for i := range target.Ints {
			target.Ints[i] = int32(r.IntN(i, s.target.Classes))
		}
		return pred, target
	}
	target.Floats = make([]float64, targets)
	for i := range target.Floats {
		target.Floats[i] = r.Float64(i)
	}
	return pred, target
}

func TestGradientIsNumericGradient(t *testing.T) {
	for _, s := range setups() {
		t.Run(s.name, func(t *testing.T) {
			pred, target := s.draw(t, tensor.NewRandom(1))
			dpred := make([]float64, len(pred))
			for i := range dpred {
				dpred[i] = math.NaN() // Eval must set every element
			}
			sum, weight := s.loss.Eval(pred, target, s.rows, dpred)
			if plain, _ := s.loss.Eval(pred, target, s.rows, nil); plain != sum {
				t.Errorf("sum without gradient %v, with it %v", plain, sum)
			}
			const h = 1e-5
			for i, x := range pred {
				pred[i] = x + h
				up, _ := s.loss.Eval(pred, target, s.rows, nil)
				pred[i] = x - h
				down, _ := s.loss.Eval(pred, target, s.rows, nil)
				pred[i] = x
				if want := (up - down) / (2 * h) / weight; !(math.Abs(dpred[i]-want) < 1e-8) {
					t.Errorf("dpred[%d] = %v, numeric %v", i, dpred[i], want)
				}
			}
		})
	}
}

func TestBatchesAddUp(t *testing.T) {
	for _, s := range setups() {
		t.Run(s.name, func(t *testing.T) {
			pred, target := s.draw(t, tensor.NewRandom(2))
			sum, weight := s.loss.Eval(pred, target, s.rows, nil)
			var rowSum, rowWeight float64
			n, m := s.pred.Size(), s.target.Shape.Size()
			for i := range s.rows {
				var one tensor.Values[float64]
				if s.target.IsIndex() {
					one.Ints = target.Ints[i*m:][:m]
				} else {
					one.Floats = target.Floats[i*m:][:m]
				}
				a, b := s.loss.Eval(pred[i*n:][:n], one, 1, nil)
				rowSum, rowWeight = rowSum+a, rowWeight+b
			}
			golden.Near(t, "sum and weight", []float64{rowSum, rowWeight}, []float64{sum, weight}, 1e-12)
		})
	}
}

func TestNaNPropagates(t *testing.T) {
	for _, s := range setups() {
		t.Run(s.name, func(t *testing.T) {
			pred, target := s.draw(t, tensor.NewRandom(3))
			for i, x := range pred {
				pred[i] = math.NaN()
				dpred := make([]float64, len(pred))
				if sum, _ := s.loss.Eval(pred, target, s.rows, dpred); !math.IsNaN(sum) || !math.IsNaN(dpred[i]) {
					t.Errorf("pred[%d] NaN: sum %v, gradient %v", i, sum, dpred[i])
				}
				pred[i] = x
			}
			for i, v := range target.Floats {
				target.Floats[i] = math.NaN()
				if sum, _ := s.loss.Eval(pred, target, s.rows, nil); !math.IsNaN(sum) {
					t.Errorf("target[%d] NaN: sum %v", i, sum)
				}
				target.Floats[i] = v
			}
		})
	}
}

func TestEvalAllocatesNothing(t *testing.T) {
	for _, s := range setups() {
		pred, target := s.draw(t, tensor.NewRandom(4))
		dpred := make([]float64, len(pred))
		if n := testing.AllocsPerRun(20, func() { s.loss.Eval(pred, target, s.rows, dpred) }); n != 0 {
			t.Errorf("%s: %v allocations", s.name, n)
		}
	}
}

func TestHugeLogitsInFloat32(t *testing.T) {
	l := loss.NewSoftmaxCrossEntropy[float32](loss.SoftmaxCrossEntropyConfig{})
	if err := l.Build(tensor.Shape{3}, tensor.Spec{Classes: 3}); err != nil {
		t.Fatal(err)
	}
	dpred := make([]float32, 3)
	sum, _ := l.Eval([]float32{3e38, -3e38, 0}, tensor.Values[float32]{Ints: []int32{0}}, 1, dpred)
	golden.Near(t, "loss of a sure, right prediction", []float64{sum}, []float64{0}, 0)
	golden.Near(t, "its gradient", dpred, []float64{0, 0, 0}, 0)

	ruledOut := []float32{1, float32(math.Inf(-1)), 1}
	sum, _ = l.Eval(ruledOut, tensor.Values[float32]{Ints: []int32{2}}, 1, dpred)
	golden.Near(t, "loss beside a class that is ruled out", []float64{sum}, []float64{math.Ln2}, 1e-7)
	golden.Near(t, "its gradient", dpred, []float64{0.5, 0, -0.5}, 1e-7)
}

func TestBuildErrors(t *testing.T) {
	cross := func(c loss.SoftmaxCrossEntropyConfig) loss.Loss[float32] {
		return loss.NewSoftmaxCrossEntropy[float32](c)
	}
	plain := cross(loss.SoftmaxCrossEntropyConfig{})
	binary := loss.NewBinaryCrossEntropy[float32](loss.BinaryCrossEntropyConfig{})
	mse := loss.NewMSE[float32](loss.MSEConfig{})
	classes := func(n int, shape ...int) tensor.Spec { return tensor.Spec{Shape: shape, Classes: n} }
	numbers := func(shape ...int) tensor.Spec { return tensor.Spec{Shape: shape} }
	for _, c := range []struct {
		name   string
		loss   loss.Loss[float32]
		pred   tensor.Shape
		target tensor.Spec
		want   string
	}{
		{"units", plain, tensor.Shape{8}, classes(10), "needs predictions of 10 classes, the last layer gives 8: set its units to 10"},
		{"units at every position", plain, tensor.Shape{5, 8}, classes(10, 5), "needs predictions of shape [5 10], the last layer gives [5 8]: set its units to 10"},
		{"positions", plain, tensor.Shape{10}, classes(10, 5), "needs predictions of shape [5 10], 10 classes for each target of shape [5], the last layer gives [10]"},
		{"image", plain, tensor.Shape{28, 28}, classes(10), "needs predictions of shape [10], the last layer gives [28 28]: flatten them and end with 10 units"},
		{
			"probabilities", plain,
			tensor.Shape{4},
			numbers(3),
			"needs classes as targets, or probabilities of the shape of the predictions [4], has numbers of shape [3]",
		},
		{
			"class weights", cross(loss.SoftmaxCrossEntropyConfig{ClassWeights: []float64{1, 2}}),
			tensor.Shape{3},
			classes(3),
			"class_weights must hold one weight for each of 3 classes, holds 2",
		},
		{
			"negative class weight", cross(loss.SoftmaxCrossEntropyConfig{ClassWeights: []float64{1, -2, 1}}),
			tensor.Shape{3},
			classes(3), "class_weights.1 must be positive, is -2",
		},
		{
			"smoothing of all", cross(loss.SoftmaxCrossEntropyConfig{LabelSmoothing: 1}),
			tensor.Shape{3},
			classes(3), "label_smoothing must be < 1, is 1",
		},
		{"mse units", mse, tensor.Shape{8}, numbers(3), "needs predictions of shape [3], that of the targets, the last layer gives [8]: set its units to 3"},
		{"mse of one number", mse, tensor.Shape{8}, numbers(), "needs predictions of shape [], that of the targets, the last layer gives [8]: set its units to 1"},
		{"mse shape", mse, tensor.Shape{4, 2}, numbers(8), "needs predictions of shape [8], that of the targets, the last layer gives [4 2]"},
		{"mse classes", mse, tensor.Shape{3}, classes(3), "needs numbers as targets, has one of 3 classes: score classes with softmax_cross_entropy and accuracy"},
		{"binary classes", binary, tensor.Shape{3}, classes(3), "needs targets of 2 classes, has 3: use softmax_cross_entropy"},
		{"binary units", binary, tensor.Shape{2}, classes(2), "needs one prediction for each target of shape [], the last layer gives [2]: set its units to 1"},
		{"binary positions", binary, tensor.Shape{2, 2}, classes(2, 4), "needs one prediction for each target of shape [4], the last layer gives [2 2]"},
		{"binary numbers", binary, tensor.Shape{2}, numbers(3), "needs predictions of shape [3], that of the targets, the last layer gives [2]: set its units to 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.loss.Build(c.pred, c.target)
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestBuildAcceptsOneElementInEitherShape(t *testing.T) {
	for _, target := range []tensor.Shape{{}, {1}} {
		for _, pred := range []tensor.Shape{{3}, {1, 3}} {
			if err := loss.MatchClasses(pred, tensor.Spec{Shape: target, Classes: 3}); err != nil {
				t.Error(err)
			}
		}
		for _, pred := range []tensor.Shape{{}, {1}} {
			if err := loss.MatchNumbers(pred, tensor.Spec{Shape: target}); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestTargetOutOfRangePanics(t *testing.T) {
	for _, s := range setups() {
		t.Run(s.name, func(t *testing.T) {
			pred, target := s.draw(t, tensor.NewRandom(5))
			var bad []float64
			if s.target.IsIndex() {
				bad = []float64{-1, float64(s.target.Classes), math.MaxInt32}
			} else if !strings.HasPrefix(s.name, "mse") {
				bad = []float64{-0.01, 1.01}
			}
			for _, b := range bad {
				if target.Ints != nil {
					target.Ints[1] = int32(b)
				} else {
					target.Floats[1] = b
				}
				err := panicOf(func() { s.loss.Eval(pred, target, s.rows, nil) })
				if e, ok := errors.AsType[*loss.TargetError](err); !ok || e.Index != 1 || e.Target != b {
					t.Errorf("target %v: %v", b, err)
				}
			}
		})
	}
}

func TestWrongLengthPanics(t *testing.T) {
	for _, s := range setups() {
		t.Run(s.name, func(t *testing.T) {
			pred, target := s.draw(t, tensor.NewRandom(6))
			for name, call := range map[string]func(){
				"predictions": func() { s.loss.Eval(pred[1:], target, s.rows, nil) },
				"targets":     func() { s.loss.Eval(pred, tensor.Values[float64]{}, s.rows, nil) },
				"gradients":   func() { s.loss.Eval(pred, target, s.rows, make([]float64, 1)) },
			} {
				err := panicOf(call)
				if e, ok := errors.AsType[*tensor.ShapeError](err); !ok || !strings.HasPrefix(e.Detail, name) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

func panicOf(call func()) (err error) {
	defer func() { err, _ = recover().(error) }()
	call()
	return nil
}

func TestEveryPartIsDocumented(t *testing.T) {
	want := []string{"binary_cross_entropy", "mse", "softmax_cross_entropy"}
	if got := fmt.Sprint(loss.Registry.Names()); got != fmt.Sprint(want) {
		t.Errorf("losses %v, want %v", got, want)
	}
	for _, name := range loss.Registry.Names() {
		d, err := loss.Registry.Describe(name)
		if err != nil || d.Doc == "" {
			t.Errorf("%s: doc %q, error %v", name, d.Doc, err)
		}
		for _, f := range d.Fields {
			if f.Doc == "" {
				t.Errorf("%s: %s has no doc", name, f.Key)
			}
		}
		part := registry.Choose[loss.Part](name).New()
		if loss.Make[float32](part) == nil || loss.Make[float64](part) == nil {
			t.Errorf("%s makes nothing", name)
		}
	}
}

// The mean loss of a batch whose two rows are of classes 0 and 2.
func ExampleSoftmaxCrossEntropy() {
	l := loss.NewSoftmaxCrossEntropy[float64](loss.SoftmaxCrossEntropyConfig{})
	if err := l.Build(tensor.Shape{3}, tensor.Spec{Classes: 3}); err != nil {
		fmt.Println(err)
		return
	}
	logits := []float64{
		2, 1, 0,
		0, 0, 0,
	}
	dlogits := make([]float64, len(logits))
	sum, weight := l.Eval(logits, tensor.Values[float64]{Ints: []int32{0, 2}}, 2, dlogits)
	fmt.Printf("loss %.4f\n", sum/weight)
	fmt.Printf("gradient %.3f\n", dlogits)
	// Output:
	// loss 0.7531
	// gradient [-0.167 0.122 0.045 0.167 0.167 -0.333]
}
