package gonumblas

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/strata-ml/strata/internal/kernel"
)

type (
	axpyFunc[T kernel.Float] func(n int, alpha T, x []T, incX int, y []T, incY int)
	dotFunc[T kernel.Float]  func(n int, x []T, incX int, y []T, incY int) T
	scalFunc[T kernel.Float] func(n int, alpha T, x []T, incX int)
	gemvFunc[T kernel.Float] func(tA blas.Transpose, m, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int)
)

func TestAxpy(t *testing.T) {
	t.Run("float32", func(t *testing.T) {
		testAxpy[float32](t, Implementation{}.Saxpy, gonum.Implementation{}.Saxpy, 1e-6)
	})
	t.Run("float64", func(t *testing.T) {
		testAxpy[float64](t, Implementation{}.Daxpy, gonum.Implementation{}.Daxpy, 1e-15)
	})
}

func testAxpy[T kernel.Float](t *testing.T, got, want axpyFunc[T], tolerance float64) {
	rng := rand.New(rand.NewPCG(3, 4))
	increments := []int{1, 1, 1, 2, -1, -3}
	for range 1000 {
		n, incX, incY := rng.IntN(100), increments[rng.IntN(6)], increments[rng.IntN(6)]
		x, y := randomVector[T](rng, 3*n+2), randomVector[T](rng, 3*n+2)
		reference := append([]T(nil), y...)
		alpha := []T{0, 1, -0.3}[rng.IntN(3)]
		got(n, alpha, x, incX, y, incY)
		want(n, alpha, x, incX, reference, incY)
		for i := range y {
			if !(math.Abs(float64(y[i]-reference[i])) <= tolerance) {
				t.Fatalf("n=%d incX=%d incY=%d alpha=%v: element %d is %v, want %v", n, incX, incY, alpha, i, y[i], reference[i])
			}
		}
	}
}

func TestDot(t *testing.T) {
	t.Run("float32", func(t *testing.T) {
		testDot[float32](t, Implementation{}.Sdot, gonum.Implementation{}.Sdot, 1e-6)
	})
	t.Run("float64", func(t *testing.T) {
		testDot[float64](t, Implementation{}.Ddot, gonum.Implementation{}.Ddot, 1e-15)
	})
}

func testDot[T kernel.Float](t *testing.T, got, want dotFunc[T], tolerance float64) {
	rng := rand.New(rand.NewPCG(7, 8))
	increments := []int{1, 1, 1, 2, -1, -3}
	for range 1000 {
		n, incX, incY := rng.IntN(100), increments[rng.IntN(6)], increments[rng.IntN(6)]
		x, y := randomVector[T](rng, 3*n+2), randomVector[T](rng, 3*n+2)
		g, w := got(n, x, incX, y, incY), want(n, x, incX, y, incY)
		if !(math.Abs(float64(g-w)) <= tolerance*float64(n)) {
			t.Fatalf("n=%d incX=%d incY=%d: %v, want %v", n, incX, incY, g, w)
		}
	}
}

func TestScal(t *testing.T) {
	t.Run("float32", func(t *testing.T) {
		testScal[float32](t, Implementation{}.Sscal, gonum.Implementation{}.Sscal)
	})
	t.Run("float64", func(t *testing.T) {
		testScal[float64](t, Implementation{}.Dscal, gonum.Implementation{}.Dscal)
	})
}

// testScal wants the same bits: every element is rounded once.
func testScal[T kernel.Float](t *testing.T, got, want scalFunc[T]) {
	rng := rand.New(rand.NewPCG(9, 10))
	for range 1000 {
		n, incX := rng.IntN(100), []int{1, 1, 2, -1}[rng.IntN(4)]
		x := randomVector[T](rng, 2*n+2)
		x[0] = T(math.NaN())
		reference := append([]T(nil), x...)
		alpha := []T{0, 1, -0.3}[rng.IntN(3)]
		got(n, alpha, x, incX)
		want(n, alpha, reference, incX)
		for i, w := range reference {
			if math.Float64bits(float64(x[i])) != math.Float64bits(float64(w)) {
				t.Fatalf("n=%d incX=%d alpha=%v: element %d is %v, want %v", n, incX, alpha, i, x[i], w)
			}
		}
	}
}

func TestGemv(t *testing.T) {
	t.Run("float32", func(t *testing.T) {
		testGemv[float32](t, Implementation{}.Sgemv, gonum.Implementation{}.Sgemv, 1e-6)
	})
	t.Run("float64", func(t *testing.T) {
		testGemv[float64](t, Implementation{}.Dgemv, gonum.Implementation{}.Dgemv, 1e-15)
	})
}

