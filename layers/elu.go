package layers

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// y = x where x > 0, else α·(eˣ − 1)        x, y [any shape]
//
// dx = dy where x > 0, else α·eˣ·dy: at the kink that α ≠ 1 has, the gradient is that of the left side.
//
// Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential linear units (ELUs)",
// ICLR 2016.

// ELUConfig is the configuration of elu.
type ELUConfig struct {
	_     struct{} `doc:"the identity on the right of 0, an exponential that ends at -alpha on the left"`
	Alpha float64  `doc:"how far below 0 the left side ends" is:">=0"`
}

// ELU is an exponential linear unit: scale·x on the right of 0, scale·α·(eˣ − 1) on the left.
type ELU[T tensor.Float] struct {
	c        ELUConfig
	scale, a T // a = scale·α
}

// NewELU returns an elu layer.
func NewELU[T tensor.Float](c ELUConfig) Layer[T] { return &ELU[T]{c: c, scale: 1, a: T(c.Alpha)} }

func init() { Register("elu", ELUConfig{Alpha: 1}, NewELU[float32], NewELU[float64]) }

// Build implements Layer.
func (l *ELU[T]) Build(b *Builder[T]) error {
	if err := b.SameShape(); err != nil {
		return err
	}
	b.BackwardReads(true, false)
	return registry.Check(l.c)
}

// Forward implements Layer.
func (l *ELU[T]) Forward(f *Frame[T]) { tensor.ELU(f.Out(), f.In(0), l.scale, l.a) }

// Backward implements Layer.
func (l *ELU[T]) Backward(f *Frame[T]) {
	tensor.ELUBackward(f.DIn(0), f.In(0), f.DOut(), l.scale, l.a)
}
