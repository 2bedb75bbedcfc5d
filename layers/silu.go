package layers

import "github.com/strata-ml/strata/tensor"

// y = x·σ(x)        x, y [any shape]
//
// dx = dy·(s + x·s·(1 − s)), s = σ(x)
//
// Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units for neural network function approximation in reinforcement
// learning", Neural Networks 107, 2018.

// SiLUConfig is the configuration of silu.
type SiLUConfig struct {
	_ struct{} `doc:"each element times its logistic function; also called swish"`
}

// SiLU is the sigmoid-weighted linear unit.
type SiLU[T tensor.Float] struct{}

// NewSiLU returns a silu layer.
func NewSiLU[T tensor.Float](SiLUConfig) Layer[T] { return SiLU[T]{} }

func init() { Register("silu", SiLUConfig{}, NewSiLU[float32], NewSiLU[float64]) }

// Build implements Layer.
func (SiLU[T]) Build(b *Builder[T]) error {
	b.BackwardReads(true, false)
	return b.SameShape()
}

// Forward implements Layer.
func (SiLU[T]) Forward(f *Frame[T]) { tensor.SiLU(f.Out(), f.In(0)) }

// Backward implements Layer.
func (SiLU[T]) Backward(f *Frame[T]) { tensor.SiLUBackward(f.DIn(0), f.In(0), f.DOut()) }
