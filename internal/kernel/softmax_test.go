package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestMax(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, test := range []struct {
		x    []float32
		want float32
	}{
		{[]float32{3}, 3},
		{[]float32{-3, -1, -2}, -1},
		{[]float32{1, 2, 3}, 3},
		{[]float32{-inf, -inf}, -inf},
		{[]float32{-inf, -math.MaxFloat32}, -math.MaxFloat32},
		{[]float32{1, inf, 2}, inf},
		{[]float32{nan}, nan},
		{[]float32{nan, inf}, nan},
		{[]float32{inf, nan}, nan},
		{[]float32{nan, 1, 2}, nan},
		{[]float32{2, 1, nan}, nan},
		{[]float32{1, nan, 2}, nan},
	} {
		eachLevel(t, func(t *testing.T) {
			if got := Max(test.x); !sameBits(got, test.want) {
				t.Errorf("max of %v = %v, want %v", test.x, got, test.want)
			}
		})
	}
}

// TestMaxPropagates puts a special value at every place of slices around the number of lanes.
func TestMaxPropagates(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testMaxPropagates[float32])
		t.Run("float64", testMaxPropagates[float64])
	})
}

func testMaxPropagates[T Float](t *testing.T) {
	nan, inf := T(math.NaN()), T(math.Inf(1))
	for _, n := range []int{1, 2, 15, 16, 17, 33, sumPiece + 3} {
		for i := 0; i < n; i += 1 + n/100 {
			for _, special := range []T{nan, inf, -inf} {
				x := make([]T, n)
				x[i] = special
				if got := Max(x); special != -inf && !sameBits(got, special) || special == -inf && n > 1 && got != 0 {
					t.Errorf("max with %v at %d of %d: %v", special, i, n, got)
				}
			}
		}
	}
}

func TestSoftmax(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testSoftmax[float32])
		t.Run("float64", testSoftmax[float64])
	})
}

// TestSoftmaxIsItsParts: the kernel gives the bits of the loop over its parts, with every instruction set.
func TestSoftmaxIsItsParts(t *testing.T) {
	eachVectorLevel(t, func(t *testing.T) {
		t.Run("float32", testSoftmaxIsItsParts[float32])
		t.Run("float64", testSoftmaxIsItsParts[float64])
	})
}

func testSoftmaxIsItsParts[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	special := specials[T]()
	for n := 1; n < 80; n++ {
		rows := 1 + rng.IntN(5)
		x, dst := newInput[T](rng, rows, n, 0), newOutput[T](rng, rows, n, 0)
		if n%3 == 0 {
			x.set(rng.IntN(rows), rng.IntN(n), special[rng.IntN(len(special))])
		}
		want := make([]T, rows*n)
		softmaxPlain(want, x.data(), n)
		Softmax(dst.data(), x.data(), n)
		x.checkInput(t, "softmax")
		dst.checkOutput(t, "softmax")
		for i, v := range dst.data() {
			if !sameBits(v, want[i]) {
				t.Fatalf("rows of %d: element %d is %v, from the parts %v", n, i, v, want[i])
			}
		}
	}
}

// testSoftmax compares with e^(x−m)/Σ in float64, of rows that are shifted to where e^x overflows or vanishes.
func testSoftmax[T Float](t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 4))
		rows, n := rapid.IntRange(0, 5).Draw(t, "rows"), rapid.SampledFrom([]int{1, 2, 3, 7, 10, 15, 16, 17, 31, 32, 33, 40, 100}).Draw(t, "n")
		shift := rapid.SampledFrom([]T{0, 1e4, -1e4, largest[T](), -largest[T]()}).Draw(t, "shift")
		x, dst := newInput[T](rng, rows, n, 0), newOutput[T](rng, rows, n, 0)
		for i := range rows {
			for j := range n {
				x.set(i, j, x.at(i, j)+shift)
			}
		}
		Softmax(dst.data(), x.data(), n)
		x.checkInput(t, "softmax")
		dst.checkOutput(t, "softmax")
		Softmax(x.data(), x.data(), n)
		for i := range rows {
			var sum, total float64
			m := x.old(i, 0)
			for j := range n {
				m = max(m, x.old(i, j))
			}
			for j := range n {
				sum += math.Exp(float64(x.old(i, j) - m))
			}
			for j := range n {
				got, want := float64(dst.at(i, j)), math.Exp(float64(x.old(i, j)-m))/sum
				if bound := float64(n+4) * epsilon[T]() * want; !(math.Abs(got-want) <= bound) {
					t.Fatalf("row %d of %d: p[%d] = %v, want %v ± %v", i, n, j, got, want, bound)
				}
				if !sameBits(x.at(i, j), dst.at(i, j)) {
					t.Fatalf("p[%d] in place = %v, apart %v", j, x.at(i, j), dst.at(i, j))
				}
				total += got
			}
			if math.Abs(total-1) > float64(n+4)*epsilon[T]() {
				t.Fatalf("row %d of %d adds up to %v", i, n, total)
			}
		}
	})
}

