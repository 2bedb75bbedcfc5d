package layers

import "math"

// A Bounded layer is an activation whose outputs lie between two bounds, of which one may be infinite: where an output
// comes close to a finite one the function is flat, and the gradient fades. Bounds is constant. A run that logs
// activations counts those outputs.
type Bounded interface {
	Bounds() (lo, hi float64)
}

// Bounds implements Bounded.
func (Sigmoid[T]) Bounds() (lo, hi float64) { return 0, 1 }

// Bounds implements Bounded.
func (HardSigmoid[T]) Bounds() (lo, hi float64) { return 0, 1 }

// Bounds implements Bounded.
func (Tanh[T]) Bounds() (lo, hi float64) { return -1, 1 }

// Bounds implements Bounded.
func (Softsign[T]) Bounds() (lo, hi float64) { return -1, 1 }

// Bounds implements Bounded.
func (l *HardTanh[T]) Bounds() (lo, hi float64) { return l.c.Min, l.c.Max }

// Bounds implements Bounded.
func (ReLU[T]) Bounds() (lo, hi float64) { return 0, math.Inf(1) }
