package loss_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/tensor"
)

type goldenTensor struct {
	Shape []int
	Data  []float64
}

type goldenCase struct {
	Op, Name string
	Attrs    struct {
		Reduction      string
		LabelSmoothing float64 `json:"label_smoothing"`
		IgnoreIndex    *int    `json:"ignore_index"`
	}
	Inputs, Outputs, Grads map[string]goldenTensor
}

func readGolden(t *testing.T) []goldenCase {
	t.Helper()
	raw, err := os.ReadFile("testdata/losses.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []goldenCase }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) == 0 {
		t.Fatal("testdata/losses.json holds no cases")
	}
	return file.Cases
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
	c.Inputs = map[string]goldenTensor{
		"x": {[]int{rows, n}, kept}, "target": {[]int{rows}, keptTarget}, "weight": c.Inputs["weight"],
	}
	c.Grads = map[string]goldenTensor{"x": {[]int{rows, n}, keptGrad}}
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
	for _, c := range readGolden(t) {
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
		values.Floats = convert[T](target.Data)
	}
	l := goldenLoss[T](c)
	if err := l.Build(pred, spec); err != nil {
		t.Fatal(err)
	}
	dpred := make([]T, len(x.Data))
	sum, weight := l.Eval(convert[T](x.Data), values, rows, dpred)

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
	near(t, "loss", []float64{sum / weight}, []float64{want}, tol)
	near(t, "gradient", dpred, wantGrad, tol)
}

func convert[T tensor.Float](x []float64) []T {
	y := make([]T, len(x))
	for i, v := range x {
		y[i] = T(v)
	}
	return y
}

// near fails unless |got − want| ≤ tol·max(1, max|want|) everywhere.
func near[T tensor.Float](t *testing.T, what string, got []T, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d elements, want %d", what, len(got), len(want))
	}
	scale := 1.0
	for _, w := range want {
		scale = max(scale, math.Abs(w))
	}
	for i, g := range got {
		if !(math.Abs(float64(g)-want[i]) <= tol*scale) {
			t.Errorf("%s[%d] = %v, want %v", what, i, g, want[i])
		}
	}
}
