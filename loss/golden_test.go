package loss_test

import (
	"testing"

	"github.com/strata-ml/strata/internal/golden"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/tensor"
)

type goldenCase struct {
	Op, Name string
	Attrs    struct {
		Reduction      string
		LabelSmoothing float64 `json:"label_smoothing"`
		IgnoreIndex    *int    `json:"ignore_index"`
	}
	Inputs, Outputs, Grads map[string]golden.Tensor
}

// dropIgnored removes the rows that PyTorch's ignore_index leaves out of sum, weight and gradient.
func dropIgnored(c goldenCase) goldenCase {
	if c.Attrs.IgnoreIndex == nil {
		return c
	}
	x, target, dx := c.Inputs["x"], c.Inputs["target"], c.Grads["x"]
	n := x.Shape[len(x.Shape)-1]
	var kept, keptTarget, keptGrad []float64
	for i, k := range target.Data {
		if int(k) != *c.Attrs.IgnoreIndex {
			kept = append(kept, x.Data[i*n:][:n]...)
			keptGrad = append(keptGrad, dx.Data[i*n:][:n]...)
			keptTarget = append(keptTarget, k)
		}
	}
	rows := len(keptTarget)
	c.Inputs = map[string]golden.Tensor{
		"x": {Shape: []int{rows, n}, Data: kept}, "target": {Shape: []int{rows}, Data: keptTarget}, "weight": c.Inputs["weight"],
	}
	c.Grads = map[string]golden.Tensor{"x": {Shape: []int{rows, n}, Data: keptGrad}}
	return c
}

func goldenLoss[T tensor.Float](c goldenCase) loss.Loss[T] {
	switch c.Op {
	case "cross_entropy":
		return loss.NewSoftmaxCrossEntropy[T](loss.SoftmaxCrossEntropyConfig{
			ClassWeights: c.Inputs["weight"].Data, LabelSmoothing: c.Attrs.LabelSmoothing,
		})
	case "mse":
		return loss.NewMSE[T](loss.MSEConfig{})
	case "bce_with_logits":
		return loss.NewBinaryCrossEntropy[T](loss.BinaryCrossEntropyConfig{})
	}
	panic("no loss for " + c.Op)
}

func TestGolden(t *testing.T) {
	for _, c := range golden.Cases[goldenCase](t, "losses.json") {
		c = dropIgnored(c)
		t.Run(c.Op+"/"+c.Name, func(t *testing.T) {
			t.Run("float64", func(t *testing.T) { checkGolden[float64](t, c, 1e-10) })
			t.Run("float32", func(t *testing.T) { checkGolden[float32](t, c, 1e-5) })
		})
	}
}

func checkGolden[T tensor.Float](t *testing.T, c goldenCase, tol float64) {
	x, target := c.Inputs["x"], c.Inputs["target"]
	rows, pred := x.Shape[0], tensor.Shape(x.Shape[1:])
	spec := tensor.Spec{Shape: target.Shape[1:]}
	var values tensor.Values[T]
	if len(target.Shape) < len(x.Shape) {
		spec.Classes = pred.Last()
		for _, k := range target.Data {
			values.Ints = append(values.Ints, int32(k))
		}
	} else {
		values.Floats = golden.As[T](target.Data)
	}
	l := goldenLoss[T](c)
	if err := l.Build(pred, spec); err != nil {
		t.Fatal(err)
	}
	dpred := make([]T, len(x.Data))
	sum, weight := l.Eval(golden.As[T](x.Data), values, rows, dpred)

	want, wantGrad := c.Outputs["y"].Data[0], c.Grads["x"].Data
	if c.Attrs.Reduction == "sum" { // over all numbers, where ours is Σ sum / Σ weight
		scale := weight
		if c.Op != "cross_entropy" {
			scale *= float64(pred.Size())
		}
		want /= scale
		wantGrad = append([]float64(nil), wantGrad...)
		for i := range wantGrad {
			wantGrad[i] /= scale
		}
	}
	golden.Near(t, "loss", []float64{sum / weight}, []float64{want}, tol)
	golden.Near(t, "gradient", dpred, wantGrad, tol)
}
