package optim

import (
	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// Adadelta, with the gradient g, learning rate η and ε = eps:
//
//	v ← ρ·v + (1−ρ)·g²
//	Δ = √(u + ε)/√(v + ε) · g
//	u ← ρ·u + (1−ρ)·Δ²
//	w ← w − η·Δ
//
// Steps have the units of the weights, so η = 1 is the method as it was published: Zeiler, "Adadelta: an adaptive learning
// rate method", 2012, algorithm 1.
//
// Shapes: w, g, v, u [n].

// AdadeltaConfig configures adadelta.
type AdadeltaConfig struct {
	_   struct{}        `doc:"Adadelta: steps of the size of past steps, divided by that of past gradients"`
	LR  registry.Number `key:"lr" doc:"factor of the step" is:">=0" class:"override"`
	Rho registry.Number `doc:"part of the means that a step keeps" is:">=0,<1" class:"override"`
	Eps registry.Number `doc:"added to both means under their roots; it sets the size of the first steps" is:">0" class:"override"`
}

// Adadelta is the optimizer of Zeiler. Its slots are the running means of the squared gradient, v, and of the squared step,
// u.
type Adadelta[T tensor.Float] struct{ config AdadeltaConfig }

// NewAdadelta returns the optimizer that c describes. It panics unless c passes registry.Check.
func NewAdadelta[T tensor.Float](c AdadeltaConfig) Optimizer[T] {
	return &Adadelta[T]{registry.MustCheck(c)}
}

func init() {
	Register("adadelta", AdadeltaConfig{
		LR: registry.Const(1), Rho: registry.Const(0.9), Eps: registry.Const(1e-6),
	}, NewAdadelta[float32], NewAdadelta[float64])
}

// Slots implements Optimizer.
func (o *Adadelta[T]) Slots() []string { return []string{"v", "u"} }

// Rates implements Optimizer.
func (o *Adadelta[T]) Rates() []Rate { return RatesOf(o.config) }

// Folder implements Folder.
func (o *Adadelta[T]) Folder() Optimizer[T] { return o }

// MovesUntouched implements RowUpdater: both means decay without a gradient.
func (o *Adadelta[T]) MovesUntouched() bool { return true }

// Update implements Optimizer.
func (o *Adadelta[T]) Update(u *Update[T]) {
	step := kernel.AdadeltaStep[T]{LR: T(u.Rates[0]), Rho: T(u.Rates[1]), Take: T(1 - u.Rates[1]), Eps: T(u.Rates[2])}
	fold := folding[T](&u.Fold)
	kernel.Adadelta(u.Param, u.Grad, u.Slots[0], u.Slots[1], &step, fold.pointer())
}
