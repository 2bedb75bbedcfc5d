package layers

import (
	"math"

	"github.com/strata-ml/strata/tensor"
)

// y = x/(1 + |x|)        x, y [any shape]
//
// dx = dy/(1 + |x|)²
//
// Bergstra, Desjardins, Lamblin and Bengio, "Quadratic polynomials learn better image features", technical report 1337,
// Université de Montréal, 2009.

// SoftsignConfig is the configuration of softsign.
type SoftsignConfig struct {
	_ struct{} `doc:"x/(1 + |x|): like tanh, with tails that reach -1 and 1 slowly"`
}

// Softsign is a sigmoid between -1 and 1 with polynomial tails.
type Softsign[T tensor.Float] struct{}

// NewSoftsign returns a softsign layer.
func NewSoftsign[T tensor.Float](SoftsignConfig) Layer[T] { return Softsign[T]{} }

func init() { Register("softsign", SoftsignConfig{}, NewSoftsign[float32], NewSoftsign[float64]) }

// Build implements Layer.
func (Softsign[T]) Build(b *Builder[T]) error {
	b.BackwardReads(true, false)
	return b.SameShape()
}

// Forward implements Layer.
func (Softsign[T]) Forward(f *Frame[T]) {
	y := f.Out()
	for i, x := range f.In(0) {
		switch { // what the quotient rounds to, where it is not ∞/∞
		case x > math.MaxFloat32:
			y[i] = 1
		case x < -math.MaxFloat32:
			y[i] = -1
		default:
			y[i] = x / (1 + T(math.Abs(float64(x))))
		}
	}
}

// Backward implements Layer.
func (Softsign[T]) Backward(f *Frame[T]) {
	dx, dy := f.DIn(0), f.DOut()
	for i, x := range f.In(0) {
		slope := 1 / (1 + T(math.Abs(float64(x))))
		dx[i] = dy[i] * (slope * slope)
	}
}
