package loss_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/strata-ml/strata/internal/golden"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/loss/losstest"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// cases says what each loss is checked on.
var cases = map[string][]losstest.Case{
	"binary_cross_entropy": {
		{Pred: tensor.Shape{3}, Target: losstest.Numbers(3)},
		{Pred: tensor.Shape{1}, Target: losstest.Classes(2), Range: [2]float64{-30, 30}},
		{Pred: tensor.Shape{3}, Target: losstest.Numbers(3), Config: loss.BinaryCrossEntropyConfig{PosWeight: []float64{0.5, 3, 1}}},
		{Pred: tensor.Shape{1}, Target: losstest.Classes(2), Config: loss.BinaryCrossEntropyConfig{PosWeight: []float64{4}}, Range: [2]float64{-30, 30}},
	},
	"cosine_distance": {
		{Pred: tensor.Shape{4}, Target: losstest.Numbers(4)},
		{Pred: tensor.Shape{3, 2}, Target: losstest.Numbers(3, 2), Values: []float64{-1.5, -0.25, 0.5, 2}},
		{Config: loss.CosineDistanceConfig{Epsilon: 100}, Pred: tensor.Shape{4}, Target: losstest.Numbers(4)},
	},
	"hinge": {
		{Pred: tensor.Shape{3}, Target: losstest.Numbers(3), Values: []float64{-1, 1}},
		{Pred: tensor.Shape{1}, Target: losstest.Classes(2)},
		{Pred: tensor.Shape{2, 3}, Target: losstest.Classes(2, 2, 3), Config: hinge(0.5, []float64{0.5, 2}, nil)},
		{Pred: tensor.Shape{4}, Target: losstest.Classes(4)},
		{Pred: tensor.Shape{2, 4}, Target: losstest.Classes(4, 2), Config: hinge(2, weights, new(3))},
	},
	"huber": {
		{Pred: tensor.Shape{3}, Target: losstest.Numbers(3)},
		{Pred: tensor.Shape{2, 3}, Target: losstest.Numbers(2, 3), Config: loss.HuberConfig{Delta: 0.25}, Values: []float64{-1.5, 0, 0.5}},
	},
	"kl_divergence": {
		{Pred: tensor.Shape{4}, Target: losstest.Numbers(4), Values: []float64{0, 0.25, 0.75, 1}, Range: [2]float64{-4, 0}},
		{
			Config: loss.KLDivergenceConfig{LogTarget: true}, Pred: tensor.Shape{2, 4},
			Target: losstest.Numbers(2, 4), Values: []float64{-2, -0.5, 0}, Range: [2]float64{-4, 0},
		},
	},
	"mae": {
		{Pred: tensor.Shape{3}, Target: losstest.Numbers(3)},
		{Pred: tensor.Shape{2, 3}, Target: losstest.Numbers(2, 3), Values: []float64{-1.5, 0, 0.5}},
	},
	"mse": {
		{Pred: tensor.Shape{2, 3}, Target: losstest.Numbers(2, 3)},
		{Pred: tensor.Shape{1}, Target: losstest.Numbers(), Values: []float64{-1.5, 0, 0.5}},
	},
	"nll": {
		{Pred: tensor.Shape{4}, Target: losstest.Classes(4), Range: [2]float64{-4, 0}},
		{Pred: tensor.Shape{3, 4}, Target: losstest.Classes(4, 3), Config: loss.NLLConfig{ClassWeights: weights, IgnoreIndex: new(2)}},
	},
	"softmax_cross_entropy": {
		{Pred: tensor.Shape{4}, Target: losstest.Classes(4)},
		{Pred: tensor.Shape{4}, Target: losstest.Classes(4), Config: cross(weights, 0, nil)},
		{Pred: tensor.Shape{4}, Target: losstest.Classes(4), Config: cross(nil, 0.2, nil)},
		{Pred: tensor.Shape{2, 3, 4}, Target: losstest.Classes(4, 2, 3), Config: cross(weights, 0.2, new(0))},
		{Pred: tensor.Shape{2, 4}, Target: losstest.Numbers(2, 4), Config: cross(weights, 0.2, nil)},
	},
	"squared_hinge": {
		{Pred: tensor.Shape{3}, Target: losstest.Numbers(3), Values: []float64{-1, 1}},
		{Pred: tensor.Shape{1}, Target: losstest.Classes(2)},
		{
			Pred: tensor.Shape{2, 4}, Target: losstest.Classes(4, 2),
			Config: loss.SquaredHingeConfig{MarginConfig: loss.MarginConfig{Margin: 2, ClassWeights: weights, IgnoreIndex: new(3)}},
		},
	},
}

var weights = []float64{0.5, 2, 1, 0.25}

func hinge(margin float64, weights []float64, ignore *int) loss.HingeConfig {
	return loss.HingeConfig{MarginConfig: loss.MarginConfig{Margin: margin, ClassWeights: weights, IgnoreIndex: ignore}}
}

