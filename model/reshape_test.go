package model_test

import (
	"slices"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
)

// copied is flatten without saying that it only reshapes: it runs.
type copied struct{ layers.Flatten[float32] }

func (copied) Build(b *layers.Builder[float32]) error {
	b.Out(b.In(0).Size())
	return nil
}

// TestReshapesAreLeftOut compares models whose reshaping nodes run with those whose neighbours read past them: behind an
// input, twice in a row, beside another reader of the same value, and as the output.
func TestReshapesAreLeftOut(t *testing.T) {
	input := []tensor.Spec{{Name: "input", Shape: tensor.Shape{3, 1}}}
	flatten := layers.NewFlatten[float32](layers.FlattenConfig{})
	graph := func(reshape func() layers.Layer[float32]) []model.Node[float32] {
		return []model.Node[float32]{
			{Name: "flat", Layer: reshape()},
			{Name: "fc1", Layer: dense[float32](4)},
			{Name: "flat1", Layer: reshape()},
			{Name: "flat2", Layer: reshape()},
			{Name: "fc2", Layer: dense[float32](2), From: []string{"flat2"}},
			{Name: "skip", Layer: dense[float32](2), From: []string{"fc1"}},
			{Name: "sum", Layer: &add[float32]{}, From: []string{"fc2", "skip"}},
			{Name: "out", Layer: reshape()},
		}
	}
	var preds, grads [2][]float32
	for k, reshape := range []func() layers.Layer[float32]{
		func() layers.Layer[float32] { return flatten },
		func() layers.Layer[float32] { return copied{} },
	} {
		m, err := model.NewGraph(input, graph(reshape))
		if err != nil {
			t.Fatal(err)
		}
		m.Init(5)
		e, b, l := model.NewExec(m, 6, true), batch[float32](6), crossEntropy[float32](t, m)
		for _, rows := range []int{6, 4} { // and a short batch in the memory of a long one
			b.Rows = rows
			pred, err := e.Forward(b, true, model.Key{Seed: 1}, 0)
			if err != nil {
				t.Fatal(err)
			}
			l.Eval(pred, tensor.Values[float32]{Ints: b.Target.Ints[:rows]}, rows, e.DOut())
			if err := e.Backward(); err != nil {
				t.Fatal(err)
			}
			preds[k], grads[k] = append(preds[k], pred...), append(grads[k], e.Grads()...)
		}
	}
	if !slices.Equal(preds[0], preds[1]) || !slices.Equal(grads[0], grads[1]) {
		t.Errorf("reshapes left out give %v and %v, run they give %v and %v", preds[0], grads[0], preds[1], grads[1])
	}
}

// falseReshape says that it reshapes, and changes the size.
type falseReshape struct{ layers.Flatten[float32] }

func (falseReshape) Build(b *layers.Builder[float32]) error {
	b.Out(b.In(0).Size() + 1)
	b.Reshapes()
	return nil
}

func TestFalseReshape(t *testing.T) {
	_, err := layers.Declare[float32](falseReshape{}, tensor.Spec{Shape: tensor.Shape{3}})
	if err == nil || err.Error() != "the layer declares that it reshapes, and does more" {
		t.Errorf("error is %v", err)
	}
}
