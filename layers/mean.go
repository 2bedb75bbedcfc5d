package layers

import (
	"fmt"
	"slices"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// y = Σ_i x_i / n over n inputs, element by element        x_i, y [any shape], all equal
// y = Σ_k x[…, k, …] / n over an axis of extent n         x [any shape], y [the same without the axis]
//
// dx = dy/n at each of the n.

// MeanConfig is the configuration of mean.
type MeanConfig struct {
	_    struct{} `doc:"mean of two or more inputs of equal shape, element by element, or, where axis is set, of one input over that axis"`
	Axis *int     `doc:"axis of an example, counted from 0, that the mean is taken over and leaves out; -1 is the last one; none takes the mean of several inputs"`
}

// Mean is the mean of its inputs, or of one input over an axis.
type Mean[T tensor.Float] struct {
	c      MeanConfig
	inputs int
	view   axisView
}

// NewMean returns a mean layer.
func NewMean[T tensor.Float](c MeanConfig) Layer[T] { return &Mean[T]{c: c} }

func init() { Register("mean", MeanConfig{}, NewMean[float32], NewMean[float64]) }

// Build implements Layer.
func (l *Mean[T]) Build(b *Builder[T]) error {
	b.BackwardReads(false, false)
	l.inputs = b.NumIn()
	switch {
	case l.c.Axis != nil:
	case l.inputs < 2:
		return fmt.Errorf("takes two inputs or more, or one and an axis, has %d", l.inputs)
	default:
		return buildElementwise(b)
	}
	if err := b.OneInput(); err != nil {
		return &registry.FieldError{Key: "axis", Err: err}
	}
	view, axis, err := viewAxis(b.In(0), *l.c.Axis)
	if err != nil {
		return err
	}
	l.view = view
	b.Out(slices.Delete(slices.Clone(b.In(0)), axis, axis+1)...)
	b.FLOPs(b.In(0).Size())
	return nil
}

// Forward implements Layer.
func (l *Mean[T]) Forward(f *Frame[T]) {
	y := f.Out()
	if l.c.Axis != nil {
		sumAxis(l.view, y, f.In(0))
		divide(y, T(l.view.n))
		return
	}
	tensor.Copy(y, f.In(0))
	for i := 1; i < l.inputs; i++ {
		tensor.AddTo(y, f.In(i))
	}
	divide(y, T(l.inputs))
}

// Backward implements Layer.
func (l *Mean[T]) Backward(f *Frame[T]) {
	if l.c.Axis != nil {
		spreadAxis(l.view, f.DIn(0), f.DOut())
		divide(f.DIn(0), T(l.view.n))
		return
	}
	for i := range l.inputs {
		tensor.Copy(f.DIn(i), f.DOut())
		divide(f.DIn(i), T(l.inputs))
	}
}

// divide computes x /= n, rounded once: a product with 1/n is rounded twice, and five fives may have another mean than 5.
func divide[T tensor.Float](x []T, n T) {
	for i := range x {
		x[i] /= n
	}
}
