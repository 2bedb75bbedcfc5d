package train_test

import (
	"math"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// weigh returns a set whose rows have the given weights.
func weigh(t testing.TB, s *data.Set, weight func(row int) float64) *data.Set {
	t.Helper()
	values := make([]float64, s.Len())
	for row := range values {
		values[row] = weight(row)
	}
	weights, err := data.NewNumbers("weight", nil, values, 1)
	if err != nil {
		t.Fatal(err)
	}
	weighted := *s
	weighted.Weights = weights
	return &weighted
}

// TestWeightsAreCopies: training on rows that weigh 0, 1 and 2 is training on rows left out, kept and repeated, on whole
// batches and on those in portions. So is the loss of an evaluation.
func TestWeightsAreCopies(t *testing.T) {
	weight := func(row int) float64 { return float64(row % 3) }
	for _, portions := range []int{1, 4} {
		start := func() train.Setup[float64] {
			s := setup[float64](t, "adam", "")
			m, err := model.NewSequential(
				tensor.Spec{Name: "x", Shape: tensor.Shape{4}},
				model.Node[float64]{Name: "fc1", Layer: layers.NewDense[float64](layers.DenseConfig{Units: 6, Bias: true})},
				model.Node[float64]{Name: "act", Layer: layers.NewTanh[float64](layers.TanhConfig{})},
				model.Node[float64]{Name: "out", Layer: layers.NewDense[float64](layers.DenseConfig{Units: 2, Bias: true})},
			)
			if err != nil {
				t.Fatal(err)
			}
			m.Init(4)
			s.Model, s.Config.Shuffle = m, false
			return s
		}
		weighted, copied := start(), start()
		weighted.Train, weighted.Eval = weigh(t, weighted.Train, weight), weigh(t, weighted.Eval, weight)
		weighted.Config.BatchSize, weighted.Config.Accumulate = weighted.Train.Len(), portions
		for _, set := range []**data.Set{&copied.Train, &copied.Eval} {
			var rows []int
			for row := range (*set).Len() {
				for range row % 3 {
					rows = append(rows, row)
				}
			}
			*set = data.Subset(*set, rows)
		}
		copied.Config.BatchSize = copied.Train.Len()
		a, b := trainAll(t, weighted, 0), trainAll(t, copied, 0)
		if got, want := a.Last.Loss, b.Last.Loss; math.Abs(float64(got-want)) > 1e-12 {
			t.Errorf("%d portions: the last evaluation has the loss %v, and %v with copies", portions, got, want)
		}
		for i, want := range copied.Model.Weights() {
			if got := weighted.Model.Weights()[i]; math.Abs(got-want) > 1e-9 {
				t.Fatalf("%d portions: parameter %d is %v, and %v with copies", portions, i, got, want)
			}
		}
	}
}

// TestBatchWithoutWeight: a batch whose rows all weigh nothing asks nothing of the model.
func TestBatchWithoutWeight(t *testing.T) {
	s := setup[float64](t, "sgd", "")
	s.Regularizers = nil
	s.Train = weigh(t, s.Train, func(int) float64 { return 0 })
	before := append([]float64{}, s.Model.Weights()...)
	trainAll(t, s, 0)
	for i, want := range before {
		if got := s.Model.Weights()[i]; got != want {
			t.Fatalf("parameter %d moves from %v to %v", i, want, got)
		}
	}
}
