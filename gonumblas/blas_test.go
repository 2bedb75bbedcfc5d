package gonumblas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/blas/testblas"

	"github.com/strata-ml/strata/internal/kernel"
)

// TestSuites runs gonum's own suites over the routines that are replaced.
func TestSuites(t *testing.T) {
	t.Run("Dgemm", func(t *testing.T) { testblas.TestDgemm(t, Implementation{}) })
	t.Run("Dgemv", func(t *testing.T) { testblas.DgemvTest(t, Implementation{}) })
	t.Run("Ddot", func(t *testing.T) { testblas.DdotTest(t, Implementation{}) })
	t.Run("Dscal", func(t *testing.T) { testblas.DscalTest(t, Implementation{}) })
	t.Run("Daxpy", func(t *testing.T) { testblas.DaxpyTest(t, Implementation{}) })
}

type gemmFunc[T kernel.Float] func(tA, tB blas.Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int)

var transposes = []blas.Transpose{blas.NoTrans, blas.Trans, blas.ConjTrans}

func TestGemm(t *testing.T) {
	t.Run("float32", func(t *testing.T) {
		testGemm[float32](t, Implementation{}.Sgemm, gonum.Implementation{}.Sgemm, 1e-5)
	})
	t.Run("float64", func(t *testing.T) {
		testGemm[float64](t, Implementation{}.Dgemm, gonum.Implementation{}.Dgemm, 1e-14)
	})
}

// testGemm compares whole buffers, so that a write into the gap behind a row shows.
func testGemm[T kernel.Float](t *testing.T, got, want gemmFunc[T], tolerance float64) {
	rng := rand.New(rand.NewPCG(1, 2))
	scalars := []T{0, 1, -1, 0.75, 2}
	for range 2000 {
		m, n, k := rng.IntN(40), rng.IntN(40), rng.IntN(40)
		tA, tB := transposes[rng.IntN(3)], transposes[rng.IntN(3)]
		alpha, beta := scalars[rng.IntN(5)], scalars[rng.IntN(5)]
		a, lda := randomMatrix[T](rng, tA != blas.NoTrans, m, k)
		b, ldb := randomMatrix[T](rng, tB != blas.NoTrans, k, n)
		c, ldc := randomMatrix[T](rng, false, m, n)
		reference := append([]T(nil), c...)
		if beta == 0 {
			for i := range m {
				for j := range n {
					c[i*ldc+j] = T(math.NaN())
				}
			}
		}
		got(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		want(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, reference, ldc)
		for i := range c {
			if d := math.Abs(float64(c[i] - reference[i])); !(d <= tolerance*float64(k+1)) {
				t.Fatalf("%c%c m=%d n=%d k=%d alpha=%v beta=%v: element %d is %v, want %v", tA, tB, m, n, k, alpha, beta, i, c[i], reference[i])
			}
		}
	}
}

func randomMatrix[T kernel.Float](rng *rand.Rand, trans bool, rows, cols int) ([]T, int) {
	if trans {
		rows, cols = cols, rows
	}
	stride := max(1, cols) + rng.IntN(4)
	return randomVector[T](rng, rows*stride), stride
}

func randomVector[T kernel.Float](rng *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(2*rng.Float64() - 1)
	}
	return x
}

// TestGemmPropagatesNaN pins the difference from gonum: a zero in one operand does not hide a NaN in the other.
func TestGemmPropagatesNaN(t *testing.T) {
	for _, alpha := range []float64{1, 2} {
		for _, tA := range transposes {
			for _, tB := range transposes {
				c := []float64{5}
				Implementation{}.Dgemm(tA, tB, 1, 1, 1, alpha, []float64{0}, 1, []float64{math.NaN()}, 1, 0, c, 1)
				if !math.IsNaN(c[0]) {
					t.Errorf("%c%c alpha=%v: 0·NaN = %v", tA, tB, alpha, c[0])
				}
			}
		}
	}
}

// TestGemmPanics holds the panics on bad arguments to gonum's.
func TestGemmPanics(t *testing.T) {
	x := make([]float32, 4)
	type sgemmArgs struct {
		tA, tB                    blas.Transpose
		m, n, k                   int
		lda, ldb, ldc, na, nb, nc int
	}
	tests := []struct {
		want string
		args sgemmArgs
	}{
		{"blas: illegal transpose", sgemmArgs{'X', 'N', 2, 2, 2, 2, 2, 2, 4, 4, 4}},
		{"blas: illegal transpose", sgemmArgs{'N', 'X', 2, 2, 2, 2, 2, 2, 4, 4, 4}},
		{"blas: m < 0", sgemmArgs{'N', 'N', -1, 2, 2, 2, 2, 2, 4, 4, 4}},
		{"blas: n < 0", sgemmArgs{'N', 'N', 2, -1, 2, 2, 2, 2, 4, 4, 4}},
		{"blas: k < 0", sgemmArgs{'N', 'N', 2, 2, -1, 2, 2, 2, 4, 4, 4}},
		{"blas: bad leading dimension of A", sgemmArgs{'N', 'N', 2, 2, 2, 1, 2, 2, 4, 4, 4}},
		{"blas: bad leading dimension of B", sgemmArgs{'N', 'N', 2, 2, 2, 2, 1, 2, 4, 4, 4}},
		{"blas: bad leading dimension of C", sgemmArgs{'N', 'N', 2, 2, 2, 2, 2, 1, 4, 4, 4}},
		{"blas: insufficient length of a", sgemmArgs{'T', 'N', 2, 2, 2, 2, 2, 2, 3, 4, 4}},
		{"blas: insufficient length of b", sgemmArgs{'N', 'T', 2, 2, 2, 2, 2, 2, 4, 3, 4}},
		{"blas: insufficient length of c", sgemmArgs{'T', 'T', 2, 2, 2, 2, 2, 2, 4, 4, 3}},
	}
	for _, tt := range tests {
		a := tt.args
		expectPanic(t, tt.want, func() {
			Implementation{}.Sgemm(a.tA, a.tB, a.m, a.n, a.k, 1, x[:a.na], a.lda, x[:a.nb], a.ldb, 0, x[:a.nc], a.ldc)
		})
	}
}

func expectPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := fmt.Sprint(recover()); got != want {
			t.Errorf("panic %q, want %q", got, want)
		}
	}()
	f()
}

func BenchmarkDgemm(b *testing.B) {
	benchGemm[float64](b, Implementation{}.Dgemm, gonum.Implementation{}.Dgemm)
}

func BenchmarkSgemm(b *testing.B) {
	benchGemm[float32](b, Implementation{}.Sgemm, gonum.Implementation{}.Sgemm)
}

func benchGemm[T kernel.Float](b *testing.B, strata, peer gemmFunc[T]) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{16, 64, 256} {
		x, y, z := randomVector[T](rng, n*n), randomVector[T](rng, n*n), make([]T, n*n)
		for _, tA := range transposes[:2] {
			for _, tB := range transposes[:2] {
				for name, f := range map[string]gemmFunc[T]{"strata": strata, "gonum": peer} {
					b.Run(fmt.Sprintf("%c%c/%d/%s", tA, tB, n, name), func(b *testing.B) {
						for b.Loop() {
							f(tA, tB, n, n, n, 1, x, n, y, n, 0, z, n)
						}
					})
				}
			}
		}
	}
}
