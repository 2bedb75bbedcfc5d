package loss_test

import (
	"math"
	"slices"
	"testing"

	"github.com/strata-ml/strata/internal/golden"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/loss/losstest"
	"github.com/strata-ml/strata/tensor"
)

// TestWeightedRows scores a batch whose rows weigh 1, 0 and 2 as one that lacks the second row and repeats the third.
func TestWeightedRows(t *testing.T) {
	for name, list := range cases {
		if name != "mse" && name != "softmax_cross_entropy" && name != "hinge" {
			continue
		}
		for _, c := range list {
			if c.Target.IsIndex() && c.Target.Shape.Size() > 1 {
				continue
			}
			l := build(t, name, nil, c.Pred, c.Target)
			n, m := c.Pred.Size(), c.Target.Shape.Size()
			pred, b := drawn(c, 3)
			repeated := &tensor.Batch[float64]{Rows: 3, Target: tensor.Values[float64]{
				Floats: pick(b.Target.Floats, m, 0, 2, 2), Ints: pick(b.Target.Ints, m, 0, 2, 2),
			}}
			want := make([]float64, 3*n)
			sum, weight := loss.Eval(l, pick(pred, n, 0, 2, 2), repeated, want)

			b.Weights = []float64{1, 0, 2}
			got := slices.Repeat([]float64{math.NaN()}, 3*n)
			s, w := loss.Eval(l, pred, b, got)
			golden.Near(t, name+": sum and weight", []float64{s, w}, []float64{sum, weight}, 1e-12)
			golden.Near(t, name+": gradient of the first row", got[:n], want[:n], 1e-12)
			golden.Near(t, name+": gradient of a row without weight", got[n:2*n], make([]float64, n), 0)
			tensor.Scale(2, want)
			golden.Near(t, name+": gradient of the row that counts twice", got[2*n:], want[2*n:], 1e-12)
			if plain, _ := loss.Eval(l, pred, b, nil); plain != s {
				t.Errorf("%s: the sum without gradient is %v, with it %v", name, plain, s)
			}
			if a := testing.AllocsPerRun(10, func() { loss.Eval(l, pred, b, got) }); a != 0 {
				t.Errorf("%s: %v allocations", name, a)
			}
			pred[n] = math.NaN()
			if s, _ := loss.Eval(l, pred, b, got); !math.IsNaN(s) {
				t.Errorf("%s: a NaN in a row without weight is hidden: the sum is %v", name, s)
			}
		}
	}
}

// drawn returns predictions and a batch of rows rows for a case.
func drawn(c losstest.Case, rows int) ([]float64, *tensor.Batch[float64]) {
	r := tensor.NewRandom(7)
	pred, b := make([]float64, rows*c.Pred.Size()), &tensor.Batch[float64]{Rows: rows}
	for i := range pred {
		pred[i] = r.Normal(i)
	}
	r = r.WithName("targets")
	for i := range rows * c.Target.Shape.Size() {
		switch {
		case c.Target.IsIndex():
			b.Target.Ints = append(b.Target.Ints, int32(r.IntN(i, c.Target.Classes)))
		case len(c.Values) > 0:
			b.Target.Floats = append(b.Target.Floats, c.Values[r.IntN(i, len(c.Values))])
		default:
			b.Target.Floats = append(b.Target.Floats, r.Float64(i))
		}
	}
	return pred, b
}

// pick returns the given rows of n elements, nil of nil.
func pick[E any](x []E, n int, rows ...int) []E {
	if x == nil {
		return nil
	}
	var out []E
	for _, r := range rows {
		out = append(out, x[r*n:(r+1)*n]...)
	}
	return out
}
