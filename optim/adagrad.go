package optim

import (
	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// Adagrad, with the gradient g, learning rate η, ε = eps and s₀ = initial:
//
//	s ← s + g²
//	w ← w − η·g / (√(s₀ + s) + ε)
//
// Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization", JMLR 2011. What
// other programs call lr_decay is the schedule inverse_time of lr.
//
// Shapes: w, g, s [n].

// AdagradConfig configures adagrad.
type AdagradConfig struct {
	_       struct{}        `doc:"Adagrad: steps divided by the root of the sum of all squared gradients; rare features keep large steps"`
	LR      registry.Number `key:"lr" doc:"learning rate" is:">=0" class:"override"`
	Eps     registry.Number `doc:"added to the root that divides, so that it is not zero" is:">0" class:"override"`
	Initial float64         `doc:"what the sum of the squared gradients begins with; it makes the first steps smaller" is:">=0" class:"frozen"`
}

// Adagrad is the optimizer of Duchi, Hazan and Singer. Its slot is the sum of the squared gradients, without what it
// begins with.
type Adagrad[T tensor.Float] struct{ config AdagradConfig }

// NewAdagrad returns the optimizer that c describes. It panics unless c passes registry.Check.
func NewAdagrad[T tensor.Float](c AdagradConfig) Optimizer[T] {
	return &Adagrad[T]{registry.MustCheck(c)}
}

func init() {
	Register("adagrad", AdagradConfig{LR: registry.Const(0.01), Eps: registry.Const(1e-10)}, NewAdagrad[float32], NewAdagrad[float64])
}

// Slots implements Optimizer.
func (o *Adagrad[T]) Slots() []string { return []string{"sum"} }

// Rates implements Optimizer.
func (o *Adagrad[T]) Rates() []Rate { return RatesOf(o.config) }

// Folder implements Folder.
func (o *Adagrad[T]) Folder() Optimizer[T] { return o }

// MovesUntouched implements RowUpdater: without a gradient neither the sum nor the element changes.
func (o *Adagrad[T]) MovesUntouched() bool { return false }

// Update implements Optimizer.
func (o *Adagrad[T]) Update(u *Update[T]) {
	step := kernel.AdagradStep[T]{LR: T(u.Rates[0]), Eps: T(u.Rates[1]), Initial: T(o.config.Initial)}
	fold := folding[T](&u.Fold)
	kernel.Adagrad(u.Param, u.Grad, u.Slots[0], &step, fold.pointer())
}
