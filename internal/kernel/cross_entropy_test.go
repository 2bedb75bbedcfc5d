package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestCrossEntropy(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testCrossEntropy[float32])
		t.Run("float64", testCrossEntropy[float64])
	})
}

// testCrossEntropy compares with float64 sums, and the vector code with the loop in Go but for its exponentials.
func testCrossEntropy[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for _, n := range []int{1, 2, 3, 8, 10, 15, 16, 17, 33, 50, 100, 1000} {
		for _, rows := range []int{0, 1, 3, 2*statRows + 5} {
			x, dx := newInput[T](rng, rows, n, 0), newOutput[T](rng, rows, n, 0)
			class := make([]int32, rows)
			for i := range class {
				class[i] = int32(rng.IntN(n))
				if i%2 == 0 { // nearly right
					x.set(i, int(class[i]), 12)
				}
			}
			loss := CrossEntropy(dx.data(), x.data(), class, n, 0.5)
			x.checkInput(t, "cross entropy")
			dx.checkOutput(t, "cross entropy")
			if alone := CrossEntropy(nil, x.data(), class, n, 0.5); alone != loss {
				t.Fatalf("%d rows of %d: loss %v with dx, %v without", rows, n, loss, alone)
			}
			var want float64
			for i, k := range class {
				m := x.at(i, int(k))
				var others float64 // relative to class k
				for j := range n {
					if j != int(k) {
						others += math.Exp(float64(x.at(i, j)) - float64(m))
					}
				}
				want += math.Log1p(others)
				for j := range n {
					p := math.Exp(float64(x.at(i, j))-float64(m)) / (1 + others) / 2
					if j == int(k) {
						p = -others / (1 + others) / 2
					}
					if bound := float64(n+8) * epsilon[T]() * math.Abs(p); !(math.Abs(float64(dx.at(i, j))-p) <= bound) {
						t.Fatalf("%d rows of %d: dx[%d, %d] = %v, want %v ± %v", rows, n, i, j, dx.at(i, j), p, bound)
					}
				}
			}
			if bound := float64(n+8) * epsilon[T]() * want; !(math.Abs(loss-want) <= bound) {
				t.Fatalf("%d rows of %d: loss %v, want %v ± %v", rows, n, loss, want, bound)
			}
		}
	}
}

// TestCrossEntropyAgrees: both instruction sets give the same bits.
func TestCrossEntropyAgrees(t *testing.T) {
	t.Run("float32", testCrossEntropyAgrees[float32])
	t.Run("float64", testCrossEntropyAgrees[float64])
}

func testCrossEntropyAgrees[T Float](t *testing.T) {
	for n := 1; n < 70; n++ {
		const rows = 7
		var first []T
		var firstLoss float64
		eachVectorLevel(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(n), 15))
			x, dx, class := randomFloats[T](rng, rows*n), make([]T, rows*n), make([]int32, rows)
			for i := range class {
				class[i] = int32(rng.IntN(n))
			}
			loss := CrossEntropy(dx, x, class, n, 0.3)
			if first == nil {
				first, firstLoss = dx, loss
			}
			for i, v := range dx {
				if !sameBits(v, first[i]) || loss != firstLoss {
					t.Fatalf("rows of %d: element %d is %v, with AVX2 %v; losses %v and %v", n, i, v, first[i], loss, firstLoss)
				}
			}
		})
	}
}

func TestCrossEntropySpecials(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, test := range []struct {
		name  string
		x     []float64
		class int32
		loss  float64
		dx    []float64
	}{
		{"one class", []float64{7}, 0, 0, []float64{0}},
		{"equal", []float64{3, 3}, 1, math.Ln2, []float64{0.5, -0.5}},
		{"certain", []float64{0, 800}, 1, 0, []float64{0, 0}},
		{"certainly wrong", []float64{800, 0}, 1, 800, []float64{1, -1}},
		{"far", []float64{math.MaxFloat64, 0}, 1, math.MaxFloat64, []float64{1, -1}},
		{"ruled out", []float64{-inf, 0}, 0, inf, []float64{-1, 1}},
		{"another ruled out", []float64{-inf, 0, 0}, 1, math.Ln2, []float64{0, -0.5, 0.5}},
		{"NaN", []float64{nan, 0}, 1, nan, []float64{nan, nan}},
		{"NaN of the class", []float64{0, nan, 1}, 1, nan, []float64{nan, nan, nan}},
		{"infinity", []float64{inf, 0}, 0, nan, []float64{nan, nan}},
		{"nothing left", []float64{-inf, -inf}, 0, nan, []float64{nan, nan}},
	} {
		eachLevel(t, func(t *testing.T) {
			dx := make([]float64, len(test.x))
			if loss := CrossEntropy(dx, test.x, []int32{test.class}, len(test.x), 1); !sameBits(loss, test.loss) {
				t.Errorf("%s: loss %v, want %v", test.name, loss, test.loss)
			}
			for j, want := range test.dx {
				if got := dx[j]; got != want && !(got != got && want != want) {
					t.Errorf("%s: dx[%d] = %v, want %v", test.name, j, got, want)
				}
			}
		})
	}
}

func BenchmarkCrossEntropy(b *testing.B) {
	const rows, n = 128, 10
	rng := rand.New(rand.NewPCG(1, 2))
	x, dx, class := randomFloats[float32](rng, rows*n), make([]float32, rows*n), make([]int32, rows)
	for i := range class {
		class[i] = int32(rng.IntN(n))
	}
	b.ReportAllocs()
	for b.Loop() {
		CrossEntropy(dx, x, class, n, 1.0/rows)
	}
}

func BenchmarkSoftmax(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	x := randomFloats[float32](rng, 1<<20)
	y := make([]float32, len(x))
	b.Run("128x10", func(b *testing.B) {
		for b.Loop() {
			Softmax(y[:1280], x[:1280], 10)
		}
	})
	b.Run("1024x1024", func(b *testing.B) {
		for b.Loop() {
			Softmax(y, x, 1024)
		}
	})
}
