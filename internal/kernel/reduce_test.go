package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// tree is the contract of a reduction, spelled out: for each piece 16 chains, then halves onto halves. add adds term i
// to a chain.
func tree[T Float](n int, add func(chain T, i int) T) T {
	var sum T
	for first := 0; first == 0 || first < n; first += sumPiece {
		sum += branch(first, min(first+sumPiece, n), add)
	}
	return sum
}

// halvesTree is tree for the sums that take the halves of a whole piece apart.
func halvesTree(n int, add func(chain float64, i int) float64) float64 {
	var sum float64
	for first := 0; first == 0 || first < n; first += sumPiece {
		if half := first + sumPiece/2; first+sumPiece <= n {
			sum += branch(first, half, add) + branch(half, first+sumPiece, add)
		} else {
			sum += branch(first, n, add)
		}
	}
	return sum
}

// branch is 16 chains over the terms from first to last, and halves onto halves.
func branch[T Float](first, last int, add func(chain T, i int) T) T {
	var l [16]T
	for i := first; i < last; i++ {
		l[i%16] = add(l[i%16], i)
	}
	even := ((l[0] + l[8]) + (l[4] + l[12])) + ((l[2] + l[10]) + (l[6] + l[14]))
	odd := ((l[1] + l[9]) + (l[5] + l[13])) + ((l[3] + l[11]) + (l[7] + l[15]))
	return even + odd
}

// products adds x[i]·y[i] to a chain of type U.
func products[U, T Float](x, y []T) func(chain U, i int) U {
	return func(chain U, i int) U { return mulAdd(U(x[i]), U(y[i]), chain) }
}

// checkReduction compares a sum of products with the tree and with a plain sum in float64. The bound is that of a sum of
// n rounded terms, each of rounding u: (n+1)·u of the sum of magnitudes, doubled for the error of the plain sum.
func checkReduction[T, U Float](t rapid.TB, name string, got, want U, x, y []T) {
	t.Helper()
	var sum, magnitude float64
	for i := range x {
		w := float64(x[i]) * float64(y[i])
		sum += w
		magnitude += math.Abs(w)
	}
	if !sameBits(got, want) {
		t.Fatalf("%s of %d: %v, the contract gives %v", name, len(x), got, want)
	}
	if bound := float64(len(x)+1) * epsilon[U]() * magnitude; !(math.Abs(float64(got)-sum) <= bound) {
		t.Fatalf("%s of %d: %v, want %v ± %v", name, len(x), got, sum, bound)
	}
}

func TestReductions(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testReductions[float32])
		t.Run("float64", testReductions[float64])
	})
}

func testReductions[T Float](t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkReductions[T](t, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)), rapid.IntRange(0, 100).Draw(t, "n"))
	})
	for _, n := range []int{sumPiece, sumPiece + 1, 2*sumPiece + 21} {
		checkReductions[T](t, rand.New(rand.NewPCG(1, 1)), n)
	}
}

func checkReductions[T Float](t rapid.TB, rng *rand.Rand, n int) {
	x, y := newInput[T](rng, 1, n, 0), newInput[T](rng, 1, n, 0)
	one, sign := make([]T, n), make([]T, n)
	for j := range n { // magnitudes far apart, so that the order of additions shows
		x.set(0, j, x.at(0, j)*T(math.Exp2(float64(rng.IntN(40)))))
		one[j], sign[j] = 1, T(math.Copysign(1, float64(x.at(0, j))))
	}
	checkReduction(t, "sum", Sum(x.data()), tree(n, products[T](x.data(), one)), x.data(), one)
	checkReduction(t, "dot", Dot(x.data(), y.data()), tree(n, products[T](x.data(), y.data())), x.data(), y.data())
	checkReduction(t, "sum of squares", SumSquares(x.data()), halvesTree(n, products[float64](x.data(), x.data())), x.data(), x.data())
	checkReduction(t, "sum of absolutes", SumAbs(x.data()), tree(n, products[float64](x.data(), sign)), x.data(), sign)
	x.checkInput(t, "reductions")
	y.checkInput(t, "reductions")
}

// TestTreeShows makes sure that the comparison with the tree can fail: neither one chain, nor eight, nor neighbours
// joined first, give the bits of the tree on such data.
func TestTreeShows(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	x := make([]float32, 100)
	for i := range x {
		x[i] = float32(rng.NormFloat64() * math.Exp2(float64(rng.IntN(20))))
	}
	var one, neighbours float32
	var eight [8]float32
	var lane [16]float32
	for i, v := range x {
		one += v
		eight[i%8] += v
		lane[i%16] += v
	}
	for i := 0; i < 16; i += 2 {
		neighbours += lane[i] + lane[i+1]
	}
	fromEight := ((eight[0] + eight[4]) + (eight[2] + eight[6])) + ((eight[1] + eight[5]) + (eight[3] + eight[7]))
	for name, v := range map[string]float32{"one chain": one, "eight chains": fromEight, "neighbours": neighbours} {
		if v == Sum(x) {
			t.Errorf("%s gives the same %v", name, v)
		}
	}
}

