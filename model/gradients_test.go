package model_test

import (
	"math"
	"slices"
	"testing"

	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
)

// TestGradientsOwnTheirMemory: what the array of gradients held before a Backward does not show, also where two nodes
// share their parameters and only the first to run may set them, and where a parameter is frozen.
func TestGradientsOwnTheirMemory(t *testing.T) {
	m, err := model.NewGraph([]tensor.Spec{{Name: "input", Shape: tensor.Shape{3}}}, []model.Node[float32]{
		{Name: "fc1", Layer: dense[float32](3)},
		{Name: "again", Layer: dense[float32](3), Share: "fc1"},
		{Name: "fc2", Layer: dense[float32](3)},
		{Name: "out", Layer: dense[float32](2)},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(3)
	if err := m.Freeze("fc2/w"); err != nil {
		t.Fatal(err)
	}
	e, b := model.NewExec(m, 5, true), batch[float32](5)
	l := crossEntropy[float32](t, m)
	backward := func() []float32 {
		pred, err := e.Forward(b, true, model.Key{Seed: 1}, 0)
		if err != nil {
			t.Fatal(err)
		}
		l.Eval(pred, b.Target, b.Rows, e.DOut())
		if err := e.Backward(); err != nil {
			t.Fatal(err)
		}
		return slices.Clone(e.Grads())
	}
	want := backward()
	for i := range e.Grads() {
		e.Grads()[i] = float32(math.NaN())
	}
	if got := backward(); !slices.Equal(got, want) {
		t.Errorf("gradients over NaN are %v, were %v", got, want)
	}
	if slices.Max(want[:9]) == 0 && slices.Min(want[:9]) == 0 {
		t.Error("the shared gradient is zero")
	}
}
