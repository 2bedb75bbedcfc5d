package optim_test

import (
	"math"
	"slices"
	"testing"

	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// An embedding optimizer has the methods of Adam, Folder too, and its own update that knows nothing of folds.
type embedding struct{ *optim.Adam[float64] }

func (o embedding) Update(u *optim.Update[float64]) { u.Param[0] -= u.Grad[0] }

// A declared one embeds the same, and says that it folds.
type declared struct{ *optim.Adam[float64] }

func (o *declared) Folder() optim.Optimizer[float64] { return o }

func TestFolds(t *testing.T) {
	adam := optim.NewAdam[float64](registry.Defaults[optim.AdamConfig]()).(*optim.Adam[float64])
	for _, test := range []struct {
		name string
		o    optim.Optimizer[float64]
		want bool
	}{
		{"sgd", optim.NewSGD[float64](registry.Defaults[optim.SGDConfig]()), true},
		{"adam", adam, true},
		{"adamw", optim.NewAdamW[float64](registry.Defaults[optim.AdamWConfig]()), true},
		{"embedding", embedding{adam}, false},
		{"declared", &declared{adam}, true},
	} {
		if got := optim.Folds(test.o); got != test.want {
			t.Errorf("%s: Folds is %v", test.name, got)
		}
	}
}

// A doubled penalty has the methods of L2, Fold too, and its own gradient.
type doubled struct{ *optim.L2[float64] }

func (r doubled) AddGradient(w, dw, rates []float64) {
	r.L2.AddGradient(w, dw, rates)
	r.L2.AddGradient(w, dw, rates)
}

func TestAddPenalty(t *testing.T) {
	f := optim.Fold{Factor: 0.5, L1: 1, L2: 1}
	for name, r := range regularizers() {
		if !optim.AddPenalty(&f, r, valuesOf(r)) {
			t.Errorf("a fold cannot hold %s", name)
		}
	}
	if want := (optim.Fold{Factor: 0.5, L1: 1.6, L2: 3}); f != want {
		t.Errorf("fold %v, want %v", f, want)
	}
	before := f
	l2 := optim.NewL2[float64](optim.L2Config{Strength: registry.Const(0.3)}).(*optim.L2[float64])
	if optim.AddPenalty(&f, optim.Regularizer[float64](doubled{l2}), []float64{0.3}) || f != before {
		t.Errorf("a penalty with a gradient of its own was folded as %v", f)
	}
}

// TestFoldIsWhatThePenaltiesAdd compares a fold with the gradients that regularizers add one after the other, and with a
// scale after them.
func TestFoldIsWhatThePenaltiesAdd(t *testing.T) {
	w, g := []float64{1, -2, 0, 3, 0.125}, []float64{0.5, 0.25, -1, 2, 3}
	want := slices.Clone(g)
	f := optim.Fold{Factor: 0.25}
	for _, r := range regularizers() {
		r.AddGradient(w, want, valuesOf(r))
		optim.AddPenalty(&f, r, valuesOf(r))
	}
	norm := math.Sqrt(optim.FoldedSumSquares(g[:4], w[:4], f))
	if wantNorm := math.Sqrt(tensor.SumSquares(want[:4])); math.Abs(norm-wantNorm) > 1e-14 {
		t.Errorf("norm %v, want %v", norm, wantNorm)
	}
	if got := optim.FoldedSumSquares(g, []float64{0, 0, 0, 0, math.NaN()}, f); !math.IsNaN(got) {
		t.Errorf("norm %v of a gradient with a penalty of NaN", got)
	}
	tensor.Scale(0.25, want)
	optim.FoldGradient(g, w, f)
	for i := range g {
		if math.IsNaN(g[i]) != math.IsNaN(want[i]) || math.Abs(g[i]-want[i]) > 1e-14 {
			t.Errorf("element %d is %v, want %v", i, g[i], want[i])
		}
	}
}

func TestClipFactor(t *testing.T) {
	for _, test := range []struct{ bound, norm, want float64 }{
		{0, 5, 1},
		{5, 5, 5 / (5 + 1e-6)},
		{5, 4, 1},
		{1, 5, 1 / (5 + 1e-6)},
		{1, 0, 1},
		{1, math.Inf(1), 1},
		{1, math.NaN(), 1},
		{1e-300, 1e100, math.SmallestNonzeroFloat64},
	} {
		if got := (optim.Clip{Norm: test.bound}).Factor(test.norm); got != test.want {
			t.Errorf("norm %v under %v: factor %v, want %v", test.norm, test.bound, got, test.want)
		}
	}
}
