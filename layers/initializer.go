package layers

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// An Initializer fills a parameter before training. It is a pure function of the shape and the random source, which is
// keyed by the run's seed and the parameter's path.
type Initializer interface {
	Fill(w []float64, shape tensor.Shape, r tensor.Random)
}

// A Fitting initializer fills some shapes only. Declare returns the error of Fits, with the name of the parameter.
type Fitting interface {
	Fits(shape tensor.Shape) error
}

// Init is a configuration field that names an initializer: `xavier_uniform`, or `{type: normal, std: 0.02}`.
type Init = registry.Choice[Initializer]

// Initializers holds the initializers by name.
var Initializers = registry.New[Initializer]("initializer", registry.Frozen)

// RegisterInitializer adds an initializer under a name. It panics when the name is empty or taken.
func RegisterInitializer[C any](name string, defaults C, build func(C) Initializer) {
	registry.Register(Initializers, name, defaults, build)
}

// Fans returns the number of inputs and outputs that meet in one element of a parameter of shape [… in out], where
// the axes in front are a receptive field that multiplies both. A vector [n] has fans n and n.
func Fans(shape tensor.Shape) (in, out int) {
	switch n := len(shape); n {
	case 0:
		return 1, 1
	case 1:
		return shape[0], shape[0]
	default:
		field := tensor.Shape(shape[:n-2]).Size()
		return field * shape[n-2], field * shape[n-1]
	}
}
