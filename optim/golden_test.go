package optim_test

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/strata-ml/strata/internal/golden"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

type goldenCase struct {
	Op, Name string
	Attrs    struct {
		LR          float64
		Momentum    float64
		Dampening   float64
		Nesterov    bool
		Betas       []float64
		Eps         float64
		WeightDecay float64 `json:"weight_decay"`
		Lambda      float64
		MaxNorm     float64 `json:"max_norm"`
		ClipValue   float64 `json:"clip_value"`
	}
	Steps                  []goldenStep
	State                  map[string]map[string]json.RawMessage
	Inputs, Outputs, Grads map[string]golden.Tensor
}

type goldenStep struct {
	Grads, Params map[string][]float64
}

type goldenProblem struct{ Start map[string]golden.Tensor }

func goldenOptimizer[T tensor.Float](c goldenCase) optim.Optimizer[T] {
	lr := registry.Const(c.Attrs.LR)
	if c.Op == "sgd" {
		return optim.NewSGD[T](optim.SGDConfig{
			LR: lr, Momentum: registry.Const(c.Attrs.Momentum), Dampening: registry.Const(c.Attrs.Dampening), Nesterov: c.Attrs.Nesterov,
		})
	}
	adam := optim.AdamConfig{
		LR: lr, Beta1: registry.Const(c.Attrs.Betas[0]), Beta2: registry.Const(c.Attrs.Betas[1]), Eps: registry.Const(c.Attrs.Eps),
	}
	switch c.Op {
	case "adam":
		return optim.NewAdam[T](adam)
	case "adamw":
		return optim.NewAdamW[T](optim.AdamWConfig{AdamConfig: adam, WeightDecay: registry.Const(c.Attrs.WeightDecay)})
	}
	panic("no optimizer for " + c.Op)
}

// torchState is the name in PyTorch of each slot.
var torchState = map[string]string{"momentum": "momentum_buffer", "m": "exp_avg", "v": "exp_avg_sq"}

func TestGoldenTrajectories(t *testing.T) {
	for _, name := range []string{"sgd.json", "adam.json"} {
		problem := golden.Read[struct{ Problem goldenProblem }](t, name).Problem
		for _, c := range golden.Cases[goldenCase](t, name) {
			t.Run(c.Name, func(t *testing.T) {
				t.Run("float64", func(t *testing.T) { checkTrajectory[float64](t, problem.Start, c, 1e-10) })
				t.Run("float32", func(t *testing.T) { checkTrajectory[float32](t, problem.Start, c, 1e-5) })
			})
		}
	}
}

// checkTrajectory feeds the recorded gradients of each step and compares the parameters after it, and the slots at the
// end. The weight decay of PyTorch's SGD and Adam is an l2 penalty of half its strength.
func checkTrajectory[T tensor.Float](t *testing.T, start map[string]golden.Tensor, c goldenCase, tol float64) {
	o := goldenOptimizer[T](c)
	penalty := optim.NewL2[T](optim.L2Config{Strength: c.Attrs.WeightDecay / 2})
	_, decoupled := o.(optim.Decayer)
	for _, param := range slices.Sorted(maps.Keys(start)) {
		w := golden.As[T](start[param].Data)
		slots := zeroSlots(o, len(w))
		for i, step := range c.Steps {
			dw := golden.As[T](step.Grads[param])
			if !decoupled {
				penalty.AddGradient(w, dw)
			}
			o.Update(&optim.Update[T]{
				Param: w, Grad: dw, Slots: slots, Rates: constantRates(o), Step: int64(i + 1), Decay: true,
			})
			golden.Near(t, param, w, step.Params[param], tol)
		}
		for i, slot := range o.Slots() {
			var want golden.Tensor
			if err := json.Unmarshal(c.State[param][torchState[slot]], &want); err != nil {
				t.Fatal(err)
			}
			golden.Near(t, param+"/"+slot, slots[i], want.Data, tol)
		}
	}
}

func TestGoldenPenalties(t *testing.T) {
	for _, c := range golden.Cases[goldenCase](t, "penalties.json") {
		t.Run(c.Name, func(t *testing.T) {
			t.Run("float64", func(t *testing.T) { checkPenalty[float64](t, c, 1e-10) })
			t.Run("float32", func(t *testing.T) { checkPenalty[float32](t, c, 1e-5) })
		})
	}
}

func checkPenalty[T tensor.Float](t *testing.T, c goldenCase, tol float64) {
	lambda := c.Attrs.Lambda
	r := map[string]optim.Regularizer[T]{
		"l1":      optim.NewL1[T](optim.L1Config{Strength: lambda}),
		"l2":      optim.NewL2[T](optim.L2Config{Strength: lambda}),
		"l2-half": optim.NewL2[T](optim.L2Config{Strength: lambda / 2}),
		"elastic": optim.NewElastic[T](optim.ElasticConfig{L1: lambda / 4, L2: lambda * 3 / 4}),
	}[c.Name]
	w := golden.As[T](c.Inputs["x"].Data)
	dw := make([]T, len(w))
	r.AddGradient(w, dw)
	golden.Near(t, "penalty", []float64{r.Penalty(w)}, c.Outputs["y"].Data, tol)
	golden.Near(t, "gradient", dw, c.Grads["x"].Data, tol)
}

func TestGoldenClipping(t *testing.T) {
	for _, c := range golden.Cases[goldenCase](t, "clipping.json") {
		t.Run(c.Op+"/"+c.Name, func(t *testing.T) {
			t.Run("float64", func(t *testing.T) { checkClipping[float64](t, c, 1e-10) })
			t.Run("float32", func(t *testing.T) { checkClipping[float32](t, c, 1e-5) })
		})
	}
}

func checkClipping[T tensor.Float](t *testing.T, c goldenCase, tol float64) {
	var grad []T
	var want []float64
	for _, name := range slices.Sorted(maps.Keys(c.Inputs)) {
		grad = append(grad, golden.As[T](c.Inputs[name].Data)...)
		want = append(want, c.Outputs[name].Data...)
	}
	wantNorm := math.Sqrt(tensor.SumSquares(grad))
	if norm, ok := c.Outputs["norm"]; ok {
		wantNorm = norm.Data[0]
	}
	norm := optim.ClipGradient(optim.Clip{Norm: c.Attrs.MaxNorm, Value: c.Attrs.ClipValue}, grad)
	golden.Near(t, "norm", []float64{norm}, []float64{wantNorm}, tol)
	golden.Near(t, "gradient", grad, want, tol)
}

func zeroSlots[T tensor.Float](o optim.Optimizer[T], n int) [][]T {
	slots := make([][]T, len(o.Slots()))
	for i := range slots {
		slots[i] = make([]T, n)
	}
	return slots
}

func constantRates[T tensor.Float](o optim.Optimizer[T]) []float64 {
	var rates []float64
	for _, r := range o.Rates() {
		rates = append(rates, r.Value.Value)
	}
	return rates
}
