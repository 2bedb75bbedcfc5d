package optim

import (
	"path"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// A Regularizer is a penalty on a parameter, added to the loss and reported as its own term.
//
// Penalty returns the term for one parameter. AddGradient adds its gradient with respect to w to dw. Shapes: w, dw [n].
type Regularizer[T tensor.Float] interface {
	Penalty(w []T) float64
	AddGradient(w, dw []T)
}

// A RegularizerPart makes a regularizer for either element type.
type RegularizerPart = registry.Pair[Regularizer[float32], Regularizer[float64]]

// Regularizers holds the regularizers by name.
var Regularizers = registry.New[RegularizerPart]("regularizer")

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