func TestSumSquaresNeitherOverflowsNorVanishes(t *testing.T) {
	if got := SumSquares([]float32{3e30, 4e30}); math.Abs(got-25e60) > 1e-6*25e60 {
		t.Errorf("large: %v", got)
	}
	if got := SumSquares([]float32{math.SmallestNonzeroFloat32}); got != 0x1p-298 {
		t.Errorf("small: %v", got)
	}
	x := make([]float32, 1<<20)
	for i := range x {
		x[i] = 0.1
	}
	if got, want := SumSquares(x), float64(float32(0.1))*float64(float32(0.1))*(1<<20); math.Abs(got-want) > 1e-9*want {
		t.Errorf("long: %v, want %v", got, want)
	}
}

// TestReductionsPropagate puts a special value at every place of slices around the number of lanes.
func TestReductionsPropagate(t *testing.T) { eachLevel(t, testReductionsPropagate) }

func testReductionsPropagate(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, n := range []int{1, 2, 15, 16, 17, 33} {
		for i := range n {
			for _, special := range []float64{nan, inf, -inf} {
				x, zero := make([]float64, n), make([]float64, n)
				x[i] = special
				if got := Sum(x); !sameBits(got, special) {
					t.Errorf("sum with %v at %d of %d: %v", special, i, n, got)
				}
				if got := SumSquares(x); !sameBits(got, special*special) {
					t.Errorf("sum of squares with %v at %d of %d: %v", special, i, n, got)
				}
				if got := SumAbs(x); !sameBits(got, math.Abs(special)) {
					t.Errorf("sum of absolutes with %v at %d of %d: %v", special, i, n, got)
				}
				if a, b := Dot(x, zero), Dot(zero, x); a == a || b == b {
					t.Errorf("dot of 0 and %v at %d of %d: %v and %v", special, i, n, a, b)
				}
				x[(i+1)%n] -= special
				if got := Sum(x); got == got {
					t.Errorf("sum of %v and its opposite: %v", special, got)
				}
			}
		}
	}
}

// TestConcurrentSums: goroutines that sum at once, with and without the shared partial sums, get what each gets alone.
func TestConcurrentSums(t *testing.T) {
	defer func(n int) { forcedWorkers = n }(forcedWorkers)
	forcedWorkers = 3
	var group sync.WaitGroup
	for k := range 4 {
		group.Go(func() { testConcurrentSums[float32](t, k) })
		group.Go(func() { testConcurrentSums[float64](t, k) })
	}
	group.Wait()
}

func testConcurrentSums[T Float](t *testing.T, k int) {
	x := make([]T, 3*sumPiece+k)
	for i := range x {
		x[i] = T(i%7 + k)
	}
	want := 0.0 // whole numbers, so that the order of the sum does not matter
	for _, v := range x {
		want += float64(v * v)
	}
	bad := slices.Clone(x)
	bad[len(x)/2] = T(math.Inf(1))
	for range 50 {
		if got := SumSquares(x); got != want {
			t.Errorf("%T, %d: the sum of squares is %v, want %v", x, k, got, want)
			return
		}
		if !Finite(x) || Finite(bad) {
			t.Errorf("%T, %d: finite numbers %v, with one that is not %v", x, k, Finite(x), Finite(bad))
			return
		}
	}
}

// TestFinite puts a number that is not finite at every place of slices around the widths of vectors, and at the ends of
// pieces, which one worker looks at, or several.
func TestFinite(t *testing.T) {
	defer func(n int) { forcedWorkers = n }(forcedWorkers)
	for _, forcedWorkers = range []int{1, 3} {
		eachLevel(t, func(t *testing.T) {
			t.Run("float32", testFinite[float32])
			t.Run("float64", testFinite[float64])
		})
	}
}

func testFinite[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	largest := T(math.MaxFloat32)
	for _, n := range []int{0, 1, 3, 7, 8, 15, 16, 17, 31, 63, 64, 65, 100, 2*sumPiece + 70} {
		x := newInput[T](rng, 1, n, 0)
		for j := range n {
			x.set(0, j, []T{0, 1, -largest, largest, T(math.Copysign(0, -1)), 1e-42}[j%6])
		}
		if !Finite(x.data()) {
			t.Fatalf("%d finite numbers are said not to be", n)
		}
		for j := range n {
			if j > 100 && j%sumPiece > 1 && j%sumPiece < sumPiece-2 && j < n-66 {
				continue
			}
			old := x.at(0, j)
			for _, special := range []T{T(math.NaN()), T(math.Inf(1)), T(math.Inf(-1))} {
				x.set(0, j, special)
				if Finite(x.data()) {
					t.Fatalf("%v at %d of %d is said to be finite", special, j, n)
				}
			}
			x.set(0, j, old)
		}
		x.checkInput(t, "Finite")
	}
}
