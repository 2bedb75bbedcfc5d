package layers_test

import (
	"math"
	"slices"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/tensor"
)

// Activations hand a NaN of x on to y and of dy on to dx at the same place, and keep it within its row.
func TestActivationsPropagateNaN(t *testing.T) {
	t.Run("float32", testPropagatesNaN[float32])
	t.Run("float64", testPropagatesNaN[float64])
}

func testPropagatesNaN[T tensor.Float](t *testing.T) {
	for _, name := range []string{"sigmoid", "tanh", "hard_tanh", "relu", "leaky_relu", "prelu", "softmax", "dropout", "flatten", "dense"} {
		n := newNode[T](t, name, func(config any) {
			if d, ok := config.(*layers.DenseConfig); ok {
				d.Units = 3
			}
		}, 4, tensor.Shape{3})
		copy(n.frame.In(0), []T{0.5, T(nan), 0.25, 1, 2, 3, 0.5, 0.5, 0.25, 0.5, 0.5, 0.25})
		copy(n.frame.DOut(), []T{1, 1, 1, 1, 1, 1, 1, T(nan), 1, 1, 1, 1})
		n.layer.Forward(n.frame)
		n.layer.Backward(n.frame)
		y, dx := n.frame.Out(), n.frame.DIn(0)
		if y[1] == y[1] {
			t.Errorf("%s: y[1] = %v, want NaN", name, y[1])
		}
		if dx[7] == dx[7] {
			t.Errorf("%s: dx[7] = %v, want NaN", name, dx[7])
		}
		isNaN := func(v T) bool { return v != v }
		if slices.ContainsFunc(y[3:], isNaN) || slices.ContainsFunc(dx[9:], isNaN) {
			t.Errorf("%s: NaN spreads to other rows: y = %v, dx = %v", name, y, dx)
		}
	}
}

// Saturated inputs give exact limits, without overflow on the way.
func TestActivationsAtInfinity(t *testing.T) {
	inf := math.Inf(1)
	for name, want := range map[string][2]float64{
		"sigmoid": {0, 1}, "tanh": {-1, 1}, "hard_tanh": {-1, 1}, "relu": {0, inf}, "leaky_relu": {-inf, inf},
	} {
		n := newNode[float64](t, name, nil, 2, tensor.Shape{})
		copy(n.frame.In(0), []float64{-inf, inf})
		n.layer.Forward(n.frame)
		if y := n.frame.Out(); y[0] != want[0] || y[1] != want[1] {
			t.Errorf("%s at ∓∞ = %v, want %v", name, y, want)
		}
	}
}
