package kernel

import (
	"math"
	"testing"
)

func exponentialKernels[T Float]() []elementwise[T] {
	unary := func(f func(float64) float64) func(dst, x, y T) float64 {
		return func(_, x, _ T) float64 { return f(float64(x)) }
	}
	return []elementwise[T]{
		{"exp", func(dst, x, _ []T) { Exp(dst, x) }, unary(math.Exp), 2},
		{"log", func(dst, x, _ []T) { Log(dst, x) }, unary(math.Log), 2},
		{"tanh", func(dst, x, _ []T) { Tanh(dst, x) }, unary(math.Tanh), 3},
		{"sigmoid", func(dst, x, _ []T) { Sigmoid(dst, x) }, unary(logistic), 3},
	}
}

// logistic is 1/(1+e⁻ˣ), of which e^x is what is left where e⁻ˣ dwarfs 1.
func logistic(x float64) float64 {
	if x < -40 {
		return math.Exp(x)
	}
	return 1 / (1 + math.Exp(-x))
}

func TestExponentials(t *testing.T) {
	t.Run("float32", testExponentials[float32])
	t.Run("float64", testExponentials[float64])
}

func testExponentials[T Float](t *testing.T) {
	testElementwise(t, exponentialKernels[T]())
	testElementwiseSpecials(t, exponentialKernels[T]())
	testInPlace(t, exponentialKernels[T]())
}

// TestEdges states values of mathematics, not of another implementation.
func TestEdges(t *testing.T) {
	nan, inf, zero := math.NaN(), math.Inf(1), math.Copysign(0, -1)
	for _, test := range []struct {
		name    string
		run     func(dst, x []float64)
		x, want float64
	}{
		{"exp", Exp[float64], 0, 1},
		{"exp", Exp[float64], zero, 1},
		{"exp", Exp[float64], inf, inf},
		{"exp", Exp[float64], -inf, 0},
		{"exp", Exp[float64], 709.79, inf},
		{"exp", Exp[float64], -746, 0},
		{"exp", Exp[float64], 5e-324, 1},
		{"exp", Exp[float64], nan, nan},
		{"log", Log[float64], 0, -inf},
		{"log", Log[float64], zero, -inf},
		{"log", Log[float64], 1, 0},
		{"log", Log[float64], -1, nan},
		{"log", Log[float64], inf, inf},
		{"log", Log[float64], -inf, nan},
		{"log", Log[float64], nan, nan},
		{"tanh", Tanh[float64], 0, 0},
		{"tanh", Tanh[float64], zero, zero},
		{"tanh", Tanh[float64], 5e-324, 5e-324},
		{"tanh", Tanh[float64], inf, 1},
		{"tanh", Tanh[float64], -inf, -1},
		{"tanh", Tanh[float64], 1e308, 1},
		{"tanh", Tanh[float64], nan, nan},
		{"sigmoid", Sigmoid[float64], 0, 0.5},
		{"sigmoid", Sigmoid[float64], zero, 0.5},
		{"sigmoid", Sigmoid[float64], 5e-324, 0.5},
		{"sigmoid", Sigmoid[float64], inf, 1},
		{"sigmoid", Sigmoid[float64], -inf, 0},
		{"sigmoid", Sigmoid[float64], 1e308, 1},
		{"sigmoid", Sigmoid[float64], -1e308, 0},
		{"sigmoid", Sigmoid[float64], nan, nan},
	} {
		dst := []float64{7}
		if test.run(dst, []float64{test.x}); !sameBits(dst[0], test.want) {
			t.Errorf("%s(%v) = %v, want %v", test.name, test.x, dst[0], test.want)
		}
		single := []float32{7}
		if x := float32(test.x); float64(x) == test.x || test.x != test.x {
			runSingle := map[string]func(dst, x []float32){"exp": Exp[float32], "log": Log[float32], "tanh": Tanh[float32], "sigmoid": Sigmoid[float32]}
			if runSingle[test.name](single, []float32{x}); !sameBits(single[0], float32(test.want)) {
				t.Errorf("float32: %s(%v) = %v, want %v", test.name, x, single[0], test.want)
			}
		}
	}
}

// TestSigmoidTails: the lower tail keeps its precision down to denormals, both tails add up to 1.
func TestSigmoidTails(t *testing.T) {
	x := []float64{-745, -709, -100, -37, -1, 1, 37}
	dst := make([]float64, len(x))
	Sigmoid(dst, x)
	if dst[0] == 0 || dst[1] != math.Exp(-709) || dst[2] != math.Exp(-100) {
		t.Errorf("lower tail: %v", dst[:3])
	}
	if dst[3]+dst[6] != 1 || math.Abs(dst[4]+dst[5]-1) > 0x1p-52 {
		t.Errorf("tails do not add up to 1: %v", dst[3:])
	}
}
