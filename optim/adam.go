package optim

import (
	"math"

	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// Adam, with the gradient g of step t, learning rate η and ε = eps:
//
//	m ← β₁·m + (1−β₁)·g
//	v ← β₂·v + (1−β₂)·g²
//	w ← w − η/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε)
//
// Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1: ε is added to the corrected
// root. Where β follows a schedule, the correction takes its present value.
//
// Shapes: w, g, m, v [n].

// AdamConfig configures adam.
type AdamConfig struct {
	_     struct{}        `doc:"Adam: steps scaled by running means of the gradient and of its square"`
	LR    registry.Number `key:"lr" doc:"learning rate" is:">=0" class:"override"`
	Beta1 registry.Number `key:"beta1" doc:"part of the mean of the gradient that a step keeps" is:">=0,<1" class:"override"`
	Beta2 registry.Number `key:"beta2" doc:"part of the mean of the squared gradient that a step keeps" is:">=0,<1" class:"override"`
	Eps   registry.Number `doc:"added to the root that divides, so that it is not zero" is:">0" class:"override"`
}

// Adam is the optimizer of Kingma and Ba. Its slots are the two running means, m and v.
//
// The gradient of an l2 penalty is divided by √v too, so weights with large gradients shrink less than others; AdamW
// shrinks all alike.
type Adam[T tensor.Float] struct{ config AdamConfig }

// NewAdam returns the optimizer that c describes. It panics unless c passes registry.Check.
func NewAdam[T tensor.Float](c AdamConfig) Optimizer[T] { return &Adam[T]{registry.MustCheck(c)} }

var adamDefaults = AdamConfig{
	LR: registry.Const(0.001), Beta1: registry.Const(0.9), Beta2: registry.Const(0.999), Eps: registry.Const(1e-8),
}

func init() { Register("adam", adamDefaults, NewAdam[float32], NewAdam[float64]) }

// Slots implements Optimizer.
func (o *Adam[T]) Slots() []string { return []string{"m", "v"} }

// Rates implements Optimizer.
func (o *Adam[T]) Rates() []Rate { return RatesOf(o.config) }

// Folder implements Folder.
func (o *Adam[T]) Folder() Optimizer[T] { return o }

// Update implements Optimizer.
func (o *Adam[T]) Update(u *Update[T]) { adamStep(u, 1) }

// adamStep is a step of Adam on keep·w, in one pass.
func adamStep[T tensor.Float](u *Update[T], keep float64) {
	step := adamNumbers(u, keep)
	fold := folding[T](&u.Fold)
	kernel.Adam(u.Param, u.Grad, u.Slots[0], u.Slots[1], &step, fold.pointer())
}

// adamNumbers returns the numbers of a step on keep·w. The rates are lr, beta1, beta2 and eps.
func adamNumbers[T tensor.Float](u *Update[T], keep float64) kernel.AdamStep[T] {
	lr, beta1, beta2, t := u.Rates[0], u.Rates[1], u.Rates[2], float64(u.Step)
	return kernel.AdamStep[T]{
		Beta1: T(beta1), C1: T(1 - beta1), Beta2: T(beta2), C2: T(1 - beta2),
		Correction: T(1 / math.Sqrt(1-math.Pow(beta2, t))), Eps: T(u.Rates[3]),
		Step: T(lr / (1 - math.Pow(beta1, t))), Keep: T(keep),
	}
}
