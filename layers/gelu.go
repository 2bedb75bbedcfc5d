package layers

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// y = x·Φ(x), Φ the normal distribution function        x, y [any shape]
//
// dx = dy·(Φ(x) + x·φ(x)), φ the normal density. With the approximation, Φ(x) is (1 + tanh(√(2/π)(x + 0.044715x³)))/2.
//
// Hendrycks and Gimpel, "Gaussian error linear units (GELUs)", arXiv:1606.08415.

// GELUConfig is the configuration of gelu.
type GELUConfig struct {
	_           struct{} `doc:"each element times the probability that a normal number is below it"`
	Approximate string   `doc:"exact by the error function (none), or by a tanh, as older models were trained with" is:"one of none|tanh"`
}

// GELU is the Gaussian error linear unit.
type GELU[T tensor.Float] struct{ c GELUConfig }

// NewGELU returns a gelu layer. Where Approximate is empty, it is exact.
func NewGELU[T tensor.Float](c GELUConfig) Layer[T] { return &GELU[T]{c} }

func init() { Register("gelu", GELUConfig{Approximate: "none"}, NewGELU[float32], NewGELU[float64]) }

// Build implements Layer.
func (l *GELU[T]) Build(b *Builder[T]) error {
	if err := b.SameShape(); err != nil {
		return err
	}
	b.BackwardReads(true, false)
	return registry.Check(l.c)
}

// Forward implements Layer.
func (l *GELU[T]) Forward(f *Frame[T]) {
	if l.c.Approximate == "tanh" {
		tensor.GELUTanh(f.Out(), f.In(0))
	} else {
		tensor.GELU(f.Out(), f.In(0))
	}
}

// Backward implements Layer.
func (l *GELU[T]) Backward(f *Frame[T]) {
	if l.c.Approximate == "tanh" {
		tensor.GELUTanhBackward(f.DIn(0), f.In(0), f.DOut())
	} else {
		tensor.GELUBackward(f.DIn(0), f.In(0), f.DOut())
	}
}
