// Package optim holds the update rules that turn gradients into new parameters: what one is, their registration, the
// built-in ones, one file each; and the regularizers and gradient clipping that shape the gradient before the rule
// sees it.
//
// The gradient that a rule sees is that of the data term plus that of the penalties, clipped. A rule that is a Folder does
// these two on the way, in its own pass over memory; for every other they are done to the gradient before.
//
// The built-in rules keep a mean of gradients, such as Adam's m or a velocity, as 0 where it would be denormal. Otherwise one
// whose gradient stays 0 would never get there where it keeps more than half of itself, since the least number then rounds
// to itself, and arithmetic with it would take several times as long from then on. Lion, whose steps have one size however
// small the mean is, stops there too. Means of squares may be denormal.
package optim

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// An Optimizer is a rule without memory. The arrays that it carries from step to step are its slots: the trainer
// makes them zero, keeps them, saves them under parameter/slot, restores and prints them.
//
// Slots and Rates are constant. Update changes one parameter and its slots in place, and allocates nothing; it may be
// called for several parameters at once.
type Optimizer[T tensor.Float] interface {
	Slots() []string // names, in the order of Update.Slots; each has the shape of the parameter
	Rates() []Rate   // numbers that may follow a schedule, in the order of Update.Rates; the first is the learning rate; see RatesOf
	Update(u *Update[T])
}

// A Rate is a hyperparameter that may change while training.
type Rate struct {
	Name  string
	Value registry.Number
	Range registry.Range // of its values; the zero Range takes every finite number
}

// Check returns an error unless v, the value of a step, is finite and within the range: `momentum must be < 1, is 3`.
func (r Rate) Check(v float64) error { return r.Range.Check(r.Name, v) }

// RatesOf returns the rates of a configuration, a struct: its fields of type registry.Number in their order, each with
// its key and the range of its tag.
func RatesOf(config any) []Rate {
	var rates []Rate
	for _, n := range registry.Numbers(config) {
		rates = append(rates, Rate{n.Key, n.Value, n.Range})
	}
	return rates
}

// An Update is one step of one parameter.
type Update[T tensor.Float] struct {
	Param []T       // changed in place
	Grad  []T       // the gradient, same shape; read-only
	Fold  Fold      // what is still to be done to Grad; always zero for an optimizer that is no Folder
	Slots [][]T     // in the order of Slots, same shape; changed in place
	Rates []float64 // the values of Rates for this step
	Step  int64     // steps of the run including this one, from 1
	Decay float64   // factor of decoupled weight decay for the parameter; 0 where it takes no part
}

// keep returns what decoupled weight decay leaves of a weight, for the decay of the step.
func (u *Update[T]) keep(decay float64) float64 { return 1 - float64(u.Rates[0]*decay*u.Decay) }

// A Decayer is an Optimizer with decoupled weight decay. Its patterns say which parameters decay, as paths like fc1/w;
// see Match.
type Decayer interface{ DecayParams() []string }

// A Part makes an optimizer for either element type. It is what the registry of optimizers holds.
type Part = registry.Pair[Optimizer[float32], Optimizer[float64]]

// Registry holds the optimizers by name.
var Registry = registry.New[Part]("optimizer", "")

// Choice is a configuration field that names an optimizer.
type Choice = registry.Choice[Part]

// Register adds an optimizer under a name: its default configuration and its constructor for each element type. It
// panics when the name is empty or taken.
func Register[C any](name string, defaults C, f32 func(C) Optimizer[float32], f64 func(C) Optimizer[float64]) {
	registry.RegisterPair(Registry, name, defaults, f32, f64)
}

// Make returns an optimizer of element type T.
func Make[T tensor.Float](p Part) Optimizer[T] { return registry.Of[Optimizer[T]](p) }
