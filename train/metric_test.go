package train_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

type metric = train.Metric[float64]

func accuracy() metric { return train.NewAccuracy[float64](train.AccuracyConfig{}) }

func topK(k int) metric { return train.NewTopK[float64](train.TopKConfig{K: k}) }

func macroF1() metric { return train.NewMacroF1[float64](train.MacroF1Config{}) }

func mse() metric { return train.NewMSE[float64](train.MSEConfig{}) }

func mae() metric { return train.NewMAE[float64](train.MAEConfig{}) }

func r2() metric { return train.NewR2[float64](train.R2Config{}) }

var (
	nan = math.NaN()
	inf = math.Inf(1)
)

// classes returns targets that are classes, numbers targets that are numbers.
func classes(k ...int32) tensor.Values[float64] { return tensor.Values[float64]{Ints: k} }

func numbers(x ...float64) tensor.Values[float64] { return tensor.Values[float64]{Floats: x} }

func TestMetricValues(t *testing.T) {
	three, two := tensor.Spec{Classes: 3}, tensor.Spec{Classes: 2}
	one := tensor.Spec{}
	for _, c := range []struct {
		name   string
		m      metric
		pred   tensor.Shape
		target tensor.Spec
		x      []float64
		values tensor.Values[float64]
		want   float64
	}{
		{"accuracy", accuracy(), tensor.Shape{3}, three, []float64{1, 2, 3, 9, -1, -2, 0, 1, 0}, classes(2, 0, 2), 2. / 3},
		{"accuracy of a tie", accuracy(), tensor.Shape{3}, three, []float64{1, 5, 5, 1, 5, 5}, classes(1, 2), 0.5},
		{"accuracy of NaN", accuracy(), tensor.Shape{3}, three, []float64{nan, 1, 2, 5, nan, 1, 5, 0, nan}, classes(2, 0, 0), 0},
		{"accuracy of infinities", accuracy(), tensor.Shape{3}, three, []float64{-inf, 0, inf, -inf, -inf, -inf}, classes(2, 0), 1},
		{"accuracy of one output", accuracy(), tensor.Shape{1}, two, []float64{2, -2, 0, 1e-9, nan, nan}, classes(1, 0, 0, 0, 0, 1), 0.5},
		{
			"accuracy at every position", accuracy(),
			tensor.Shape{2, 3},
			tensor.Spec{Shape: tensor.Shape{2}, Classes: 3},
			[]float64{1, 0, 0, 0, 1, 0},
			classes(0, 2), 0.5,
		},
		{"top 1", topK(1), tensor.Shape{3}, three, []float64{1, 2, 3, 9, -1, -2, 0, 1, 0}, classes(2, 0, 2), 2. / 3},
		{"top 2", topK(2), tensor.Shape{3}, three, []float64{3, 2, 1, 3, 2, 1, 3, 2, 1}, classes(0, 1, 2), 2. / 3},
		{"top 2 of ties", topK(2), tensor.Shape{3}, three, []float64{5, 5, 5, 5, 5, 5}, classes(1, 2), 0.5},
		{"top 2 of NaN", topK(2), tensor.Shape{3}, three, []float64{nan, 1, 2, 3, 2, nan}, classes(2, 0), 0},
		// Class 0: tp 1, fp 1, fn 1; class 1: tp 1, fn 1; class 2: fp 1, never a target.
		{
			"macro F1", macroF1(),
			tensor.Shape{3},
			three,
			[]float64{1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1},
			classes(0, 1, 1, 0), (2./4 + 2./3 + 0) / 3,
		},
		{"macro F1 without one class", macroF1(), tensor.Shape{3}, three, []float64{1, 0, 0, 0, 1, 0}, classes(0, 1), 1},
		{"macro F1 of NaN", macroF1(), tensor.Shape{3}, three, []float64{1, 0, 0, nan, 1, 0}, classes(0, 0), 2. / 3},
		{"macro F1 of one output", macroF1(), tensor.Shape{1}, two, []float64{1, -1, -1, -1}, classes(1, 1, 0, 0), (2./3 + 4./5) / 2},
		{"mse", mse(), tensor.Shape{2}, tensor.Spec{Shape: tensor.Shape{2}}, []float64{1, 2, 3, 4}, numbers(1, 0, 0, 5), 14. / 4},
		{"mse of NaN", mse(), tensor.Shape{1}, one, []float64{nan}, numbers(1), nan},
		{"mae", mae(), tensor.Shape{2}, tensor.Spec{Shape: tensor.Shape{2}}, []float64{1, 2, 3, 4}, numbers(1, 0, 0, 5), 6. / 4},
		{"mae of NaN", mae(), tensor.Shape{1}, one, []float64{1}, numbers(nan), nan},
		{"r2", r2(), tensor.Shape{1}, one, []float64{2.5, 0, 2, 8}, numbers(3, -0.5, 2, 7), 1 - 1.5/29.1875},
		{"r2 of the mean", r2(), tensor.Shape{1}, one, []float64{2, 2, 2}, numbers(1, 2, 3), 0},
		{"r2 far from zero", r2(), tensor.Shape{1}, one, []float64{1e9 + 1, 1e9 + 2, 1e9 + 4}, numbers(1e9+1, 1e9+2, 1e9+3), 0.5},
		{
			"r2 of two numbers", r2(),
			tensor.Shape{2},
			tensor.Spec{Shape: tensor.Shape{2}},
			[]float64{1, 0, 3, 0},
			numbers(1, -1, 3, 1), 0.5,
		},
		{"r2 without spread", r2(), tensor.Shape{1}, one, []float64{1, 1}, numbers(1, 1), nan},
		{"r2 of NaN", r2(), tensor.Shape{1}, one, []float64{1, nan}, numbers(1, 2), nan},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, err := c.m.Build(c.pred, c.target)
			if err != nil {
				t.Fatal(err)
			}
			empty := make([]float64, n)
			if v := c.m.Value(empty); !math.IsNaN(v) {
				t.Errorf("value of nothing: %v", v)
			}
			rows := len(c.x) / c.pred.Size()
			whole, parts := make([]float64, n), make([]float64, n)
			c.m.Add(whole, c.x, c.values, rows)
			for i := range rows {
				addRow(c.m, parts, c.x, c.values, rows, i)
			}
			for name, sums := range map[string][]float64{"one batch": whole, "batches of one row": parts} {
				if got := c.m.Value(sums); !same(got, c.want) {
					t.Errorf("%s: %v, want %v", name, got, c.want)
				}
			}
		})
	}
}

