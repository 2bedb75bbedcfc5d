package optim

import (
	"errors"

	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// Stochastic gradient descent with momentum μ and dampening τ, in the form of PyTorch: the learning rate η multiplies
// the velocity v, so a change of η acts at once.
//
//	v ← μ·v + (1−τ)·g            v = g in the first step
//	w ← w − η·v                  Nesterov: w ← w − η·(g + μ·v)
//
// Heavy ball: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964. Nesterov's form:
// Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep learning", ICML 2013.
//
// Shapes: w, g, v [n].

// SGDConfig configures sgd.
type SGDConfig struct {
	_         struct{}        `doc:"stochastic gradient descent, with momentum and Nesterov's variant of it"`
	LR        registry.Number `key:"lr" doc:"learning rate" is:">=0" class:"override"`
	Momentum  registry.Number `doc:"part of the velocity that a step keeps; 0 for plain descent" is:">=0,<1" class:"override"`
	Dampening registry.Number `doc:"part of the gradient that the velocity leaves out; needs momentum" is:">=0,<=1" class:"override"`
	Nesterov  bool            `doc:"step along the gradient plus the momentum of the next step; needs momentum, and no dampening" class:"override"`
}

// Validate implements the check of package registry.
func (c SGDConfig) Validate() error {
	noMomentum := errors.New("needs momentum, which is 0")
	switch {
	case c.Nesterov && isZero(c.Momentum):
		return &registry.FieldError{Key: "nesterov", Err: noMomentum}
	case !isZero(c.Dampening) && isZero(c.Momentum):
		return &registry.FieldError{Key: "dampening", Err: noMomentum}
	case c.Nesterov && !isZero(c.Dampening):
		return &registry.FieldError{Key: "nesterov", Err: errors.New("needs dampening 0, which is " + c.Dampening.String())}
	}
	return nil
}

func isZero(n registry.Number) bool { return n.Schedule == nil && n.Value == 0 }

// SGD is stochastic gradient descent. Its slot is the velocity, called momentum; without momentum it has none.
type SGD[T tensor.Float] struct{ config SGDConfig }

// NewSGD returns the optimizer that c describes. It panics unless c passes registry.Check.
func NewSGD[T tensor.Float](c SGDConfig) Optimizer[T] { return &SGD[T]{registry.MustCheck(c)} }

func init() {
	Register("sgd", SGDConfig{LR: registry.Const(0.01)}, NewSGD[float32], NewSGD[float64])
}

// Slots implements Optimizer.
func (o *SGD[T]) Slots() []string {
	if isZero(o.config.Momentum) {
		return nil
	}
	return []string{"momentum"}
}

// Rates implements Optimizer.
func (o *SGD[T]) Rates() []Rate { return RatesOf(o.config) }

// Folder implements Folder.
func (o *SGD[T]) Folder() Optimizer[T] { return o }

// Update implements Optimizer.
func (o *SGD[T]) Update(u *Update[T]) {
	fold := folding[T](&u.Fold)
	if len(u.Slots) == 0 {
		kernel.SGD(u.Param, u.Grad, T(u.Rates[0]), fold.pointer())
		return
	}
	step := kernel.MomentumStep[T]{LR: T(u.Rates[0]), Mu: T(u.Rates[1]), Take: T(1 - u.Rates[2]), Nesterov: o.config.Nesterov}
	if u.Step == 1 {
		step.Take = 1 // v is zero, so this is v = g
	}
	kernel.Momentum(u.Param, u.Grad, u.Slots[0], &step, fold.pointer())
}
