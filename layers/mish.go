package layers

import "github.com/strata-ml/strata/tensor"

// y = x·tanh(log(1 + eˣ))        x, y [any shape]
//
// dx = dy·(t + x·(1 − t²)·σ(x)), t = tanh(log(1 + eˣ))
//
// Misra, "Mish: a self regularized non-monotonic activation function", BMVC 2020.

// MishConfig is the configuration of mish.
type MishConfig struct {
	_ struct{} `doc:"each element times the tanh of its softplus"`
}

// Mish is the product of each element and the hyperbolic tangent of its softplus.
type Mish[T tensor.Float] struct{}

// NewMish returns a mish layer.
func NewMish[T tensor.Float](MishConfig) Layer[T] { return Mish[T]{} }

func init() { Register("mish", MishConfig{}, NewMish[float32], NewMish[float64]) }

// Build implements Layer.
func (Mish[T]) Build(b *Builder[T]) error {
	b.BackwardReads(true, false)
	return b.SameShape()
}

// Forward implements Layer.
func (Mish[T]) Forward(f *Frame[T]) { tensor.Mish(f.Out(), f.In(0)) }

// Backward implements Layer.
func (Mish[T]) Backward(f *Frame[T]) { tensor.MishBackward(f.DIn(0), f.In(0), f.DOut()) }
