// Package loss holds the functions that training makes small: what one is, their registration, and the built-in ones,
// one file each.
package loss

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// A Loss scores predictions against targets.
//
// Build runs once, before the first batch, and returns an error when predictions of shape pred (one row) cannot be
// scored against targets of that spec. After Build a Loss is read-only and may be used by several goroutines.
//
// Eval returns the sum of the losses of all rows, and the total weight that the sum is divided by to give the mean:
// the number of rows, or the sum of the class weights of the targets. The loss of several batches is Σ sum / Σ weight.
// Where dpred is not nil, Eval sets every element of it to the gradient of sum/weight with respect to pred. It writes
// to nothing else and allocates nothing. A batch in which no target counts has sum, weight and gradient 0. Shapes: pred
// and dpred [rows, pred…], target as its spec says. Package losstest checks a loss against this contract.
type Loss[T tensor.Float] interface {
	Build(pred tensor.Shape, target tensor.Spec) error
	Eval(pred []T, target tensor.Values[T], rows int, dpred []T) (sum, weight float64)
}

// A Part makes a loss for either element type. It is what the registry of losses holds.
type Part = registry.Pair[Loss[float32], Loss[float64]]

// Registry holds the losses by name.
var Registry = registry.New[Part]("loss", registry.Frozen)

// Choice is a configuration field that names a loss.
type Choice = registry.Choice[Part]

// Register adds a loss under a name: its default configuration and its constructor for each element type. It panics
// when the name is empty or taken.
func Register[C any](name string, defaults C, f32 func(C) Loss[float32], f64 func(C) Loss[float64]) {
	registry.RegisterPair(Registry, name, defaults, f32, f64)
}

// Make returns a loss of element type T.
func Make[T tensor.Float](p Part) Loss[T] { return registry.Of[Loss[T]](p) }

// An Ignorer is a loss that may leave targets out. Ignored returns the class of those, nil where all count.
type Ignorer interface{ Ignored() *int }

// Scored returns the targets as metrics have to see them: without those that the loss leaves out.
func Scored[T tensor.Float](l Loss[T], target tensor.Spec) tensor.Spec {
	if i, ok := l.(Ignorer); ok {
		target.Ignored = i.Ignored()
	}
	return target
}

// A Probabilistic loss scores logits. Probabilities turns them into the probabilities that they stand for, in place.
// Shape: pred [rows, shape…].
type Probabilistic[T tensor.Float] interface {
	Probabilities(pred []T, shape tensor.Shape)
}