// addRow adds row i of a batch alone.
func addRow(m metric, sums, x []float64, values tensor.Values[float64], rows, i int) {
	part := func(n int) (from, to int) { return i * n / rows, (i + 1) * n / rows }
	a, b := part(len(x))
	var one tensor.Values[float64]
	if values.Ints != nil {
		from, to := part(len(values.Ints))
		one.Ints = values.Ints[from:to]
	} else {
		from, to := part(len(values.Floats))
		one.Floats = values.Floats[from:to]
	}
	m.Add(sums, x[a:b], one, 1)
}

func same(got, want float64) bool {
	return math.Abs(got-want) <= 1e-12 || math.IsNaN(got) && math.IsNaN(want)
}

func TestMetricBuildErrors(t *testing.T) {
	for _, c := range []struct {
		name   string
		m      metric
		pred   tensor.Shape
		target tensor.Spec
		want   string
	}{
		{
			"accuracy of numbers", accuracy(),
			tensor.Shape{3},
			tensor.Spec{Shape: tensor.Shape{3}},
			"needs classes as targets, has numbers of shape [3]",
		},
		{
			"accuracy units", accuracy(),
			tensor.Shape{8},
			tensor.Spec{Classes: 10},
			"needs predictions of 10 classes, the last layer gives 8: set its units to 10",
		},
		{"accuracy of one class", accuracy(), tensor.Shape{1}, tensor.Spec{Classes: 1}, "needs at least 2 classes, has 1"},
		{
			"macro F1 units", macroF1(),
			tensor.Shape{1},
			tensor.Spec{Classes: 3},
			"needs predictions of 3 classes, the last layer gives 1: set its units to 3",
		},
		{"top 0", topK(0), tensor.Shape{3}, tensor.Spec{Classes: 3}, "k must be >= 1, is 0"},
		{"top k", topK(5), tensor.Shape{3}, tensor.Spec{Classes: 3}, "k must be at most the 3 scores of a prediction, is 5"},
		{"top k of one output", topK(2), tensor.Shape{1}, tensor.Spec{Classes: 2}, "k must be at most the 1 scores of a prediction, is 2"},
		{
			"mse of classes", mse(),
			tensor.Shape{3},
			tensor.Spec{Classes: 3},
			"needs numbers as targets, has one of 3 classes: score classes with softmax_cross_entropy and accuracy",
		},
		{
			"mae units", mae(),
			tensor.Shape{2},
			tensor.Spec{Shape: tensor.Shape{3}},
			"needs predictions of shape [3], that of the targets, the last layer gives [2]: set its units to 3",
		},
		{
			"r2 units", r2(),
			tensor.Shape{2},
			tensor.Spec{},
			"needs predictions of shape [], that of the targets, the last layer gives [2]: set its units to 1",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := c.m.Build(c.pred, c.target); err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestMetricsRefuseBadBatches(t *testing.T) {
	for name, m := range map[string]metric{"accuracy": accuracy(), "top_k": topK(2), "macro_f1": macroF1()} {
		n, err := m.Build(tensor.Shape{3}, tensor.Spec{Classes: 3})
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []int32{-1, 3} {
			err := panicOf(func() { m.Add(make([]float64, n), make([]float64, 6), classes(0, bad), 2) })
			if e, ok := errors.AsType[*loss.TargetError](err); !ok || e.Op != name || e.Index != 1 {
				t.Errorf("%s: target %d: %v", name, bad, err)
			}
		}
		err = panicOf(func() { m.Add(make([]float64, n), make([]float64, 6), classes(0), 2) })
		if _, ok := errors.AsType[*tensor.ShapeError](err); !ok {
			t.Errorf("%s: too few targets: %v", name, err)
		}
	}
	for name, m := range map[string]metric{"mse": mse(), "mae": mae(), "r2": r2()} {
		n, err := m.Build(tensor.Shape{1}, tensor.Spec{})
		if err != nil {
			t.Fatal(err)
		}
		err = panicOf(func() { m.Add(make([]float64, n), make([]float64, 2), numbers(1), 2) })
		if _, ok := errors.AsType[*tensor.ShapeError](err); !ok {
			t.Errorf("%s: too few targets: %v", name, err)
		}
	}
}

func panicOf(call func()) (err error) {
	defer func() { err, _ = recover().(error) }()
	call()
	return nil
}

// TestAccuracyCountsPredictedClasses compares accuracy with PredictedClass, over every row of up to four scores with ties,
// infinities and NaN among them.
func TestAccuracyCountsPredictedClasses(t *testing.T) {
	values := []float64{math.NaN(), math.Inf(-1), math.Copysign(0, -1), 0, 1, math.Inf(1)}
	for width := 1; width <= 4; width++ {
		m, count := accuracy(), max(width, 2)
		if _, err := m.Build(tensor.Shape{width}, tensor.Spec{Classes: count}); err != nil {
			t.Fatal(err)
		}
		x := make([]float64, width)
		for row := range int(math.Pow(float64(len(values)), float64(width))) {
			for c := range x {
				x[c] = values[row%len(values)]
				row /= len(values)
			}
			for k := range int32(count) {
				sums := []float64{0, 0}
				m.Add(sums, x, classes(k), 1)
				if got, want := sums[0] == 1, train.PredictedClass(x) == int(k); got != want || sums[1] != 1 {
					t.Fatalf("scores %v, class %d: hit %v of %v, want %v", x, k, got, sums[1], want)
				}
			}
		}
	}
}

func TestMetricsAllocateNothing(t *testing.T) {
	x := make([]float64, 12)
	for name, m := range map[string]metric{"accuracy": accuracy(), "top_k": topK(2), "macro_f1": macroF1()} {
		n, _ := m.Build(tensor.Shape{3}, tensor.Spec{Classes: 3})
		sums, targets := make([]float64, n), classes(0, 1, 2, 0)
		if a := testing.AllocsPerRun(20, func() { m.Add(sums, x, targets, 4) }); a != 0 {
			t.Errorf("%s: %v allocations", name, a)
		}
	}
	for name, m := range map[string]metric{"mse": mse(), "mae": mae(), "r2": r2()} {
		n, _ := m.Build(tensor.Shape{3}, tensor.Spec{Shape: tensor.Shape{3}})
		sums, targets := make([]float64, n), numbers(x...)
		if a := testing.AllocsPerRun(20, func() { m.Add(sums, x, targets, 4) }); a != 0 {
			t.Errorf("%s: %v allocations", name, a)
		}
	}
}

func TestRegisteredMetrics(t *testing.T) {
	better := map[string]bool{"accuracy": true, "top_k": true, "macro_f1": true, "mse": false, "mae": false, "r2": true}
	for name, higher := range better {
		if !slices.Contains(train.Metrics.Names(), name) {
			t.Errorf("no metric %s", name)
			continue
		}
		part := registry.Choose[train.MetricPart](name).New()
		label := name
		if name == "top_k" {
			label = "top_5"
		}
		if part.Name != label {
			t.Errorf("%s is called %s", name, part.Name)
		}
		if got := fmt.Sprint(train.MakeMetric[float32](part).HigherIsBetter(), train.MakeMetric[float64](part).HigherIsBetter()); got != fmt.Sprint(higher, higher) {
			t.Errorf("%s: higher is better: %s", name, got)
		}
	}
	for _, name := range train.Metrics.Names() {
		d, err := train.Metrics.Describe(name)
		if err != nil || d.Doc == "" {
			t.Errorf("%s: doc %q, error %v", name, d.Doc, err)
		}
		for _, f := range d.Fields {
			if f.Doc == "" {
				t.Errorf("%s: %s has no doc", name, f.Key)
			}
		}
	}
}
