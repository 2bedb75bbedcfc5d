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

// A tableRun updates one table row by row and another, that begins alike, whole.
type tableRun struct {
	o                       optim.Optimizer[float64]
	lazy                    optim.RowUpdate[float64]
	dense                   optim.Update[float64]
	compact, full, original []float64
}

func newTableRun(t *testing.T, o optim.Optimizer[float64]) *tableRun {
	t.Helper()
	r := &tableRun{o: o, original: make([]float64, tableRows*tableWidth), full: make([]float64, tableRows*tableWidth)}
	random := tensor.NewRandom(3)
	for i := range r.original {
		r.original[i] = random.Normal(i)
	}
	var rates []float64
	for _, rate := range o.Rates() {
		rates = append(rates, rate.Value.Value)
	}
	r.lazy.Param, r.dense.Param = slices.Clone(r.original), slices.Clone(r.original)
	r.lazy.Rates, r.dense.Rates, r.lazy.Width = rates, rates, tableWidth
	r.lazy.Decay, r.dense.Decay = 1, 1
	for range o.Slots() {
		r.lazy.Slots = append(r.lazy.Slots, make([]float64, len(r.original)))
		r.dense.Slots = append(r.dense.Slots, make([]float64, len(r.original)))
	}
	return r
}

// step updates both tables with the same gradient of the given rows.
func (r *tableRun) step(rows ...int32) {
	clear(r.full)
	r.compact = r.compact[:0]
	r.lazy.Step, r.dense.Step = r.lazy.Step+1, r.dense.Step+1
	random := tensor.NewRandom(uint64(r.lazy.Step))
	for _, row := range rows {
		for j := range tableWidth {
			g := random.Normal(int(row)*tableWidth + j)
			r.compact, r.full[int(row)*tableWidth+j] = append(r.compact, g), g
		}
	}
	r.lazy.Rows, r.lazy.Grad, r.dense.Grad = rows, r.compact, r.full
	r.lazy.UpdateRows(r.o)
	r.o.Update(&r.dense)
}

// TestRowsAreWhatTheWholeIs compares for the rows that every step touches, for which there is no difference.
func TestRowsAreWhatTheWholeIs(t *testing.T) {
	for _, c := range ruleCases() {
		t.Run(c.name, func(t *testing.T) {
			r := newTableRun(t, c.o)
			for range 10 {
				r.step(7, 0, 19)
			}
			for i, w := range r.lazy.Param {
				switch i / tableWidth {
				case 7, 0, 19:
					if w != r.dense.Param[i] {
						t.Errorf("element %d is %v by rows and %v in the whole", i, w, r.dense.Param[i])
					}
				default:
					if w != r.original[i] {
						t.Errorf("element %d, of a row without a gradient, went from %v to %v", i, r.original[i], w)
					}
				}
			}
		})
	}
}

// TestMovesUntouched asks every rule, and looks at what it does to rows without a gradient.
func TestMovesUntouched(t *testing.T) {
	for _, c := range ruleCases() {
		r := newTableRun(t, c.o)
		r.step(7, 0, 19)
		r.step(3)
		differ := !slices.Equal(r.lazy.Param, r.dense.Param)
		if got := c.o.(optim.RowUpdater).MovesUntouched(); got != differ {
			t.Errorf("%s: MovesUntouched is %v, and lazy and dense differ: %v", c.name, got, differ)
		}
	}
}

// builtIn holds the names before this package's tests add rules of their own: variables are set before any init.
var builtIn = optim.Registry.Names()

// TestEveryOptimizerUpdatesRows: one that could not would refuse every model with an embedding.
func TestEveryOptimizerUpdatesRows(t *testing.T) {
	for _, name := range builtIn {
		part, err := optim.Registry.Build(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := optim.Make[float32](part).(optim.RowUpdater); !ok {
			t.Errorf("%s is no RowUpdater", name)
		}
	}
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

func TestUpdateRowsAllocatesNothing(t *testing.T) {
	for _, c := range ruleCases() {
		r := newTableRun(t, c.o)
		r.step(7, 0, 19)
		if n := testing.AllocsPerRun(20, func() { r.lazy.UpdateRows(c.o) }); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
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
