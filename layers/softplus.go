package layers

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// y = log(1 + e^βx)/β, and x where βx > threshold        x, y [any shape]
//
// dx = dy·σ(βx), and dy where βx > threshold. With z = βx and u = e^−|z|,
//
//	log(1 + e^z) = max(z, 0) + log(1 + u)
//	log(1 + u)   = log(w)·u/(w − 1), w = 1 + u        or u where w rounds to 1
//
// The factor undoes the rounding of w (Kahan), so that the left tail keeps its precision.
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
	u               ScratchID // e^−|βx|
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
	l.u = b.Scratch(b.In(0).Size())
	b.BackwardReads(true, false)
	return registry.Check(l.c)
}

// Forward implements Layer.
func (l *Softplus[T]) Forward(f *Frame[T]) {
	x, y, u := f.In(0), f.Out(), f.Scratch(l.u)
	tensor.ScaleTo(u, l.beta, x)
	expMinusAbs(u, u)
	for i, e := range u {
		y[i] = 1 + e
	}
	tensor.Log(y, y)
	for i, v := range x {
		z := l.beta * v
		if z > l.threshold {
			y[i] = v
			continue
		}
		log := u[i]
		if w := 1 + u[i]; w != 1 {
			log = T(y[i] * (u[i] / (w - 1)))
		}
		y[i] = (max(z, 0) + log) / l.beta
	}
}

// Backward implements Layer.
func (l *Softplus[T]) Backward(f *Frame[T]) {
	x, u, dx, dy := f.In(0), f.Scratch(l.u), f.DIn(0), f.DOut()
	for i, v := range x {
		switch z := l.beta * v; {
		case z > l.threshold:
			dx[i] = dy[i]
		case z < 0:
			dx[i] = dy[i] * (u[i] / (1 + u[i]))
		default:
			dx[i] = dy[i] / (1 + u[i])
		}
	}
}
