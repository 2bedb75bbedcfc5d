package layers

import (
	"fmt"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// An axisView sees a tensor as [outer n inner], with the axis of interest in the middle. It holds for a batch as for an
// example, whose rows multiply outer alone.
type axisView struct{ n, inner int }

// viewAxis returns the view of an axis of one example, and the number of the axis counted from the front. A negative
// axis counts from the back: -1 is the last.
func viewAxis(s tensor.Shape, axis int) (axisView, int, error) {
	at := axis
	if at < 0 {
		at += len(s)
	}
	if at < 0 || at >= len(s) {
		return axisView{}, 0, &registry.FieldError{Key: "axis", Err: fmt.Errorf("must be an axis of an input of shape %v, is %d", s, axis)}
	}
	return axisView{n: s[at], inner: tensor.Shape(s[at+1:]).Size()}, at, nil
}

// sumAxis sets y to the sums of x over the axis. Shapes: x [outer n inner], y [outer inner].
func sumAxis[T tensor.Float](v axisView, y, x []T) {
	if v.inner == 1 {
		for i := range y {
			y[i] = tensor.Sum(x[i*v.n : (i+1)*v.n])
		}
		return
	}
	for ; len(y) > 0; y = y[v.inner:] {
		copy(y[:v.inner], x)
		x = x[v.inner:]
		for range v.n - 1 {
			tensor.AddTo(y[:v.inner], x[:v.inner])
			x = x[v.inner:]
		}
	}
}

// spreadAxis sets each element of dx to the element of dy that it was summed into. Shapes: those of x and y in sumAxis.
func spreadAxis[T tensor.Float](v axisView, dx, dy []T) {
	for ; len(dy) > 0; dy = dy[v.inner:] {
		for range v.n {
			copy(dx[:v.inner], dy)
			dx = dx[v.inner:]
		}
	}
}
