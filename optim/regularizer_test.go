package optim_test

import (
	"math"
	"testing"

	"github.com/strata-ml/strata/internal/golden"
	"github.com/strata-ml/strata/optim"
)

func regularizers() map[string]optim.Regularizer[float64] {
	return map[string]optim.Regularizer[float64]{
		"l1":      optim.NewL1[float64](optim.L1Config{Strength: 0.3}),
		"l2":      optim.NewL2[float64](optim.L2Config{Strength: 0.3}),
		"elastic": optim.NewElastic[float64](optim.ElasticConfig{L1: 0.3, L2: 0.7}),
	}
}

func TestPenaltyGradientIsNumericGradient(t *testing.T) {
	for name, r := range regularizers() {
		w := []float64{-2, -0.125, 0.25, 3}
		dw := []float64{10, 20, 30, 40} // AddGradient adds to it
		r.AddGradient(w, dw)
		const h = 1e-5
		for i, x := range w {
			w[i] = x + h
			up := r.Penalty(w)
			w[i] = x - h
			down := r.Penalty(w)
			w[i] = x
			want := float64(10*(i+1)) + (up-down)/(2*h)
			if !(math.Abs(dw[i]-want) < 1e-8) {
				t.Errorf("%s: dw[%d] = %v, numeric %v", name, i, dw[i], want)
			}
		}
	}
}

func TestPenaltyAtZeroAndNaN(t *testing.T) {
	for name, r := range regularizers() {
		w := []float64{0, math.Copysign(0, -1), math.NaN()}
		dw := make([]float64, len(w))
		r.AddGradient(w, dw)
		if dw[0] != 0 || dw[1] != 0 || !math.IsNaN(dw[2]) {
			t.Errorf("%s: gradient %v at %v", name, dw, w)
		}
		if p := r.Penalty(w); !math.IsNaN(p) {
			t.Errorf("%s: penalty %v of weights with NaN", name, p)
		}
		if p := r.Penalty(w[:2]); p != 0 {
			t.Errorf("%s: penalty %v of zeros", name, p)
		}
	}
}

func TestL2IsDecoupledDecayForPlainDescent(t *testing.T) {
	const lr, decay = 0.1, 0.5
	l2 := optim.NewL2[float64](optim.L2Config{Strength: decay / 2})
	w := []float64{2, -3}
	dw := []float64{1, 1}
	l2.AddGradient(w, dw)
	for i, x := range w {
		penalized, decoupled := x-lr*dw[i], (1-lr*decay)*x-lr*1
		golden.Near(t, "w", []float64{penalized}, []float64{decoupled}, 1e-15)
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		patterns []string
		param    string
		want     bool
	}{
		{nil, "fc1/w", false},
		{[]string{"*/w"}, "fc1/w", true},
		{[]string{"*/w"}, "fc1/b", false},
		{[]string{"fc2/*", "fc1/*"}, "fc1/b", true},
		{[]string{"*/*"}, "block/fc1/w", false},
		{[]string{"w"}, "fc1/w", false},
	} {
		if got, err := optim.Match(c.patterns, c.param); got != c.want || err != nil {
			t.Errorf("Match(%q, %q) = %v, %v", c.patterns, c.param, got, err)
		}
	}
	if _, err := optim.Match([]string{"fc[1/w"}, "fc1/w"); err == nil {
		t.Error("no error for a malformed pattern")
	}
}

func TestClip(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		name       string
		clip       optim.Clip
		grad, want []float64
		norm       float64
	}{
		{"none", optim.Clip{}, []float64{3, 4}, []float64{3, 4}, 5},
		{"value then norm", optim.Clip{Value: 3, Norm: 1}, []float64{3, -400}, []float64{math.Sqrt2 / 2, -math.Sqrt2 / 2}, math.Hypot(3, 400)},
		{"at the norm", optim.Clip{Norm: 5}, []float64{3, 4}, []float64{3, 4}, 5},
		{"zero gradient", optim.Clip{Norm: 1, Value: 1}, []float64{0, 0}, []float64{0, 0}, 0},
		{"infinity", optim.Clip{Norm: 1, Value: 1}, []float64{inf, 2}, []float64{inf, 2}, inf},
		{"NaN", optim.Clip{Norm: 1, Value: 1}, []float64{nan, 2}, []float64{nan, 2}, nan},
	} {
		t.Run(c.name, func(t *testing.T) {
			norm := optim.ClipGradient(c.clip, c.grad)
			for i, got := range append(c.grad, norm) {
				want := append(c.want, c.norm)[i]
				same := got == want || math.IsNaN(got) && math.IsNaN(want)
				if !same && !(math.Abs(got-want) < 2e-6) {
					t.Errorf("element %d is %v, want %v", i, got, want)
				}
			}
		})
	}
}
