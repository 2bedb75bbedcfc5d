package layers

import (
	"fmt"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// y = min(max(x, lo), hi)        x, y [any shape]
//
// dx = dy where lo < x < hi, else 0: at the two kinks the gradient is 0.
//
// Collobert, "Large scale machine learning", PhD thesis, Université Paris VI, 2004.

// HardTanhConfig is the configuration of hard_tanh.
type HardTanhConfig struct {
	_   struct{} `doc:"the identity between min and max, constant outside"`
	Min float64  `doc:"smallest output"`
	Max float64  `doc:"largest output"`
}

// Validate returns an error unless Min is below Max.
func (c HardTanhConfig) Validate() error {
	if c.Min < c.Max {
		return nil
	}
	return &registry.FieldError{Key: "min", Err: fmt.Errorf("must be below max %v, is %v", c.Max, c.Min)}
}

// HardTanh clips each element to [lo, hi].
type HardTanh[T tensor.Float] struct {
	c      HardTanhConfig
	lo, hi T
}

// NewHardTanh returns a hard_tanh layer.
func NewHardTanh[T tensor.Float](c HardTanhConfig) Layer[T] {
	return &HardTanh[T]{c: c, lo: T(c.Min), hi: T(c.Max)}
}

func init() {
	Register("hard_tanh", HardTanhConfig{Min: -1, Max: 1}, NewHardTanh[float32], NewHardTanh[float64])
}

// Build implements Layer.
func (l *HardTanh[T]) Build(b *Builder[T]) error {
	if err := b.SameShape(); err != nil {
		return err
	}
	if err := registry.Check(l.c); err != nil {
		return err
	}
	b.BackwardReads(false, true)
	return nil
}

// Forward implements Layer.
func (l *HardTanh[T]) Forward(f *Frame[T]) { tensor.Clip(f.Out(), f.In(0), l.lo, l.hi) }

// Backward implements Layer.
func (l *HardTanh[T]) Backward(f *Frame[T]) {
	tensor.ClipBackward(f.DIn(0), f.Out(), f.DOut(), l.lo, l.hi)
}
