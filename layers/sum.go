package layers

import "github.com/strata-ml/strata/tensor"

// y = Σ_i x_i        x_i, y [any shape], all equal
//
// dx_i = dy: the gate hands its gradient on to every input.

// SumConfig is the configuration of sum.
type SumConfig struct {
	_ struct{} `doc:"adds two or more inputs of equal shape"`
}

// Sum adds its inputs.
type Sum[T tensor.Float] struct{ inputs int }

// NewSum returns a sum layer.
func NewSum[T tensor.Float](SumConfig) Layer[T] { return &Sum[T]{} }

func init() { Register("sum", SumConfig{}, NewSum[float32], NewSum[float64]) }

// Build implements Layer.
func (l *Sum[T]) Build(b *Builder[T]) error {
	l.inputs = b.NumIn()
	b.BackwardReads(false, false)
	return buildElementwise(b)
}

// Forward implements Layer.
func (l *Sum[T]) Forward(f *Frame[T]) {
	y := f.Out()
	tensor.Copy(y, f.In(0))
	for i := 1; i < l.inputs; i++ {
		tensor.AddTo(y, f.In(i))
	}
}

// Backward implements Layer.
func (l *Sum[T]) Backward(f *Frame[T]) {
	for i := range l.inputs {
		tensor.Copy(f.DIn(i), f.DOut())
	}
}
