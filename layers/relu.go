package layers

import "github.com/strata-ml/strata/tensor"

// y = max(x, 0)        x, y [any shape]
//
// dx = dy where x > 0, else 0: at the kink the gradient is 0.
//
// Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010.

// ReLUConfig is the configuration of relu.
type ReLUConfig struct {
	_ struct{} `doc:"rectified linear unit: the positive part of each element"`
}

// ReLU is the positive part of each element.
type ReLU[T tensor.Float] struct{}

// NewReLU returns a relu layer.
func NewReLU[T tensor.Float](ReLUConfig) Layer[T] { return ReLU[T]{} }

func init() { Register("relu", ReLUConfig{}, NewReLU[float32], NewReLU[float64]) }

// Build implements Layer.
func (ReLU[T]) Build(b *Builder[T]) error {
	b.BackwardReads(false, true)
	return b.SameShape()
}

// Forward implements Layer.
func (ReLU[T]) Forward(f *Frame[T]) { tensor.ReLU(f.Out(), f.In(0)) }

// Backward implements Layer.
func (ReLU[T]) Backward(f *Frame[T]) { tensor.ReLUBackward(f.DIn(0), f.Out(), f.DOut()) }
