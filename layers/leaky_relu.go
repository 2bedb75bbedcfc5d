package layers

import "github.com/strata-ml/strata/tensor"

// y = x where x > 0, else a·x        x, y [any shape]
//
// dx = dy where x > 0, else a·dy: at the kink the gradient is that of the left side.
//
// Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML 2013.

// LeakyReLUConfig is the configuration of leaky_relu.
type LeakyReLUConfig struct {
	_     struct{} `doc:"the identity on the right of 0, a line of small slope on the left"`
	Slope float64  `doc:"slope on the left of 0"`
}

// LeakyReLU is a rectified linear unit with the slope a on the left of 0.
type LeakyReLU[T tensor.Float] struct{ a T }

// NewLeakyReLU returns a leaky_relu layer.
func NewLeakyReLU[T tensor.Float](c LeakyReLUConfig) Layer[T] { return LeakyReLU[T]{a: T(c.Slope)} }

func init() {
	Register("leaky_relu", LeakyReLUConfig{Slope: 0.01}, NewLeakyReLU[float32], NewLeakyReLU[float64])
}

// Build implements Layer. Backward looks at x, because y does not tell the sides of 0 apart for every slope.
func (LeakyReLU[T]) Build(b *Builder[T]) error {
	b.BackwardReads(true, false)
	return b.SameShape()
}

// Forward implements Layer.
func (l LeakyReLU[T]) Forward(f *Frame[T]) { tensor.LeakyReLU(f.Out(), f.In(0), l.a) }

// Backward implements Layer.
func (l LeakyReLU[T]) Backward(f *Frame[T]) {
	tensor.LeakyReLUBackward(f.DIn(0), f.In(0), f.DOut(), l.a)
}
