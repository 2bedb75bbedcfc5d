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
	return []elementwise[T]{
		{"axpy", func(dst, x, _ []T) { Axpy(alpha, x, dst) }, func(dst, x, _ T) float64 { return float64(mulAdd(alpha, x, dst)) }, 0},
		{"copy", func(dst, x, _ []T) { Copy(dst, x) }, func(_, x, _ T) float64 { return float64(x) }, 0},
		{"scale", func(dst, _, _ []T) { Scale(alpha, dst) }, func(dst, _, _ T) float64 { return float64(dst * alpha) }, 0},
		{"scale to", func(dst, x, _ []T) { ScaleTo(dst, alpha, x) }, func(_, x, _ T) float64 { return float64(x * alpha) }, 0},
		{"add to", func(dst, x, _ []T) { AddTo(dst, x) }, func(dst, x, _ T) float64 { return float64(dst + x) }, 0},
		{"add", Add[T], func(_, x, y T) float64 { return float64(x + y) }, 0},
		{"sub", Sub[T], func(_, x, y T) float64 { return float64(x - y) }, 0},
		{"mul", Mul[T], func(_, x, y T) float64 { return float64(x * y) }, 0},
		{"mul add", MulAdd[T], func(dst, x, y T) float64 { return float64(mulAdd(x, y, dst)) }, 0},
		{"clamp", func(dst, _, _ []T) { Clamp(alpha, dst) }, func(dst, _, _ T) float64 { return float64(min(max(dst, -alpha), alpha)) }, 0},
	}
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
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", func(t *testing.T) { testElementwise(t, elementwiseKernels[float32]()) })
		t.Run("float64", func(t *testing.T) { testElementwise(t, elementwiseKernels[float64]()) })
	})
}

func testElementwise[T Float](t *testing.T, kernels []elementwise[T]) {
	special := specials[T]()
	for _, k := range kernels {
		rapid.Check(t, func(t *rapid.T) {
			rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
			n := rapid.IntRange(0, 150).Draw(t, "n")
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
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", func(t *testing.T) { testElementwiseSpecials(t, elementwiseKernels[float32]()) })
		t.Run("float64", func(t *testing.T) { testElementwiseSpecials(t, elementwiseKernels[float64]()) })
	})
}

func testElementwiseSpecials[T Float](t *testing.T, kernels []elementwise[T]) {
	for _, k := range kernels {
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
	eachLevel(t, func(t *testing.T) { testInPlace(t, elementwiseKernels[float64]()) })
}

func testInPlace[T Float](t *testing.T, kernels []elementwise[T]) {
	x := specials[T]()
	for _, k := range kernels {
		both := append([]T(nil), x...)
		k.run(both, both, both)
		for i, v := range x {
			if want := k.want(v, v, v); !k.close(both[i], want) {
				t.Errorf("%s of %v in place: %v, want %v", k.name, v, both[i], want)
			}
		}
	}
}

// TestElementwisePieces runs the kernels over slices that take several calls of vector code.
func TestElementwisePieces(t *testing.T) {
	eachVectorLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(13, 14))
		const n = 2*piece + 7
		for _, k := range elementwiseKernels[float32]() {
			dst, x, y := newOutput[float32](rng, 1, n, 0), newInput[float32](rng, 1, n, 0), newInput[float32](rng, 1, n, 0)
			k.run(dst.data(), x.data(), y.data())
			dst.checkOutput(t, k.name)
			for j := range n {
				if want := k.want(dst.old(0, j), x.at(0, j), y.at(0, j)); !k.close(dst.at(0, j), want) {
					t.Fatalf("%s: element %d is %v, want %v", k.name, j, dst.at(0, j), want)
				}
			}
		}
	})
}
