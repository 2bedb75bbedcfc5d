package layers

import "github.com/strata-ml/strata/tensor"

// y = Π_i x_i, element by element        x_i, y [any shape], all equal
//
// dx_i = dy ⊙ Π_{j≠i} x_j: the gate switches the values of its inputs. The product of the others is taken anew, because
// y/x_i is undefined where x_i is 0.

// MulConfig is the configuration of mul.
type MulConfig struct {
	_ struct{} `doc:"multiplies two or more inputs of equal shape, element by element"`
}

// Mul multiplies its inputs element by element.
type Mul[T tensor.Float] struct{ inputs int }

// NewMul returns a mul layer.
func NewMul[T tensor.Float](MulConfig) Layer[T] { return &Mul[T]{} }

func init() { Register("mul", MulConfig{}, NewMul[float32], NewMul[float64]) }

// Build implements Layer.
func (l *Mul[T]) Build(b *Builder[T]) error {
	l.inputs = b.NumIn()
	b.BackwardReads(true, false)
	return buildElementwise(b)
}

// Forward implements Layer.
func (l *Mul[T]) Forward(f *Frame[T]) {
	y := f.Out()
	tensor.Copy(y, f.In(0))
	for i := 1; i < l.inputs; i++ {
		tensor.Mul(y, y, f.In(i))
	}
}

// Backward implements Layer.
func (l *Mul[T]) Backward(f *Frame[T]) {
	for i := range l.inputs {
		dx := f.DIn(i)
		tensor.Copy(dx, f.DOut())
		for j := range l.inputs {
			if j != i {
				tensor.Mul(dx, dx, f.In(j))
			}
		}
	}
}
