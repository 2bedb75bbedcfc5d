package layers

import (
	"fmt"
	"slices"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// y = x[…, index, …] or x[…, index : index+count, …] at one axis        x, y [any shape with that axis]
//
// dx = dy at the places that were taken, 0 elsewhere.

// SelectConfig is the configuration of select.
type SelectConfig struct {
	_     struct{} `doc:"takes one index of an axis, which is left out of the output, or a few neighbours"`
	Axis  int      `doc:"axis of an example, counted from 0; -1 is the last one"`
	Index int      `doc:"what to take of the axis, counted from 0; -1 is the end" is:"required"`
	Count int      `doc:"how many neighbours from index on to take, as an axis of that extent; 0 takes one, without an axis" is:">=0"`
}

// Select takes a part of an axis.
type Select[T tensor.Float] struct {
	c     SelectConfig
	view  axisView
	first int // elements of [n inner] in front of the part
	size  int // elements of the part
}

// NewSelect returns a select layer.
func NewSelect[T tensor.Float](c SelectConfig) Layer[T] { return &Select[T]{c: c} }

func init() { Register("select", SelectConfig{}, NewSelect[float32], NewSelect[float64]) }

// Build implements Layer.
func (l *Select[T]) Build(b *Builder[T]) error {
	if err := b.OneInput(); err != nil {
		return err
	}
	if err := registry.Check(l.c); err != nil {
		return err
	}
	view, axis, err := viewAxis(b.In(0), l.c.Axis)
	if err != nil {
		return err
	}
	from, count := l.c.Index, max(l.c.Count, 1)
	if from < 0 {
		from += view.n
	}
	switch {
	case from < 0 || from >= view.n:
		return &registry.FieldError{Key: "index", Err: fmt.Errorf("must be in an axis of %d, is %d", view.n, l.c.Index)}
	case count > view.n-from:
		return &registry.FieldError{Key: "count", Err: fmt.Errorf("must be at most %d from index %d of an axis of %d on, is %d", view.n-from, l.c.Index, view.n, l.c.Count)}
	}
	out := slices.Clone(b.In(0))
	if out[axis] = count; l.c.Count == 0 {
		out = slices.Delete(out, axis, axis+1)
	}
	b.Out(out...)
	b.BackwardReads(false, false)
	l.view, l.first, l.size = view, from*view.inner, count*view.inner
	return nil
}

// Forward implements Layer.
func (l *Select[T]) Forward(f *Frame[T]) {
	x, y, n := f.In(0), f.Out(), l.view.n*l.view.inner
	for ; len(x) > 0; x, y = x[n:], y[l.size:] {
		copy(y[:l.size], x[l.first:])
	}
}

// Backward implements Layer.
func (l *Select[T]) Backward(f *Frame[T]) {
	dx, dy, n := f.DIn(0), f.DOut(), l.view.n*l.view.inner
	clear(dx)
	for ; len(dx) > 0; dx, dy = dx[n:], dy[l.size:] {
		copy(dx[l.first:], dy[:l.size])
	}
}
