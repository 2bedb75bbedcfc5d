package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// elementwise is a kernel that computes dst[i] from dst[i], x[i] and y[i] alone.
type elementwise[T Float] struct {
	name string
	run  func(dst, x, y []T)
	want func(dst, x, y T) float64
	ulps float64 // 0: the exact bits
}

const alpha = 0.3 // of Axpy and Scale: a factor that rounds

func elementwiseKernels[T Float]() []elementwise[T] {
	unary := func(f func(float64) float64) func(dst, x, y T) float64 {
		return func(_, x, _ T) float64 { return f(float64(x)) }
	}
	return []elementwise[T]{
		{"axpy", func(dst, x, _ []T) { Axpy(alpha, x, dst) }, func(dst, x, _ T) float64 { return float64(mulAdd(alpha, x, dst)) }, 0},
		{"add", func(dst, x, _ []T) { AddTo(dst, x) }, func(dst, x, _ T) float64 { return float64(dst + x) }, 0},
		{"scale", func(dst, _, _ []T) { Scale(alpha, dst) }, func(dst, _, _ T) float64 { return float64(dst * alpha) }, 0},
		{"mul", Mul[T], func(_, x, y T) float64 { return float64(x * y) }, 0},
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

// close reports whether got is want rounded to T, within a number of units in the last place.
func (k elementwise[T]) close(got T, want float64) bool {
	rounded := T(want)
	if k.ulps == 0 || rounded-rounded != 0 || rounded == 0 {
		return sameBits(got, rounded)
	}
	unit := max(math.Abs(want)*epsilon[T](), smallest[T]())
	return math.Abs(float64(got)-want) <= k.ulps*unit
}

// specials are the numbers at which floating point is not like real numbers.
func specials[T Float]() []T {
	positive := []T{
		0, T(math.Inf(1)), T(smallest[T]()), T(3 * smallest[T]()), T(0x1p-126), T(0x1p-1022), largest[T](),
		1, T(epsilon[T]()), 20, 80, 87, 88, 88.72, 88.73, 89, 103, 104, 500, 709, 709.78, 709.79, 745, 746, 1e30,
	}
	x := []T{T(math.NaN())}
	for _, v := range positive {
		x = append(x, v, -v)
	}
	return x
}

func TestElementwise(t *testing.T) {
	t.Run("float32", testElementwise[float32])
	t.Run("float64", testElementwise[float64])
}

func testElementwise[T Float](t *testing.T) {
	special := specials[T]()
	for _, k := range elementwiseKernels[T]() {
		rapid.Check(t, func(t *rapid.T) {
			rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
			n := rapid.IntRange(0, 70).Draw(t, "n")
			dst, x, y := newOutput[T](rng, 1, n, 0), newInput[T](rng, 1, n, 0), newInput[T](rng, 1, n, 0)
			for j := range n {
				for _, b := range []*buffer[T]{dst, x, y} {
					if rng.IntN(4) == 0 {
						b.set(0, j, special[rng.IntN(len(special))])
					}
				}
			}
			k.run(dst.data(), x.data(), y.data())
			x.checkInput(t, k.name)
			y.checkInput(t, k.name)
			dst.checkOutput(t, k.name)
			for j := range n {
				if want := k.want(dst.old(0, j), x.at(0, j), y.at(0, j)); !k.close(dst.at(0, j), want) {
					t.Fatalf("%s: dst, x, y = %v, %v, %v gives %v, want %v",
						k.name, dst.old(0, j), x.at(0, j), y.at(0, j), dst.at(0, j), want)
				}
			}
		})
	}
}

// TestElementwiseSpecials walks every special value, alone and among others, with every other one as its partner.
func TestElementwiseSpecials(t *testing.T) {
	t.Run("float32", testElementwiseSpecials[float32])
	t.Run("float64", testElementwiseSpecials[float64])
}

func testElementwiseSpecials[T Float](t *testing.T) {
	for _, k := range elementwiseKernels[T]() {
		for _, u := range specials[T]() {
			for _, v := range specials[T]() {
				for _, n := range []int{1, 17} {
					dst, x, y := make([]T, n), make([]T, n), make([]T, n)
					dst[n-1], x[n-1], y[n-1] = v, u, v
					k.run(dst, x, y)
					if want := k.want(v, u, v); !k.close(dst[n-1], want) {
						t.Errorf("%s: x = %v, y = dst = %v gives %v, want %v", k.name, u, v, dst[n-1], want)
					}
				}
			}
		}
	}
}

// TestElementwiseInPlace: the result may take the place of an operand.
func TestElementwiseInPlace(t *testing.T) {
	x := specials[float64]()
	for _, k := range elementwiseKernels[float64]() {
		both := append([]float64(nil), x...)
		k.run(both, both, both)
		for i, v := range x {
			if want := k.want(v, v, v); !k.close(both[i], want) {
				t.Errorf("%s of %v in place: %v, want %v", k.name, v, both[i], want)
			}
		}
	}
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
