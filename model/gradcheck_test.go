package model_test

import (
	"math"
	"strings"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
)

func TestGradientCheck(t *testing.T) {
	m := branched[float64](t)
	l := crossEntropy(t, m)
	before := append([]float64(nil), m.Weights()...)
	report, err := model.CheckGradients(m, l, batch[float64](8), model.Key{Seed: 1}, 100)
	if err != nil {
		t.Fatal(err)
	}
	if !report.OK() || len(report.Params) != 6 {
		t.Errorf("%d parameters, the worst is %+v", len(report.Params), report.Worst())
	}
	for i, w := range m.Weights() {
		if w != before[i] {
			t.Fatalf("the check changed weight %d from %v to %v", i, before[i], w)
		}
	}
}

// TestGradientCheckFindsMistakes plants a gradient that is off by a factor.
func TestGradientCheckFindsMistakes(t *testing.T) {
	m, err := model.NewGraph([]tensor.Spec{{Name: "input", Shape: tensor.Shape{3}}}, []model.Node[float64]{
		{Name: "fc", Layer: dense[float64](2)},
		{Name: "wrong", Layer: &wrongGradient{}, From: []string{"fc", "fc"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	report, err := model.CheckGradients(m, crossEntropy(t, m), batch[float64](8), model.Key{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	if report.OK() {
		t.Errorf("a gradient that is 1 %% too large passes: %+v", report.Worst())
	}
	if worst := report.Worst(); !strings.HasPrefix(worst.Path, "fc/") {
		t.Errorf("the worst gradient is of %s", worst.Path)
	}
}

// TestGradientCheckOfSmallGradients plants a mistake of 1 % in gradients below 1e-4, such as a mean over many rows has.
func TestGradientCheckOfSmallGradients(t *testing.T) {
	for _, mistake := range []float64{0, 0.01} {
		m, err := model.NewGraph([]tensor.Spec{{Name: "input", Shape: tensor.Shape{3}}}, []model.Node[float64]{
			{Name: "fc", Layer: dense[float64](2)},
			{Name: "small", Layer: shrink{mistake}},
		})
		if err != nil {
			t.Fatal(err)
		}
		m.Init(1)
		report, err := model.CheckGradients(m, crossEntropy(t, m), batch[float64](8), model.Key{}, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range report.Params {
			if !(math.Abs(p.Backprop) < 1e-4) {
				t.Fatalf("the gradient %v of %s is not small", p.Backprop, p.Path)
			}
		}
		if report.OK() != (mistake == 0) {
			t.Errorf("with a mistake of %v: %+v", mistake, report.Worst())
		}
		if worst := report.Worst(); mistake == 0 && !(worst.Error < model.GradientTolerance/10) {
			t.Errorf("a correct gradient has the error %v, near the tolerance", worst.Error)
		}
	}
}

// shrink is y = x/10000, with a relative mistake in its gradient.
type shrink struct{ mistake float64 }

func (shrink) Build(b *layers.Builder[float64]) error { return b.SameShape() }

func (shrink) Forward(f *layers.Frame[float64]) {
	copy(f.Out(), f.In(0))
	tensor.Scale(1e-4, f.Out())
}

func (s shrink) Backward(f *layers.Frame[float64]) {
	copy(f.DIn(0), f.DOut())
	tensor.Scale(1e-4*(1+s.mistake), f.DIn(0))
}

// TestGradientCheckAtKinks puts the only parameter that matters at, and near, the kink of a rectifier.
func TestGradientCheckAtKinks(t *testing.T) {
	for _, bias := range []float64{0, 3e-8, -3e-8, 3e-7, 3e-6, -3e-6, 1} {
		m, err := model.NewGraph([]tensor.Spec{{Name: "input", Shape: tensor.Shape{3}}}, []model.Node[float64]{
			{Name: "fc", Layer: dense[float64](2)},
			{Name: "relu", Layer: layers.NewReLU[float64](layers.ReLUConfig{})},
		})
		if err != nil {
			t.Fatal(err)
		}
		m.Init(1)
		w := m.Weights() // fc/w [3 2], then fc/b [2]
		clear(w)
		w[6], w[7] = bias, 1
		report, err := model.CheckGradients(m, crossEntropy(t, m), batch[float64](8), model.Key{}, 100)
		if err != nil {
			t.Fatal(err)
		}
		if !report.OK() {
			t.Errorf("with the bias %v: %+v", bias, report.Worst())
		}
	}
}

type wrongGradient struct{ add[float64] }

func (w *wrongGradient) Backward(f *layers.Frame[float64]) {
	w.add.Backward(f)
	tensor.Scale(1.01, f.DIn(0))
}
