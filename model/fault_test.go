package model_test

import (
	"strings"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
)

// wrongBias is a dense layer whose gradient of b is too large.
type wrongBias struct{ layers.Layer[float64] }

func (w wrongBias) Backward(f *layers.Frame[float64]) {
	w.Layer.Backward(f)
	tensor.Scale(1.5, f.DParam(1))
}

// wrongLoss has a gradient that is too small.
type wrongLoss struct{ loss.Loss[float64] }

func (w wrongLoss) Eval(pred []float64, target tensor.Values[float64], rows int, dpred []float64) (sum, weight float64) {
	sum, weight = w.Loss.Eval(pred, target, rows, dpred)
	tensor.Scale(0.9, dpred)
	return sum, weight
}

// TestGradientFault plants a wrong gradient in the middle of a model, in a layer without parameters, in one with, and in
// the loss: the error names who computes it, and not just whose gradient comes out wrong.
func TestGradientFault(t *testing.T) {
	for name, tt := range map[string]struct {
		layer layers.Layer[float64]
		loss  func(loss.Loss[float64]) loss.Loss[float64]
		want  string
	}{
		"layer":     {&wrongGradient{}, nil, `node "middle" is at fault: its gradient with respect to input 0 is wrong at element `},
		"parameter": {wrongBias{dense[float64](4)}, nil, `node "middle" is at fault: its gradient with respect to parameter b is wrong at element `},
		"loss": {
			layers.NewSum[float64](layers.SumConfig{}),
			func(l loss.Loss[float64]) loss.Loss[float64] { return wrongLoss{l} },
			"the loss is at fault: its gradient with respect to the predictions is wrong at element ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			from := []string{"fc1", "fc1"}
			if name == "parameter" {
				from = from[:1]
			}
			m, err := model.NewGraph([]tensor.Spec{{Name: "input", Shape: tensor.Shape{3}}}, []model.Node[float64]{
				{Name: "fc1", Layer: dense[float64](4)},
				{Name: "middle", Layer: tt.layer, From: from},
				{Name: "act", Layer: layers.NewReLU[float64](layers.ReLUConfig{})},
				{Name: "out", Layer: dense[float64](2)},
			})
			if err != nil {
				t.Fatal(err)
			}
			m.Init(1)
			l := crossEntropy(t, m)
			if tt.loss != nil {
				l = tt.loss(l)
			}
			report, err := model.CheckGradients(m, l, batch[float64](8), model.Key{Seed: 2}, 100)
			if err != nil {
				t.Fatal(err)
			}
			if report.Err() == nil || !strings.Contains(report.Err().Error(), tt.want) || !strings.HasPrefix(report.Err().Error(), "the gradient of ") {
				t.Errorf("got %v, want %q", report.Err(), tt.want)
			}
		})
	}
	m := branched[float64](t)
	report, err := model.CheckGradients(m, crossEntropy(t, m), batch[float64](8), model.Key{}, 100)
	if err != nil || report.Err() != nil || report.Fault != nil {
		t.Errorf("right gradients: %v, %v, %v", err, report.Err(), report.Fault)
	}
}

// TestGradientFaultOfTable finds a wrong gradient in the rows of a table that the batch touches.
func TestGradientFaultOfTable(t *testing.T) {
	m, err := model.NewSequential(tensor.Spec{Name: "words", Shape: tensor.Shape{3}, Classes: 10000},
		model.Node[float64]{Name: "embed", Layer: &doubled{embedding[float64](2)}},
		model.Node[float64]{Name: "flat", Layer: layers.NewFlatten[float64](layers.FlattenConfig{})},
		model.Node[float64]{Name: "out", Layer: dense[float64](2)})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	b := &tensor.Batch[float64]{Rows: 2, Inputs: []tensor.Values[float64]{{Ints: []int32{7, 7, 9999, 4, 5, 6}}}}
	b.Target.Ints = []int32{0, 1}
	report, err := model.CheckGradients(m, crossEntropy(t, m), b, model.Key{}, 20)
	if err != nil {
		t.Fatal(err)
	}
	if f := report.Fault; f == nil || f.Node != "embed" || f.Tensor != "parameter w" {
		t.Errorf("got %v", f)
	}
}
