package optim_test

import (
	"cmp"
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
		AMSGrad     bool
		LRDecay     float64 `json:"lr_decay"`
		Initial     float64 `json:"initial_accumulator_value"`
		Alpha, Rho  float64
		Centered    bool
		Momentums   float64 `json:"momentum_decay"`
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
	a, num := c.Attrs, registry.Const
	lr, eps, momentum := num(a.LR), num(a.Eps), num(a.Momentum)
	switch c.Op {
	case "sgd":
		return optim.NewSGD[T](optim.SGDConfig{LR: lr, Momentum: momentum, Dampening: num(a.Dampening), Nesterov: a.Nesterov})
	case "adagrad":
		return optim.NewAdagrad[T](optim.AdagradConfig{LR: lr, Eps: eps, Initial: a.Initial})
	case "rmsprop":
		return optim.NewRMSprop[T](optim.RMSpropConfig{LR: lr, Rho: num(a.Alpha), Eps: eps, Momentum: momentum, Centered: a.Centered})
	case "adadelta":
		return optim.NewAdadelta[T](optim.AdadeltaConfig{LR: lr, Rho: num(a.Rho), Eps: eps})
	}
	beta1, beta2 := num(a.Betas[0]), num(a.Betas[1])
	if c.Op == "lion" {
		return optim.NewLion[T](optim.LionConfig{LR: lr, Beta1: beta1, Beta2: beta2, WeightDecay: num(a.WeightDecay)})
	}
	adam := optim.AdamConfig{LR: lr, Beta1: beta1, Beta2: beta2, Eps: eps}
	switch c.Op {
	case "adam":
		if a.AMSGrad {
			return optim.NewAMSGrad[T](optim.AMSGradConfig{AdamConfig: adam})
		}
		return optim.NewAdam[T](adam)
	case "adamw":
		return optim.NewAdamW[T](optim.AdamWConfig{AdamConfig: adam, WeightDecay: num(a.WeightDecay)})
	case "adamax":
		return optim.NewAdamax[T](optim.AdamaxConfig{LR: lr, Beta1: beta1, Beta2: beta2, Eps: eps})
	case "nadam":
		return optim.NewNAdam[T](optim.NAdamConfig{AdamConfig: adam, MomentumDecay: num(a.Momentums)})
	case "radam":
		return optim.NewRAdam[T](optim.RAdamConfig{AdamConfig: adam})
	}
	panic("no optimizer for " + c.Op)
}

// torchState is the name in PyTorch of each slot, for those optimizers that give it another one than most.
var torchState = map[string]string{
	"momentum": "momentum_buffer", "m": "exp_avg", "v": "exp_avg_sq", "max": "max_exp_avg_sq", "sum": "sum",
	"rmsprop/v": "square_avg", "rmsprop/m": "grad_avg", "adadelta/v": "square_avg", "adadelta/u": "acc_delta", "adamax/u": "exp_inf",
}

func TestGoldenTrajectories(t *testing.T) {
	for _, name := range []string{"optimizers.json", "optimizers_adam.json", "lion.json"} {
		problem := golden.Read[struct{ Problem goldenProblem }](t, name).Problem
		for _, c := range golden.Cases[goldenCase](t, name) {
			if c.Op == "adamw" && c.Attrs.AMSGrad {
				continue // two optimizers here, and no third that is both
			}
			t.Run(c.Name, func(t *testing.T) {
				t.Run("float64", func(t *testing.T) { checkTrajectory[float64](t, problem.Start, c, 1e-10) })
				t.Run("float32", func(t *testing.T) { checkTrajectory[float32](t, problem.Start, c, 1e-5) })
			})
		}
	}
}

// checkTrajectory feeds the recorded gradients of each step and compares the parameters after it, and the slots at the
// end. The weight decay of PyTorch's optimizers, AdamW apart, is an l2 penalty of half its strength; its lr_decay is the
// schedule inverse_time.
func checkTrajectory[T tensor.Float](t *testing.T, start map[string]golden.Tensor, c goldenCase, tol float64) {
	o := goldenOptimizer[T](c)
	penalty := optim.NewL2[T](optim.L2Config{Strength: registry.Const(c.Attrs.WeightDecay / 2)})
	_, decoupled := o.(optim.Decayer)
	for _, param := range slices.Sorted(maps.Keys(start)) {
		w := golden.As[T](start[param].Data)
		slots := zeroSlots(o, len(w))
		for i, step := range c.Steps {
			dw := golden.As[T](step.Grads[param])
			if !decoupled {
				penalty.AddGradient(w, dw, valuesOf(penalty))
			}
			rates := constantRates(o)
			rates[0] /= 1 + float64(i)*c.Attrs.LRDecay
			o.Update(&optim.Update[T]{Param: w, Grad: dw, Slots: slots, Rates: rates, Step: int64(i + 1), Decay: 1})
			golden.Near(t, param, w, step.Params[param], tol)
		}
		for i, slot := range o.Slots() {
			var want golden.Tensor
			name := cmp.Or(torchState[c.Op+"/"+slot], torchState[slot])
			if err := json.Unmarshal(c.State[param][name], &want); err != nil {
				t.Fatal(err)
			}
			if slot == "sum" { // without what it begins with
				for j := range want.Data {
					want.Data[j] -= c.Attrs.Initial
				}
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
	lambda := func(part float64) registry.Number { return registry.Const(part * c.Attrs.Lambda) }
	r := map[string]optim.Regularizer[T]{
		"l1":      optim.NewL1[T](optim.L1Config{Strength: lambda(1)}),
		"l2":      optim.NewL2[T](optim.L2Config{Strength: lambda(1)}),
		"l2-half": optim.NewL2[T](optim.L2Config{Strength: lambda(0.5)}),
		"elastic": optim.NewElastic[T](optim.ElasticConfig{L1: lambda(0.25), L2: lambda(0.75)}),
	}[c.Name]
	w := golden.As[T](c.Inputs["x"].Data)
	dw := make([]T, len(w))
	r.AddGradient(w, dw, valuesOf(r))
	golden.Near(t, "penalty", []float64{r.Penalty(w, valuesOf(r))}, c.Outputs["y"].Data, tol)
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
