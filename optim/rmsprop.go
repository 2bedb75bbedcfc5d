package optim

import (
	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// RMSprop, with the gradient g, learning rate η, ε = eps and momentum μ:
//
//	v ← ρ·v + (1−ρ)·g²
//	m ← ρ·m + (1−ρ)·g            centered alone
//	d = √v + ε                   centered: √max(v − m², 0) + ε
//	b ← μ·b + g/d                without momentum b = g/d
//	w ← w − η·b
//
// v − m² is a variance; rounding can take it a little below 0, where it stands for 0. Tieleman and Hinton, "Lecture 6.5:
// RMSProp", 2012; centered and with momentum: Graves, "Generating sequences with recurrent neural networks", 2013,
// equations 38 to 45, but with ε outside of the root, as in PyTorch.
//
// Shapes: w, g, v, m, b [n].

// RMSpropConfig configures rmsprop.
type RMSpropConfig struct {
	_        struct{}        `doc:"RMSprop: steps divided by the root of a running mean of the squared gradient"`
	LR       registry.Number `key:"lr" doc:"learning rate" is:">=0" class:"override"`
	Rho      registry.Number `doc:"part of the means that a step keeps" is:">=0,<1" class:"override"`
	Eps      registry.Number `doc:"added to the root that divides, so that it is not zero" is:">0" class:"override"`
	Momentum registry.Number `doc:"part of the velocity that a step keeps; 0 for none" is:">=0,<1" class:"override"`
	Centered bool            `doc:"divide by the root of the variance of the gradient instead of that of its mean square" class:"frozen"`
}

// RMSprop is the optimizer of Tieleman and Hinton. Its slots are the mean square v, the mean m where it is centered, and the
// velocity, called momentum, where it has momentum.
type RMSprop[T tensor.Float] struct{ config RMSpropConfig }

// NewRMSprop returns the optimizer that c describes. It panics unless c passes registry.Check.
func NewRMSprop[T tensor.Float](c RMSpropConfig) Optimizer[T] {
	return &RMSprop[T]{registry.MustCheck(c)}
}

func init() {
	Register("rmsprop", RMSpropConfig{
		LR: registry.Const(0.01), Rho: registry.Const(0.99), Eps: registry.Const(1e-8),
	}, NewRMSprop[float32], NewRMSprop[float64])
}

// Slots implements Optimizer.
func (o *RMSprop[T]) Slots() []string {
	slots := []string{"v"}
	if o.config.Centered {
		slots = append(slots, "m")
	}
	if !isZero(o.config.Momentum) {
		slots = append(slots, "momentum")
	}
	return slots
}

// Rates implements Optimizer.
func (o *RMSprop[T]) Rates() []Rate { return RatesOf(o.config) }

// Folder implements Folder.
func (o *RMSprop[T]) Folder() Optimizer[T] { return o }

// MovesUntouched implements RowUpdater: the mean square decays without a gradient, and a velocity moves on.
func (o *RMSprop[T]) MovesUntouched() bool { return true }

// Update implements Optimizer.
func (o *RMSprop[T]) Update(u *Update[T]) {
	step := kernel.RMSpropStep[T]{
		LR: T(u.Rates[0]), Rho: T(u.Rates[1]), Take: T(1 - u.Rates[1]), Eps: T(u.Rates[2]), Mu: T(u.Rates[3]),
	}
	fold := folding[T](&u.Fold)
	var m, b []T
	slots := u.Slots[1:]
	if o.config.Centered {
		m, slots = slots[0], slots[1:]
	}
	if len(slots) > 0 {
		b = slots[0]
	}
	kernel.RMSprop(u.Param, u.Grad, u.Slots[0], m, b, &step, fold.pointer())
}
