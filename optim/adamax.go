package optim

import (
	"math"

	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// Adamax, with the gradient g of step t, learning rate η and ε = eps:
//
//	m ← β₁·m + (1−β₁)·g
//	u ← max(β₂·u, |g| + ε)
//	w ← w − η/(1−β₁ᵗ) · m/u
//
// Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 2; ε is PyTorch's.
//
// Shapes: w, g, m, u [n].

// AdamaxConfig configures adamax.
type AdamaxConfig struct {
	_     struct{}        `doc:"Adamax: Adam with a decaying maximum of the gradient in the place of its mean square"`
	LR    registry.Number `key:"lr" doc:"learning rate" is:">=0" class:"override"`
	Beta1 registry.Number `key:"beta1" doc:"part of the mean of the gradient that a step keeps" is:">=0,<1" class:"override"`
	Beta2 registry.Number `key:"beta2" doc:"part of the maximum of the gradient that a step keeps" is:">=0,<1" class:"override"`
	Eps   registry.Number `doc:"added to the gradient in the maximum that divides, so that it is not zero" is:">0" class:"override"`
}

// Adamax is the second optimizer of Kingma and Ba. Its slots are the running mean m and the decaying maximum u.
type Adamax[T tensor.Float] struct{ config AdamaxConfig }

// NewAdamax returns the optimizer that c describes. It panics unless c passes registry.Check.
func NewAdamax[T tensor.Float](c AdamaxConfig) Optimizer[T] {
	return &Adamax[T]{registry.MustCheck(c)}
}

func init() {
	Register("adamax", AdamaxConfig{
		LR: registry.Const(0.002), Beta1: registry.Const(0.9), Beta2: registry.Const(0.999), Eps: registry.Const(1e-8),
	}, NewAdamax[float32], NewAdamax[float64])
}

// Slots implements Optimizer.
func (o *Adamax[T]) Slots() []string { return []string{"m", "u"} }

// Rates implements Optimizer.
func (o *Adamax[T]) Rates() []Rate { return RatesOf(o.config) }

// Folder implements Folder.
func (o *Adamax[T]) Folder() Optimizer[T] { return o }

// MovesUntouched implements RowUpdater: mean and maximum decay, and move the element, without a gradient.
func (o *Adamax[T]) MovesUntouched() bool { return true }

// Update implements Optimizer.
func (o *Adamax[T]) Update(u *Update[T]) {
	step := kernel.AdamaxStep[T]{
		Beta1: T(u.Rates[1]), C1: T(1 - u.Rates[1]), Beta2: T(u.Rates[2]), Eps: T(u.Rates[3]),
		Step: T(u.Rates[0] / (1 - math.Pow(u.Rates[1], float64(u.Step)))),
	}
	fold := folding[T](&u.Fold)
	kernel.Adamax(u.Param, u.Grad, u.Slots[0], u.Slots[1], &step, fold.pointer())
}
