package optim

import (
	"path"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// A Regularizer is a penalty on a parameter, added to the loss and reported as its own term. Like an Optimizer it is a rule
// without memory, and is given the values that its Rates have in the step.
//
// Rates is constant. Penalty returns the term for one parameter. AddGradient adds its gradient with respect to w to dw.
// Shapes: w, dw [n].
type Regularizer[T tensor.Float] interface {
	Rates() []Rate // numbers that may follow a schedule, in the order of rates; see RatesOf
	Penalty(w []T, rates []float64) float64
	AddGradient(w, dw []T, rates []float64)
}

// A Projector is a Regularizer that changes the parameter itself, after each update: a proximal step or a constraint. Where
// a parameter has several, they act in the order in which the run lists them.
//
// Project allocates nothing. ByRows reports whether Project treats each row of a matrix by itself, so that it can be given
// the rows of a table that a step touched, one after the other, instead of the whole.
type Projector[T tensor.Float] interface {
	Regularizer[T]
	Project(w []T, p Projection)
	ByRows() bool
}

// A Projection is what a Projector needs to know of a step.
type Projection struct {
	Shape tensor.Shape // of w; [1 width] for a row of a table
	LR    float64      // learning rate that the parameter was updated with
	Rates []float64    // the values of Rates for this step
}

// A RegularizerPart makes a regularizer for either element type.
type RegularizerPart = registry.Pair[Regularizer[float32], Regularizer[float64]]

// Regularizers holds the regularizers by name.
var Regularizers = registry.New[RegularizerPart]("regularizer", "")

// RegularizerChoice is a configuration field that names a regularizer.
type RegularizerChoice = registry.Choice[RegularizerPart]

// RegisterRegularizer adds a regularizer under a name. It panics when the name is empty or taken.
func RegisterRegularizer[C any](name string, defaults C, f32 func(C) Regularizer[float32], f64 func(C) Regularizer[float64]) {
	registry.RegisterPair(Regularizers, name, defaults, f32, f64)
}

// MakeRegularizer returns a regularizer of element type T.
func MakeRegularizer[T tensor.Float](p RegularizerPart) Regularizer[T] {
	return registry.Of[Regularizer[T]](p)
}

// Match reports whether a parameter path, such as fc1/w, matches one of the patterns: `*/w` is every weight, `fc1/*`
// all of one node, `*/*` everything. The syntax is that of path.Match; a malformed pattern is its error.
func Match(patterns []string, param string) (bool, error) {
	for _, p := range patterns {
		if ok, err := path.Match(p, param); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}
