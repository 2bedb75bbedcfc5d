package layerstest

import (
	"fmt"
	"math"

	"github.com/strata-ml/strata/tensor"
)

// copies returns the tensors with values of their own.
func copies[T tensor.Float](list []named[T]) []named[T] {
	out := make([]named[T], len(list))
	for i, n := range list {
		n.values = append([]T(nil), n.values...)
		out[i] = n
	}
	return out
}

// sameBits returns an error that names the first element whose bits differ.
func sameBits[T tensor.Float](when string, got, want []named[T]) error {
	for k, w := range want {
		for i := range w.values {
			if g := got[k].values[i]; bits(g) != bits(w.values[i]) {
				return fmt.Errorf("%s: %s is %v, was %v", when, w.at(i), g, w.values[i])
			}
		}
	}
	return nil
}

func bits[T tensor.Float](v T) uint64 { return math.Float64bits(float64(v)) }

// near returns an error that names the first element further from want than tol·max(1, max|want|).
func near[T, U tensor.Float](when string, got []named[T], want []named[U], tol float64) error {
	for k, w := range want {
		limit := tol * scale(w.values)
		for i := range w.values {
			g, v := float64(got[k].values[i]), float64(w.values[i])
			if !(math.Abs(g-v) <= limit || bits(g) == bits(v)) {
				return fmt.Errorf("%s: %s is %v, must be %v (difference %.2g, allowed %.2g)", when, w.at(i), g, v, math.Abs(g-v), limit)
			}
		}
	}
	return nil
}

// scale returns max(1, max|x|).
func scale[T tensor.Float](x []T) float64 {
	m := 1.0
	for _, v := range x {
		m = max(m, math.Abs(float64(v)))
	}
	return m
}

// rounding is how far two orders of summation may lie apart, relative to the largest element.
func rounding[T tensor.Float]() float64 {
	if isFloat32[T]() {
		return 1e-4
	}
	return 1e-10
}

func isFloat32[T tensor.Float]() bool {
	_, ok := any(T(0)).(float32)
	return ok
}

// noNaN returns an error that names the first NaN.
func noNaN[T tensor.Float](why string, list []named[T]) error {
	for _, n := range list {
		for i, v := range n.values {
			if v != v {
				return fmt.Errorf("%s is NaN: %s", n.at(i), why)
			}
		}
	}
	return nil
}
