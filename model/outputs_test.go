package model_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
)

// manyHeads is fc1 → act → out, the output that is scored, with three others: the softmax of out, a second head beside it,
// and act in another shape.
func manyHeads(t *testing.T, outputs ...string) (*model.Model[float64], error) {
	t.Helper()
	return model.NewGraph([]tensor.Spec{{Name: "input", Shape: tensor.Shape{3}}}, []model.Node[float64]{
		{Name: "fc1", Layer: dense[float64](4)},
		{Name: "act", Layer: layers.NewTanh[float64](layers.TanhConfig{})},
		{Name: "side", Layer: dense[float64](5), From: []string{"act"}},
		{Name: "out", Layer: dense[float64](2), From: []string{"act"}},
		{Name: "p", Layer: layers.NewSoftmax[float64](layers.SoftmaxConfig{}), From: []string{"out"}},
		{Name: "flat", Layer: layers.NewFlatten[float64](layers.FlattenConfig{}), From: []string{"act"}},
	}, outputs...)
}

// TestOutputs checks that further outputs have their values, and change neither the prediction nor any gradient.
func TestOutputs(t *testing.T) {
	m, err := manyHeads(t, "out", "p", "side", "flat")
	if err != nil {
		t.Fatal(err)
	}
	alone, err := model.NewGraph([]tensor.Spec{{Name: "input", Shape: tensor.Shape{3}}}, []model.Node[float64]{
		{Name: "fc1", Layer: dense[float64](4)},
		{Name: "act", Layer: layers.NewTanh[float64](layers.TanhConfig{})},
		{Name: "out", Layer: dense[float64](2)},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(3)
	alone.Init(3)
	if got := m.Outputs(); !slices.Equal(got, []string{"out", "p", "side", "flat"}) || !m.Output().Equal(tensor.Shape{2}) {
		t.Errorf("outputs %v, shape %v", got, m.Output())
	}
	if got := m.Untrained(); !slices.Equal(got, []string{"side/w", "side/b"}) || alone.Untrained() != nil {
		t.Errorf("untrained: %v, and alone %v", got, alone.Untrained())
	}
	grads := map[string][]float64{}
	for _, one := range []*model.Model[float64]{m, alone} {
		e, b := model.NewExec(one, 4, true), batch[float64](4)
		pred, err := e.Forward(b, true, model.Key{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(pred, e.Value(0)) {
			t.Error("the first output is not the prediction")
		}
		if one == m {
			checkHeads(t, e)
		}
		crossEntropy(t, one).Eval(pred, b.Target, 4, e.DOut())
		if err := e.Backward(); err != nil {
			t.Fatal(err)
		}
		for _, p := range one.Params() {
			g := e.Grads()[p.Offset : p.Offset+len(p.Data)]
			if want, ok := grads[p.Path]; ok && !slices.Equal(g, want) {
				t.Errorf("the gradient of %s depends on the other outputs", p.Path)
			}
			grads[p.Path] = slices.Clone(g)
		}
	}
	for _, path := range []string{"side/w", "side/b"} {
		if slices.ContainsFunc(grads[path], func(v float64) bool { return v != 0 }) {
			t.Errorf("%s has a gradient", path)
		}
	}
}

func checkHeads(t *testing.T, e *model.Exec[float64]) {
	t.Helper()
	for k, size := range []int{2, 2, 5, 4} {
		v := e.Value(k)
		if len(v) != 4*size || v[0] == 0 {
			t.Errorf("output %d has the values %v", k, v)
		}
	}
	for i := range 4 {
		if p := e.Value(1)[2*i : 2*i+2]; p[0]+p[1] < 0.999999 || p[0]+p[1] > 1.000001 {
			t.Errorf("the probabilities of row %d are %v", i, p)
		}
	}
}

func TestOutputErrors(t *testing.T) {
	for want, outputs := range map[string][]string{
		`node "side": is read by no other node, and neither is p, flat: name the outputs`: nil,
		`node "flat": is read by no other node, and is no output`:                         {"out", "p", "side"},
		`node "nowhere": is an output, and there is no such node`:                         {"nowhere"},
		`node "p": is an output twice`:                                                    {"out", "p", "p"},
	} {
		if _, err := manyHeads(t, outputs...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("outputs %v: got %v, want %s", outputs, err, want)
		}
	}
}
