package layers

import "github.com/strata-ml/strata/tensor"

// y = x, as a vector        x [any shape], y [size of x]
//
// dx = dy, in the shape of x.

// FlattenConfig is the configuration of flatten.
type FlattenConfig struct {
	_ struct{} `doc:"joins all axes of an example into one, in row-major order"`
}

// Flatten joins all axes of an example into one.
type Flatten[T tensor.Float] struct{}

// NewFlatten returns a flatten layer.
func NewFlatten[T tensor.Float](FlattenConfig) Layer[T] { return Flatten[T]{} }

func init() { Register("flatten", FlattenConfig{}, NewFlatten[float32], NewFlatten[float64]) }

// Build implements Layer.
func (Flatten[T]) Build(b *Builder[T]) error {
	if err := b.OneInput(); err != nil {
		return err
	}
	b.Out(b.In(0).Size())
	b.BackwardReads(false, false)
	b.Reshapes()
	return nil
}

// Forward implements Layer.
func (Flatten[T]) Forward(f *Frame[T]) { tensor.Copy(f.Out(), f.In(0)) }

// Backward implements Layer.
func (Flatten[T]) Backward(f *Frame[T]) { tensor.Copy(f.DIn(0), f.DOut()) }
