package optim_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/strata-ml/strata/internal/golden"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

func regularizers() map[string]optim.Regularizer[float64] {
	return map[string]optim.Regularizer[float64]{
		"l1":      optim.NewL1[float64](optim.L1Config{Strength: registry.Const(0.3)}),
		"l2":      optim.NewL2[float64](optim.L2Config{Strength: registry.Const(0.3)}),
		"elastic": optim.NewElastic[float64](optim.ElasticConfig{L1: registry.Const(0.3), L2: registry.Const(0.7)}),
	}
}

// valuesOf returns the constants of a regularizer's rates.
func valuesOf[T tensor.Float](r optim.Regularizer[T]) []float64 {
	var values []float64
	for _, rate := range r.Rates() {
		values = append(values, rate.Value.Value)
	}
	return values
}

// TestProximalL1 is soft thresholding: weights move by lr·strength towards zero, and rest there.
func TestProximalL1(t *testing.T) {
	r := optim.NewL1[float64](optim.L1Config{Strength: registry.Const(0.5), Form: optim.Proximal}).(optim.Projector[float64])
	w := []float64{1, -1, 0.05, -0.05, 0.0625, 0, math.Copysign(0, -1), math.Inf(1), math.NaN()}
	r.Project(w, optim.Projection{Shape: tensor.Shape{len(w)}, LR: 0.125, Rates: []float64{0.5}})
	want := []float64{1 - 0.0625, -1 + 0.0625, 0, 0, 0, 0, 0, math.Inf(1), math.NaN()}
	for i := range w {
		if w[i] != want[i] && !(math.IsNaN(w[i]) && math.IsNaN(want[i])) {
			t.Errorf("element %d is %v, want %v", i, w[i], want[i])
		}
	}
	if p := r.Penalty([]float64{1, -2}, []float64{0.5}); p != 1.5 {
		t.Errorf("penalty %v", p)
	}
}

// TestMaxNorm scales down the groups whose norm is too large, and leaves the others to the bit.
func TestMaxNorm(t *testing.T) {
	for _, c := range []struct {
		of      string
		shape   tensor.Shape
		w, want []float64
	}{
		{optim.Columns, tensor.Shape{2, 3}, []float64{3, 1, 0.3, 4, 1, 0.4}, []float64{0.6, math.Sqrt2 / 2, 0.3, 0.8, math.Sqrt2 / 2, 0.4}},
		{optim.Rows, tensor.Shape{3, 2}, []float64{3, 4, 1, 1, 0.3, 0.4}, []float64{0.6, 0.8, math.Sqrt2 / 2, math.Sqrt2 / 2, 0.3, 0.4}},
		{optim.Rows, tensor.Shape{1, 2, 1}, []float64{3, 4}, []float64{0.6, 0.8}},
		{optim.Columns, tensor.Shape{2, 1, 1}, []float64{3, 4}, []float64{0.6, 0.8}},
		{optim.Columns, tensor.Shape{2}, []float64{3, -0.5}, []float64{1, -0.5}},
		{optim.Rows, tensor.Shape{2}, []float64{3, 4}, []float64{0.6, 0.8}},
		{optim.Columns, tensor.Shape{0}, nil, nil},
		{optim.Columns, tensor.Shape{1, 70}, slices.Repeat([]float64{2}, 70), slices.Repeat([]float64{1}, 70)},
	} {
		r := optim.NewMaxNorm[float64](optim.MaxNormConfig{Max: registry.Const(1), Of: c.of}).(optim.Projector[float64])
		w := slices.Clone(c.w)
		r.Project(w, optim.Projection{Shape: c.shape, Rates: []float64{1}})
		golden.Near(t, c.of+" of "+fmt.Sprint(c.shape), w, c.want, 1e-15)
	}
}

func TestL2IsDecoupledDecayForPlainDescent(t *testing.T) {
	const lr, decay = 0.1, 0.5
	l2 := optim.NewL2[float64](optim.L2Config{Strength: registry.Const(decay / 2)})
	w := []float64{2, -3}
	dw := []float64{1, 1}
	l2.AddGradient(w, dw, []float64{decay / 2})
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
