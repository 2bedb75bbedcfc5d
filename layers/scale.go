package layers

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// y = factor·x        x, y [any shape]
//
// dx = factor·dy

// ScaleConfig is the configuration of scale.
type ScaleConfig struct {
	_      struct{} `doc:"multiplies each element by a number that is not trained"`
	Factor float64  `doc:"what to multiply by, such as -1 in front of a sum for a difference" is:"required"`
}

// Scale multiplies by a constant.
type Scale[T tensor.Float] struct{ c ScaleConfig }

// NewScale returns a scale layer.
func NewScale[T tensor.Float](c ScaleConfig) Layer[T] { return &Scale[T]{c} }

func init() { Register("scale", ScaleConfig{}, NewScale[float32], NewScale[float64]) }

// Build implements Layer.
func (l *Scale[T]) Build(b *Builder[T]) error {
	if err := b.SameShape(); err != nil {
		return err
	}
	b.BackwardReads(false, false)
	return registry.Check(l.c)
}

// Forward implements Layer.
func (l *Scale[T]) Forward(f *Frame[T]) { tensor.ScaleTo(f.Out(), T(l.c.Factor), f.In(0)) }

// Backward implements Layer.
func (l *Scale[T]) Backward(f *Frame[T]) { tensor.ScaleTo(f.DIn(0), T(l.c.Factor), f.DOut()) }
