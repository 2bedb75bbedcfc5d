package optim_test

import (
	"math"
	"slices"
	"testing"

	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

const tableRows, tableWidth = 20, 3

// A tableRun updates a table row by row.
type tableRun struct {
	o                 optim.Optimizer[float64]
	lazy              optim.RowUpdate[float64]
	compact, original []float64
}

func newTableRun(t *testing.T, o optim.Optimizer[float64]) *tableRun {
	t.Helper()
	r := &tableRun{o: o, original: make([]float64, tableRows*tableWidth)}
	random := tensor.NewRandom(3)
	for i := range r.original {
		r.original[i] = random.Normal(i)
	}
	var rates []float64
	for _, rate := range o.Rates() {
		rates = append(rates, rate.Value.Value)
	}
	r.lazy.Param, r.lazy.Rates, r.lazy.Width = slices.Clone(r.original), rates, tableWidth
	for range o.Slots() {
		r.lazy.Slots = append(r.lazy.Slots, make([]float64, len(r.original)))
	}
	return r
}

// step updates the given rows with some gradient.
func (r *tableRun) step(rows ...int32) {
	r.compact = r.compact[:0]
	r.lazy.Step++
	random := tensor.NewRandom(uint64(r.lazy.Step))
	for _, row := range rows {
		for j := range tableWidth {
			r.compact = append(r.compact, random.Normal(int(row)*tableWidth+j))
		}
	}
	r.lazy.Rows, r.lazy.Grad = rows, r.compact
	r.lazy.UpdateRows(r.o)
}

// TestLazyAdam follows SparseAdam of PyTorch: the means of a row stand still in the steps that leave it alone, and the
// correction counts all steps.
func TestLazyAdam(t *testing.T) {
	num := registry.Const
	r := newTableRun(t, optim.NewAdam[float64](optim.AdamConfig{LR: num(0.1), Beta1: num(0.9), Beta2: num(0.99), Eps: num(1e-8)}))
	r.step(4)
	first := r.compact[0]
	w1 := r.original[4*tableWidth] - 0.1*first/(math.Abs(first)+1e-8)
	r.step(5)
	if got := r.lazy.Param[4*tableWidth]; math.Abs(got-w1) > 1e-15 {
		t.Errorf("after the second step, which leaves the row alone, it is %v, want %v", got, w1)
	}
	r.step(4)
	g := r.compact[0]
	m, v := 0.9*0.1*first+0.1*g, 0.99*0.01*first*first+0.01*g*g
	want := w1 - 0.1*(m/(1-math.Pow(0.9, 3)))/(math.Sqrt(v/(1-math.Pow(0.99, 3)))+1e-8)
	if got := r.lazy.Param[4*tableWidth]; math.Abs(got-want) > 1e-14 {
		t.Errorf("after the third step the row is %v, want %v", got, want)
	}
}

// TestClipInParts: the norm is that of all parts, and each is scaled by it.
func TestClipInParts(t *testing.T) {
	for _, c := range []optim.Clip{{}, {Norm: 1}, {Value: 2}, {Norm: 1, Value: 2}} {
		whole, parts := []float64{3, -4, 12, 0.5}, []float64{3, -4, 12, 0.5}
		want, got := optim.ClipGradient(c, whole), optim.ClipGradient(c, parts[:1], nil, parts[1:])
		if math.Abs(got-want) > 1e-15 || !slices.Equal(whole, parts) {
			t.Errorf("%+v: norm %v, want %v; %v, want %v", c, got, want, parts, whole)
		}
	}
}
