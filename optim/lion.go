package optim

import (
	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// Lion, with the gradient g, learning rate η and decoupled weight decay λ:
//
//	w ← (1 − η·λ)·w − η·sign(β₁·m + (1−β₁)·g)        sign(0) = 0
//	m ← β₂·m + (1−β₂)·g
//
// Every element moves by η, so rates are to be smaller than Adam's, by a factor of 3 to 10, and λ larger by it. Chen and
// others, "Symbolic discovery of optimization algorithms", NeurIPS 2023, program 1.
//
// Shapes: w, g, m [n].

// LionConfig configures lion.
type LionConfig struct {
	_           struct{}        `doc:"Lion: steps of one size along the sign of a running mean of the gradient"`
	LR          registry.Number `key:"lr" doc:"learning rate: how far each weight moves" is:">=0" class:"override"`
	Beta1       registry.Number `key:"beta1" doc:"part of the direction that is the mean of the gradient, and not the gradient" is:">=0,<1" class:"override"`
	Beta2       registry.Number `key:"beta2" doc:"part of the mean of the gradient that a step keeps" is:">=0,<1" class:"override"`
	WeightDecay registry.Number `doc:"part of a weight that a step takes away, times lr" is:">=0" class:"override"`
	DecayParams []string        `doc:"parameters that decay, as patterns like */w" class:"override"`
}

// Validate implements the check of package registry.
func (c LionConfig) Validate() error { return checkDecayParams(c.DecayParams) }

// Lion is the optimizer of Chen and others. Its slot is the running mean m. It is a Decayer.
type Lion[T tensor.Float] struct{ config LionConfig }

// NewLion returns the optimizer that c describes. It panics unless c passes registry.Check.
func NewLion[T tensor.Float](c LionConfig) Optimizer[T] { return &Lion[T]{registry.MustCheck(c)} }

func init() {
	Register("lion", LionConfig{
		LR: registry.Const(1e-4), Beta1: registry.Const(0.9), Beta2: registry.Const(0.99), WeightDecay: registry.Const(0), DecayParams: []string{"*/w"},
	}, NewLion[float32], NewLion[float64])
}

// Slots implements Optimizer.
func (o *Lion[T]) Slots() []string { return []string{"m"} }

// Rates implements Optimizer.
func (o *Lion[T]) Rates() []Rate { return RatesOf(o.config) }

// DecayParams implements Decayer.
func (o *Lion[T]) DecayParams() []string { return o.config.DecayParams }

// Folder implements Folder.
func (o *Lion[T]) Folder() Optimizer[T] { return o }

// MovesUntouched implements RowUpdater: the sign of the mean moves the element without a gradient.
func (o *Lion[T]) MovesUntouched() bool { return true }

// Update implements Optimizer.
func (o *Lion[T]) Update(u *Update[T]) {
	step := kernel.LionStep[T]{
		LR: T(u.Rates[0]), Beta1: T(u.Rates[1]), C1: T(1 - u.Rates[1]), Beta2: T(u.Rates[2]), C2: T(1 - u.Rates[2]),
		Keep: T(u.keep(u.Rates[3])),
	}
	fold := folding[T](&u.Fold)
	kernel.Lion(u.Param, u.Grad, u.Slots[0], &step, fold.pointer())
}
