package layers

import (
	"fmt"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// y[i] = max_j x[i·pieces + j]        x [… n·pieces], y [… n], along the last axis
//
// dx = dy where x is the largest of its pieces, else 0. Of equal ones the first wins; NaN wins over every number.
//
// With a dense layer of n·pieces units before it, this is the maxout unit of Goodfellow, Warde-Farley, Mirza,
// Courville and Bengio, "Maxout networks", ICML 2013.

// MaxoutConfig is the configuration of maxout.
type MaxoutConfig struct {
	_      struct{} `doc:"largest of each group of neighbours on the last axis, which becomes shorter by the factor pieces"`
	Pieces int      `doc:"elements of a group; the layer before has that many units for each one that is left" is:">0"`
}

// Maxout takes the largest of each group of neighbours.
type Maxout[T tensor.Float] struct {
	c      MaxoutConfig
	winner ScratchIntID // which of its pieces each element of y came from
}

// NewMaxout returns a maxout layer.
func NewMaxout[T tensor.Float](c MaxoutConfig) Layer[T] { return &Maxout[T]{c: c} }

func init() { Register("maxout", MaxoutConfig{Pieces: 2}, NewMaxout[float32], NewMaxout[float64]) }

// Build implements Layer.
func (l *Maxout[T]) Build(b *Builder[T]) error {
	if err := b.OneInput(); err != nil {
		return err
	}
	if err := registry.Check(l.c); err != nil {
		return err
	}
	n := b.In(0).Last()
	if n%l.c.Pieces != 0 {
		return fmt.Errorf("takes a last axis that pieces %d divides, has %v", l.c.Pieces, b.In(0))
	}
	b.Out(withLast(b.In(0), n/l.c.Pieces)...)
	l.winner = b.ScratchInt(b.In(0).Size() / l.c.Pieces)
	b.BackwardReads(false, false)
	b.FLOPs(b.In(0).Size())
	return nil
}

// Forward implements Layer.
func (l *Maxout[T]) Forward(f *Frame[T]) {
	x, y, winner := f.In(0), f.Out(), f.ScratchInt(l.winner)
	for i := range y {
		first := i * l.c.Pieces
		best := first
		for k := first + 1; k < first+l.c.Pieces; k++ {
			if x[k] > x[best] || x[k] != x[k] && x[best] == x[best] {
				best = k
			}
		}
		y[i], winner[i] = x[best], int32(best-first)
	}
}

// Backward implements Layer.
func (l *Maxout[T]) Backward(f *Frame[T]) {
	dx := f.DIn(0)
	clear(dx)
	for i, w := range f.ScratchInt(l.winner) {
		dx[i*l.c.Pieces+int(w)] = f.DOut()[i]
	}
}