func TestSoftmaxSpecials(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, test := range []struct {
		name    string
		x, want []float64
	}{
		{"one", []float64{-1e300}, []float64{1}},
		{"equal", []float64{5, 5, 5, 5}, []float64{0.25, 0.25, 0.25, 0.25}},
		{"excluded", []float64{0, -inf, 0}, []float64{0.5, 0, 0.5}},
		{"all but one excluded", []float64{-inf, 3, -inf}, []float64{0, 1, 0}},
		{"far apart", []float64{math.MaxFloat64, -math.MaxFloat64}, []float64{1, 0}},
		{"denormals", []float64{5e-324, -5e-324}, []float64{0.5, 0.5}},
		{"NaN first", []float64{nan, 1}, []float64{nan, nan}},
		{"NaN last", []float64{1, nan}, []float64{nan, nan}},
		{"NaN and infinity", []float64{inf, nan, -inf}, []float64{nan, nan, nan}},
		{"infinity has no share", []float64{inf, 1}, []float64{nan, nan}},
		{"nothing is left", []float64{-inf, -inf}, []float64{nan, nan}},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := len(test.x)
			clean := make([]float64, n)
			x := append(append(append([]float64(nil), clean...), test.x...), clean...)
			dst := make([]float64, 3*n)
			Softmax(dst, x, n)
			for j, want := range test.want {
				if !sameBits(dst[n+j], want) {
					t.Errorf("p[%d] of %v = %v, want %v", j, test.x, dst[n+j], want)
				}
				if !(dst[j] > 0 && dst[2*n+j] > 0) {
					t.Errorf("%v reached the rows beside it: %v", test.x, dst)
				}
			}
		})
	}
}

func TestSoftmaxIgnoresShift(t *testing.T) {
	x := []float64{1, 2, -3, 0.5}
	shifted, want, got := make([]float64, 4), make([]float64, 4), make([]float64, 4)
	Softmax(want, x, 4)
	for _, shift := range []float64{8, -1024, 0x1p40} { // powers of two, so that the sums are exact
		for i, v := range x {
			shifted[i] = v + shift
		}
		Softmax(got, shifted, 4)
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("shift %v: p[%d] = %v, want %v", shift, i, got[i], want[i])
			}
		}
	}
}

func TestSoftmaxBackward(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testSoftmaxBackward[float32])
		t.Run("float64", testSoftmaxBackward[float64])
	})
}

// testSoftmaxBackward wants the bits of the formula, with the sum of a row in a tree of its lanes.
func testSoftmaxBackward[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 24))
	special := specials[T]()
	for n := 1; n < 80; n++ {
		rows := rng.IntN(5)
		if n == 79 {
			rows = piece/n + 3 // more than one call of vector code
		}
		y, dy, dx := newInput[T](rng, rows, n, 0), newInput[T](rng, rows, n, 0), newOutput[T](rng, rows, n, 0)
		if n%3 == 0 && rows > 0 {
			y.set(rng.IntN(rows), rng.IntN(n), special[rng.IntN(len(special))])
			dy.set(rng.IntN(rows), rng.IntN(n), special[rng.IntN(len(special))])
		}
		SoftmaxBackward(dx.data(), y.data(), dy.data(), n)
		y.checkInput(t, "softmax gradient")
		dy.checkInput(t, "softmax gradient")
		dx.checkOutput(t, "softmax gradient")
		onValue, onGradient := y.clone(), dy.clone()
		SoftmaxBackward(onValue.data(), onValue.data(), dy.data(), n)
		SoftmaxBackward(onGradient.data(), y.data(), onGradient.data(), n)
		for i := range rows {
			s := tree(n, func(chain T, j int) T { return mulAdd(dy.at(i, j), y.at(i, j), chain) })
			for j := range n {
				want := y.at(i, j) * (dy.at(i, j) - s)
				for _, got := range []T{dx.at(i, j), onValue.at(i, j), onGradient.at(i, j)} {
					if !sameBits(got, want) {
						t.Fatalf("row %d of %d: dx[%d] = %v, want %v", i, n, j, got, want)
					}
				}
			}
		}
	}
}

// TestSoftmaxBackwardOfLongRows: rows longer than a piece have the sum of Dot.
func TestSoftmaxBackwardOfLongRows(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(25, 26))
		const n = sumPiece + 5
		y, dy, dx := randomFloats[float32](rng, 2*n), randomFloats[float32](rng, 2*n), make([]float32, 2*n)
		SoftmaxBackward(dx, y, dy, n)
		for i, v := range dx {
			row := i / n * n
			if want := y[i] * (dy[i] - Dot(dy[row:][:n], y[row:][:n])); i%97 == 0 && !sameBits(v, want) {
				t.Fatalf("dx[%d] = %v, want %v", i, v, want)
			}
		}
	})
}
