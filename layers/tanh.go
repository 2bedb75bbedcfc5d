package layers

import "github.com/strata-ml/strata/tensor"

// y = tanh x        x, y [any shape]
//
// dx = dy·(1 − y²)

// TanhConfig is the configuration of tanh.
type TanhConfig struct {
	_ struct{} `doc:"hyperbolic tangent of each element"`
}

// Tanh is the hyperbolic tangent of each element.
type Tanh[T tensor.Float] struct{}

// NewTanh returns a tanh layer.
func NewTanh[T tensor.Float](TanhConfig) Layer[T] { return Tanh[T]{} }

func init() { Register("tanh", TanhConfig{}, NewTanh[float32], NewTanh[float64]) }

// Build implements Layer.
func (Tanh[T]) Build(b *Builder[T]) error {
	b.BackwardReads(false, true)
	return b.SameShape()
}

// Forward implements Layer.
func (Tanh[T]) Forward(f *Frame[T]) { tensor.Tanh(f.Out(), f.In(0)) }

// Backward implements Layer.
func (Tanh[T]) Backward(f *Frame[T]) { tensor.TanhBackward(f.DIn(0), f.Out(), f.DOut()) }
