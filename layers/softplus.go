package layers

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// y = log(1 + e^βx)/β, and x where βx > threshold        x, y [any shape]
//
// dx = dy·σ(βx), and dy where βx > threshold
//
// Dugas, Bengio, Bélisle, Nadeau and Garcia, "Incorporating second-order functional knowledge for better option
// pricing", NIPS 2000.

// SoftplusConfig is the configuration of softplus.
type SoftplusConfig struct {
	_         struct{} `doc:"a smooth relu: log(1 + e^(beta*x))/beta"`
	Beta      float64  `doc:"sharpness of the bend" is:">0"`
	Threshold float64  `doc:"beta*x from which on it is the identity" is:">0"`
}

// Softplus is a smooth rectifier.
type Softplus[T tensor.Float] struct {
	c               SoftplusConfig
	beta, threshold T
}

// NewSoftplus returns a softplus layer.
func NewSoftplus[T tensor.Float](c SoftplusConfig) Layer[T] {
	return &Softplus[T]{c: c, beta: T(c.Beta), threshold: T(c.Threshold)}
}

func init() {
	Register("softplus", SoftplusConfig{Beta: 1, Threshold: 20}, NewSoftplus[float32], NewSoftplus[float64])
}

// Build implements Layer.
func (l *Softplus[T]) Build(b *Builder[T]) error {
	if err := b.SameShape(); err != nil {
		return err
	}
	b.BackwardReads(true, false)
	return registry.Check(l.c)
}

// Forward implements Layer.
func (l *Softplus[T]) Forward(f *Frame[T]) {
	tensor.Softplus(f.Out(), f.In(0), l.beta, l.threshold)
}

// Backward implements Layer.
func (l *Softplus[T]) Backward(f *Frame[T]) {
	tensor.SoftplusBackward(f.DIn(0), f.In(0), f.DOut(), l.beta, l.threshold)
}
