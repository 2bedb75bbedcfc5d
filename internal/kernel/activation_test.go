package kernel

import (
	"math"
	"testing"
)

const (
	lower = -0.75 // of Clip
	upper = 0.5
)

func activationKernels[T Float]() []elementwise[T] {
	choose := func(b bool, x, y T) float64 {
		if b {
			return float64(x)
		}
		return float64(y)
	}
	return []elementwise[T]{
		{"relu", func(dst, x, _ []T) { ReLU(dst, x) }, func(_, x, _ T) float64 { return float64(max(x, 0)) }, 0},
		{"relu backward", ReLUBackward[T], func(_, y, dy T) float64 { return choose(y <= 0, 0, dy) }, 0},
		{"leaky relu", func(dst, x, _ []T) { LeakyReLU(dst, x, alpha) }, func(_, x, _ T) float64 { return choose(x > 0, x, alpha*x) }, 0},
		{
			"leaky relu backward",
			func(dx, x, dy []T) { LeakyReLUBackward(dx, x, dy, alpha) },
			func(_, x, dy T) float64 { return choose(x > 0, dy, alpha*dy) }, 0,
		},
		{
			"clip", func(dst, x, _ []T) { Clip(dst, x, lower, upper) },
			func(_, x, _ T) float64 { return float64(min(max(x, lower), upper)) }, 0,
		},
		{
			"clip backward", func(dx, y, dy []T) { ClipBackward(dx, y, dy, lower, upper) },
			func(_, y, dy T) float64 { return choose(y <= lower || y >= upper, 0, dy) }, 0,
		},
		{"tanh backward", TanhBackward[T], func(_, y, dy T) float64 { return float64(dy * mulAdd(-y, y, 1)) }, 0},
		{"sigmoid backward", SigmoidBackward[T], func(_, y, dy T) float64 { return float64(T(dy*y) * (1 - y)) }, 0},
	}
}

func TestActivations(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testActivations[float32])
		t.Run("float64", testActivations[float64])
	})
}

func testActivations[T Float](t *testing.T) {
	testElementwise(t, activationKernels[T]())
	testElementwiseSpecials(t, activationKernels[T]())
	testInPlace(t, activationKernels[T]())
}

// TestKinks states what the layers promise at the points where an activation bends, and of NaN.
func TestKinks(t *testing.T) {
	nan, zero := math.NaN(), math.Copysign(0, -1)
	eachLevel(t, func(t *testing.T) {
		for _, test := range []struct {
			name    string
			run     func(dst, x []float64)
			x, want float64
		}{
			{"relu", ReLU[float64], zero, 0},
			{"relu", ReLU[float64], nan, nan},
			{"clip", func(dst, x []float64) { Clip(dst, x, -1, 1) }, nan, nan},
			{"clip", func(dst, x []float64) { Clip(dst, x, -1, 1) }, math.Inf(1), 1},
			{"clip", func(dst, x []float64) { Clip(dst, x, -1, 1) }, math.Inf(-1), -1},
			{"relu backward", func(dx, y []float64) { ReLUBackward(dx, y, []float64{7}) }, 0, 0},
			{"relu backward", func(dx, y []float64) { ReLUBackward(dx, y, []float64{7}) }, nan, 7},
			{"relu backward of NaN", func(dx, y []float64) { ReLUBackward(dx, y, []float64{nan}) }, 1, nan},
			{"clip backward", func(dx, y []float64) { ClipBackward(dx, y, []float64{7}, -1, 1) }, -1, 0},
			{"clip backward", func(dx, y []float64) { ClipBackward(dx, y, []float64{7}, -1, 1) }, 1, 0},
			{"clip backward", func(dx, y []float64) { ClipBackward(dx, y, []float64{7}, -1, 1) }, 0.5, 7},
			{"leaky backward", func(dx, x []float64) { LeakyReLUBackward(dx, x, []float64{7}, 0.5) }, 0, 3.5},
		} {
			dst := []float64{9}
			if test.run(dst, []float64{test.x}); !sameBits(dst[0], test.want) {
				t.Errorf("%s at %v: %v, want %v", test.name, test.x, dst[0], test.want)
			}
		}
	})
}

// TestLongActivations: what lies beyond the first piece is computed like the rest.
func TestLongActivations(t *testing.T) {
	n := 2*piece + 37
	dst, x, y := make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range x {
		x[i], y[i] = float32(i%13)-6, float32(i%7)-3
	}
	for _, k := range activationKernels[float32]() {
		k.run(dst, x, y)
		for i := range dst {
			if want := k.want(0, x[i], y[i]); !k.close(dst[i], want) {
				t.Fatalf("%s: element %d is %v, want %v", k.name, i, dst[i], want)
			}
		}
	}
}
