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
		Reduction           string
		Formula             string
		LabelSmoothing      float64 `json:"label_smoothing"`
		IgnoreIndex         *int    `json:"ignore_index"`
		Delta, Beta, Margin float64
		Eps                 float64
		P                   int
		LogTarget           bool `json:"log_target"`
	}
	Inputs, Outputs, Upstream, Grads map[string]golden.Tensor
}

// goldenLoss returns the loss of a case, and the factor between it and PyTorch's; nil where Strata has none.
func goldenLoss[T tensor.Float](c goldenCase) (loss.Loss[T], float64) {
	weights, ignore := c.Inputs["weight"].Data, c.Attrs.IgnoreIndex
	margin := loss.MarginConfig{Margin: max(c.Attrs.Margin, 1)}
	switch {
	case c.Op == "cross_entropy":
		return loss.NewSoftmaxCrossEntropy[T](loss.SoftmaxCrossEntropyConfig{
			ClassWeights: weights, LabelSmoothing: c.Attrs.LabelSmoothing, IgnoreIndex: ignore,
		}), 1
	case c.Op == "nll":
		return loss.NewNLL[T](loss.NLLConfig{ClassWeights: weights, IgnoreIndex: ignore}), 1
	case c.Op == "mse":
		return loss.NewMSE[T](loss.MSEConfig{}), 1
	case c.Op == "l1":
		return loss.NewMAE[T](loss.MAEConfig{}), 1
	case c.Op == "huber":
		return loss.NewHuber[T](loss.HuberConfig{Delta: delta(c.Attrs.Delta)}), 1
	case c.Op == "smooth_l1":
		beta := delta(c.Attrs.Beta)
		return loss.NewHuber[T](loss.HuberConfig{Delta: beta}), beta
	case c.Op == "bce_with_logits":
		return loss.NewBinaryCrossEntropy[T](loss.BinaryCrossEntropyConfig{PosWeight: c.Inputs["pos_weight"].Data}), 1
	case c.Op == "cosine_distance":
		return loss.NewCosineDistance[T](loss.CosineDistanceConfig{Epsilon: c.Attrs.Eps}), 1
	case c.Op == "kl_div":
		return loss.NewKLDivergence[T](loss.KLDivergenceConfig{LogTarget: c.Attrs.LogTarget}), 1
	case c.Op == "hinge" && c.Name == "binary" || c.Op == "multi_margin" && c.Attrs.P == 1:
		return loss.NewHinge[T](loss.HingeConfig{MarginConfig: margin}), 1
	case c.Op == "hinge" && c.Name == "binary-squared" || c.Op == "multi_margin" && c.Attrs.P == 2:
		return loss.NewSquaredHinge[T](loss.SquaredHingeConfig{MarginConfig: margin}), 1
	}
	return nil, 0
}

// delta is a setting that a case may leave at 1.
func delta(attr float64) float64 {
	if attr == 0 {
		return 1
	}
	return attr
}

func TestGolden(t *testing.T) {
	tested := map[string]int{}
	for _, file := range []string{"losses.json", "edges.json", "cosine_distance.json"} {
		for _, c := range golden.Cases[goldenCase](t, file) {
			if l, _ := goldenLoss[float64](c); l == nil {
				continue
			}
			tested[c.Op]++
			t.Run(c.Op+"/"+c.Name, func(t *testing.T) {
				t.Run("float64", func(t *testing.T) { checkGolden[float64](t, c, 1e-10) })
				t.Run("float32", func(t *testing.T) { checkGolden[float32](t, c, 1e-5) })
			})
		}
	}
	for op, want := range map[string]int{
		"cross_entropy": 12, "nll": 3, "mse": 2, "l1": 2, "huber": 3, "smooth_l1": 3, "bce_with_logits": 4, "cosine_distance": 3, "kl_div": 2, "hinge": 2, "multi_margin": 2,
	} {
		if tested[op] != want {
			t.Errorf("the files hold %d cases of %s, want %d", tested[op], op, want)
		}
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
	l, factor := goldenLoss[T](c)
	if err := l.Build(pred, spec); err != nil {
		t.Fatal(err)
	}
	dpred := make([]T, len(x.Data))
	sum, weight := l.Eval(golden.As[T](x.Data), values, rows, dpred)

	want, wantGrad := 0.0, append([]float64(nil), c.Grads["x"].Data...)
	for i, y := range c.Outputs["y"].Data { // one, or that of each row
		want += y * factor
		if c.Attrs.Reduction == "none" {
			for j := range pred.Size() {
				wantGrad[i*pred.Size()+j] /= c.Upstream["y"].Data[i]
			}
		}
	}
	for i := range wantGrad {
		wantGrad[i] *= factor
	}
	if c.Attrs.Reduction == "sum" || c.Attrs.Reduction == "none" { // over all numbers, where ours is Σ sum / Σ weight
		scale := weight
		if c.Op == "mse" || c.Op == "bce_with_logits" {
			scale *= float64(pred.Size())
		}
		want /= scale
		for i := range wantGrad {
			wantGrad[i] /= scale
		}
	}
	golden.Near(t, "loss", []float64{sum / weight}, []float64{want}, tol)
	golden.Near(t, "gradient", dpred, wantGrad, tol)
}