// testGemv compares all of y, so that a write behind the result shows. With beta = 0 the former y is NaN.
func testGemv[T kernel.Float](t *testing.T, got, want gemvFunc[T], tolerance float64) {
	rng := rand.New(rand.NewPCG(11, 12))
	increments, scalars := []int{1, 1, 1, 2, -1, -3}, []T{0, 1, -1, 0.75, 2}
	for range 2000 {
		m, n, tA := rng.IntN(70), rng.IntN(2*gemvLeastRow), transposes[rng.IntN(3)]
		incX, incY := increments[rng.IntN(6)], increments[rng.IntN(6)]
		alpha, beta := scalars[rng.IntN(5)], scalars[rng.IntN(5)]
		a, lda := randomMatrix[T](rng, false, m, n)
		x, y := randomVector[T](rng, 3*max(m, n)+2), randomVector[T](rng, 3*max(m, n)+2)
		reference := append([]T(nil), y...)
		rows := n
		if tA == blas.NoTrans {
			rows = m
		}
		want(tA, m, n, alpha, a, lda, x, incX, beta, reference, incY)
		if alpha != 0 && incX == 1 && incY == 1 {
			copy(reference[rows:], y[rows:]) // where beta is 0, gonum's Sgemv clears what follows y, too
			if beta == 0 && m > 0 && n > 0 {
				for i := range rows {
					y[i] = T(math.NaN())
				}
			}
		}
		got(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
		for i, w := range reference {
			if !(math.Abs(float64(y[i]-w)) <= tolerance*float64(m+n+1)) {
				t.Fatalf("%c m=%d n=%d incX=%d incY=%d alpha=%v beta=%v: element %d is %v, want %v", tA, m, n, incX, incY, alpha, beta, i, y[i], w)
			}
		}
	}
}

// TestVectorPanics holds the panics on bad arguments to gonum's.
func TestVectorPanics(t *testing.T) {
	x := make([]float32, 4)
	expectPanic(t, "blas: n < 0", func() { Implementation{}.Saxpy(-1, 1, x, 1, x, 1) })
	expectPanic(t, "blas: zero x index increment", func() { Implementation{}.Saxpy(1, 1, x, 0, x, 1) })
	expectPanic(t, "blas: insufficient length of x", func() { Implementation{}.Saxpy(4, 1, x[:3], 1, x, 1) })
	expectPanic(t, "blas: insufficient length of y", func() { Implementation{}.Saxpy(4, 1, x, 1, x[:3], 1) })
	for _, tt := range []struct {
		want          string
		n, incX, lenX int
	}{
		{"blas: n < 0", -1, 1, 4},
		{"blas: zero x index increment", 1, 0, 4},
		{"blas: insufficient length of x", 4, 1, 3},
	} {
		expectPanic(t, tt.want, func() { Implementation{}.Sdot(tt.n, x[:tt.lenX], tt.incX, x, 1) })
		expectPanic(t, tt.want, func() { Implementation{}.Sscal(tt.n, 2, x[:tt.lenX], tt.incX) })
	}
	expectPanic(t, "blas: insufficient length of y", func() { Implementation{}.Sdot(4, x, 1, x[:3], 1) })
	expectPanic(t, "blas: zero y index increment", func() { Implementation{}.Sdot(4, x, 1, x, 0) })

	gemv := func(tA blas.Transpose, m, n, lda, na, nx, ny int) func() {
		return func() { Implementation{}.Sgemv(tA, m, n, 1, x[:na], lda, x[:nx], 1, 0, x[:ny], 1) }
	}
	expectPanic(t, "blas: illegal transpose", gemv('X', 2, 2, 2, 4, 2, 2))
	expectPanic(t, "blas: m < 0", gemv('N', -1, 2, 2, 4, 2, 2))
	expectPanic(t, "blas: n < 0", gemv('N', 2, -1, 2, 4, 2, 2))
	expectPanic(t, "blas: bad leading dimension of A", gemv('N', 2, 2, 1, 4, 2, 2))
	expectPanic(t, "blas: insufficient length of a", gemv('N', 2, 2, 2, 3, 2, 2))
	expectPanic(t, "blas: insufficient length of x", gemv('N', 1, 2, 2, 4, 1, 2))
	expectPanic(t, "blas: insufficient length of x", gemv('T', 2, 1, 1, 4, 1, 2))
	expectPanic(t, "blas: insufficient length of y", gemv('N', 2, 1, 1, 4, 2, 1))
	expectPanic(t, "blas: insufficient length of y", gemv('T', 1, 2, 2, 4, 2, 1))
}
