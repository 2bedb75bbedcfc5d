package layers

import (
	"fmt"

	"github.com/strata-ml/strata/tensor"
)

// y = [x_0 x_1 …] along the last axis        x_i [… n_i], y [… Σ n_i], the axes in front all equal
//
// dx_i = the part of dy that came from x_i.

// ConcatConfig is the configuration of concat.
type ConcatConfig struct {
	_ struct{} `doc:"puts two or more inputs side by side along the last axis; the axes in front must be equal"`
}

// Concat puts its inputs side by side along the last axis. A single number counts as a vector of one.
type Concat[T tensor.Float] struct {
	widths []int // n_i
	width  int   // Σ n_i
}

// NewConcat returns a concat layer.
func NewConcat[T tensor.Float](ConcatConfig) Layer[T] { return &Concat[T]{} }

func init() { Register("concat", ConcatConfig{}, NewConcat[float32], NewConcat[float64]) }

// Build implements Layer.
func (l *Concat[T]) Build(b *Builder[T]) error {
	if err := severalInputs(b); err != nil {
		return err
	}
	l.widths, l.width = nil, 0
	for i := range b.NumIn() {
		if !leading(b.In(i)).Equal(leading(b.In(0))) {
			return fmt.Errorf("takes inputs that differ in the last axis alone, has %v and %v", b.In(0), b.In(i))
		}
		l.widths = append(l.widths, b.In(i).Last())
		l.width += b.In(i).Last()
	}
	b.Out(withLast(b.In(0), l.width)...)
	b.BackwardReads(false, false)
	return nil
}

// Forward implements Layer.
func (l *Concat[T]) Forward(f *Frame[T]) {
	at := 0
	for i, n := range l.widths {
		x, y := f.In(i), f.Out()
		for k := range len(x) / n {
			copy(y[k*l.width+at:], x[k*n:(k+1)*n])
		}
		at += n
	}
}

// Backward implements Layer.
func (l *Concat[T]) Backward(f *Frame[T]) {
	at := 0
	for i, n := range l.widths {
		dx, dy := f.DIn(i), f.DOut()
		for k := range len(dx) / n {
			copy(dx[k*n:(k+1)*n], dy[k*l.width+at:])
		}
		at += n
	}
}