func cross(weights []float64, smoothing float64, ignore *int) loss.SoftmaxCrossEntropyConfig {
	return loss.SoftmaxCrossEntropyConfig{ClassWeights: weights, LabelSmoothing: smoothing, IgnoreIndex: ignore}
}

func TestEveryRegisteredLoss(t *testing.T) {
	for _, name := range loss.Registry.Names() {
		t.Run(name, func(t *testing.T) { losstest.Run(t, name, cases[name]...) })
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
	margin := func(c loss.MarginConfig) loss.Loss[float32] {
		return loss.NewHinge[float32](loss.HingeConfig{MarginConfig: c})
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
		{
			"ignored probabilities", cross(loss.SoftmaxCrossEntropyConfig{IgnoreIndex: new(0)}),
			tensor.Shape{3},
			numbers(3), "ignore_index needs classes as targets, has numbers",
		},
		{
			"weighted numbers", margin(loss.MarginConfig{Margin: 1, ClassWeights: []float64{1, 2}}),
			tensor.Shape{3},
			numbers(3), "class_weights needs classes as targets, has numbers",
		},
		{"no margin", margin(loss.MarginConfig{}), tensor.Shape{3}, classes(3), "margin must be positive, is 0"},
		{"hinge units", margin(loss.MarginConfig{Margin: 1}), tensor.Shape{2}, classes(3), "needs predictions of 3 classes, the last layer gives 2: set its units to 3"},
		{"nll numbers", loss.NewNLL[float32](loss.NLLConfig{}), tensor.Shape{3}, numbers(3), "needs classes as targets, has numbers of shape [3]"},
		{"kl classes", loss.NewKLDivergence[float32](loss.KLDivergenceConfig{}), tensor.Shape{3}, classes(3), "needs distributions as targets, has one of 3 classes: use nll"},
		{"no delta", loss.NewHuber[float32](loss.HuberConfig{}), tensor.Shape{3}, numbers(3), "delta must be positive, is 0"},
		{"no epsilon", loss.NewCosineDistance[float32](loss.CosineDistanceConfig{}), tensor.Shape{3}, numbers(3), "epsilon must be positive, is 0"},
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
	inClasses := []float64{-1, 4, math.MaxInt32}
	for _, test := range []struct {
		loss   string
		config func(any)
		pred   tensor.Shape
		target tensor.Spec
		bad    []float64
		want   string
	}{
		{"softmax_cross_entropy", nil, tensor.Shape{4}, losstest.Classes(4), inClasses, "a class in [0, 4)"},
		{"softmax_cross_entropy", nil, tensor.Shape{4}, losstest.Numbers(4), []float64{-0.01, 1.01}, "in [0, 1]"},
		{"nll", nil, tensor.Shape{4}, losstest.Classes(4), inClasses, "a class in [0, 4)"},
		{"nll", func(c any) { c.(*loss.NLLConfig).IgnoreIndex = new(-100) }, tensor.Shape{4}, losstest.Classes(4), inClasses, "a class in [0, 4)"},
		{"hinge", nil, tensor.Shape{4}, losstest.Classes(4), inClasses, "a class in [0, 4)"},
		{"hinge", nil, tensor.Shape{1}, losstest.Classes(2), []float64{-1, 2}, "a class in [0, 2)"},
		{"hinge", nil, tensor.Shape{4}, losstest.Numbers(4), []float64{0, 0.5, -2}, "-1 or 1"},
		{"kl_divergence", nil, tensor.Shape{4}, losstest.Numbers(4), []float64{-0.01, 1.01}, "in [0, 1]"},
		{"binary_cross_entropy", nil, tensor.Shape{1}, losstest.Classes(2), []float64{-1, 2}, "a class in [0, 2)"},
		{"binary_cross_entropy", nil, tensor.Shape{4}, losstest.Numbers(4), []float64{-0.01, 1.01}, "in [0, 1]"},
	} {
		l := build(t, test.loss, test.config, test.pred, test.target)
		const rows = 2
		n := rows * test.target.Shape.Size()
		for _, bad := range test.bad {
			target := tensor.Values[float64]{Floats: slices.Repeat([]float64{1}, n)}
			if test.target.IsIndex() {
				target = tensor.Values[float64]{Ints: make([]int32, n)}
				target.Ints[1] = int32(bad)
			} else {
				target.Floats[1] = bad
			}
			err := panicOf(func() { l.Eval(make([]float64, rows*test.pred.Size()), target, rows, nil) })
			if e, ok := errors.AsType[*loss.TargetError](err); !ok || e.Op != test.loss || e.Index != 1 || e.Want != test.want || e.Target != bad {
				t.Errorf("%s with the target %v: %v", test.loss, bad, err)
			}
		}
	}
}

// build makes a registered loss and builds it.
func build(t *testing.T, name string, config func(any), pred tensor.Shape, target tensor.Spec) loss.Loss[float64] {
	t.Helper()
	part, err := loss.Registry.Build(name, config)
	if err != nil {
		t.Fatal(err)
	}
	l := loss.Make[float64](part)
	if err := l.Build(pred, target); err != nil {
		t.Fatal(err)
	}
	return l
}

// TestIgnoredTargets scores targets of which some do not count: the others are scored as if they were alone, and a batch
// in which none counts weighs nothing.
func TestIgnoredTargets(t *testing.T) {
	for name, ignore := range map[string]func(any){
		"nll":                   func(c any) { c.(*loss.NLLConfig).IgnoreIndex = new(-100) },
		"softmax_cross_entropy": func(c any) { c.(*loss.SoftmaxCrossEntropyConfig).IgnoreIndex = new(-100) },
		"hinge":                 func(c any) { c.(*loss.HingeConfig).IgnoreIndex = new(-100) },
		"squared_hinge":         func(c any) { c.(*loss.SquaredHingeConfig).IgnoreIndex = new(-100) },
	} {
		l := build(t, name, ignore, tensor.Shape{3}, losstest.Classes(3))
		pred := []float64{-1, -2, -0.5, nan, nan, nan, -0.25, -0.5, -3}
		dpred, alone := slices.Repeat([]float64{7}, 9), make([]float64, 6)
		sum, weight := l.Eval(pred, tensor.Values[float64]{Ints: []int32{1, -100, 2}}, 3, dpred)
		want, wantWeight := l.Eval(slices.Delete(slices.Clone(pred), 3, 6), tensor.Values[float64]{Ints: []int32{1, 2}}, 2, alone)
		golden.Near(t, name+": sum and weight", []float64{sum, weight}, []float64{want, wantWeight}, 0)
		golden.Near(t, name+": gradient", dpred, slices.Insert(alone, 3, 0, 0, 0), 0)

		dpred = slices.Repeat([]float64{7}, 9)
		sum, weight = l.Eval(pred, tensor.Values[float64]{Ints: []int32{-100, -100, -100}}, 3, dpred)
		golden.Near(t, name+": sum, weight and gradient of nothing", append(dpred, sum, weight), make([]float64, 11), 0)
	}
}

var nan = math.NaN()

// TestClosedForms scores small batches by hand.
func TestClosedForms(t *testing.T) {
	for _, test := range []struct {
		loss        string
		config      func(any)
		pred        tensor.Shape
		target      tensor.Spec
		x           []float64
		t           tensor.Values[float64]
		sum, weight float64
		dx          []float64
	}{
		{
			loss: "mae", pred: tensor.Shape{2}, target: losstest.Numbers(2),
			x: []float64{1, 2, 3, 4}, t: tensor.Values[float64]{Floats: []float64{0, 4, 3, 1}},
			sum: 3, weight: 2, dx: []float64{0.25, -0.25, 0, 0.25},
		},
		{
			loss: "cosine_distance", pred: tensor.Shape{2}, target: losstest.Numbers(2),
			x: []float64{3, 4, 0, 0}, t: tensor.Values[float64]{Floats: []float64{8, 6, 1, 0}},
			// cos = 48/50; dx = (cos·x/25 − t/50)/2; the vector of zeros has length 1e-8
			sum: 1.04, weight: 2, dx: []float64{-0.0224, 0.0168, -0.5e8, 0},
		},
		{
			loss: "hinge", pred: tensor.Shape{1}, target: losstest.Classes(2),
			x: []float64{0.5, 0.5, -3}, t: tensor.Values[float64]{Ints: []int32{1, 0, 0}},
			sum: 2, weight: 3, dx: []float64{-1. / 3, 1. / 3, 0},
		},
		{
			loss: "squared_hinge", pred: tensor.Shape{3}, target: losstest.Classes(3),
			x: []float64{2, 1.5, 4}, t: tensor.Values[float64]{Ints: []int32{0}},
			sum: (0.25 + 9) / 3, weight: 1, dx: []float64{-7. / 3, 1. / 3, 2},
		},
		{
			loss: "kl_divergence", pred: tensor.Shape{2}, target: losstest.Numbers(2),
			x: []float64{-math.Ln2, math.Inf(-1)}, t: tensor.Values[float64]{Floats: []float64{1, 0}},
			sum: math.Ln2, weight: 1, dx: []float64{-1, 0},
		},
	} {
		l := build(t, test.loss, test.config, test.pred, test.target)
		dx := make([]float64, len(test.x))
		sum, weight := l.Eval(test.x, test.t, len(test.x)/test.pred.Size(), dx)
		golden.Near(t, test.loss+": sum and weight", []float64{sum, weight}, []float64{test.sum, test.weight}, 1e-14)
		golden.Near(t, test.loss+": gradient", dx, test.dx, 1e-14)
	}
}

func panicOf(call func()) (err error) {
	defer func() { err, _ = recover().(error) }()
	call()
	return nil
}

func TestEveryPartIsDocumented(t *testing.T) {
	want := slices.Sorted(maps.Keys(cases))
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
