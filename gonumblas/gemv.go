package gonumblas

import (
	"sync"

	"gonum.org/v1/gonum/blas"

	"github.com/strata-ml/strata/internal/kernel"
)

// gemvLeastRow is the length from which gonum's product is no faster than a dot product for each row.
const gemvLeastRow = 128

// Sgemv computes y = alpha·op(A)·x + beta·y, as [Implementation.Dgemv] does.
func (i Implementation) Sgemv(tA blas.Transpose, m, n int, alpha float32, a []float32, lda int, x []float32, incX int, beta float32, y []float32, incY int) {
	if incX != 1 || incY != 1 || alpha == 0 || tA == blas.NoTrans && n < gemvLeastRow {
		i.Implementation.Sgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	// Nothing is left to compute with alpha = 0 and beta = 1: gonum checks the arguments and returns.
	i.Implementation.Sgemv(tA, m, n, 0, a, lda, x, incX, 1, y, incY)
	switch {
	case m == 0 || n == 0: // y stays, whatever beta is
	case tA == blas.NoTrans:
		gemvN(m, n, alpha, a, lda, x, beta, y)
	default:
		gemvT(&pool32, m, n, alpha, a, lda, x, beta, y)
	}
}

// Dgemv computes y = alpha·op(A)·x + beta·y, where op is the matrix or its transpose. Shapes: A [m n]; x [n] and y [m], or
// x [m] and y [n] for the transpose.
func (i Implementation) Dgemv(tA blas.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	if incX != 1 || incY != 1 || alpha == 0 || tA == blas.NoTrans && n < gemvLeastRow {
		i.Implementation.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	// Nothing is left to compute with alpha = 0 and beta = 1: gonum checks the arguments and returns.
	i.Implementation.Dgemv(tA, m, n, 0, a, lda, x, incX, 1, y, incY)
	switch {
	case m == 0 || n == 0: // y stays, whatever beta is
	case tA == blas.NoTrans:
		gemvN(m, n, alpha, a, lda, x, beta, y)
	default:
		gemvT(&pool64, m, n, alpha, a, lda, x, beta, y)
	}
}

// gemvN computes y = alpha·A·x + beta·y, a dot product for each row.
func gemvN[T kernel.Float](m, n int, alpha T, a []T, lda int, x []T, beta T, y []T) {
	x = x[:n]
	for i := range y[:m] {
		sum := alpha * kernel.Dot(x, a[i*lda:i*lda+n])
		if beta != 0 {
			sum += T(beta * y[i])
		}
		y[i] = sum
	}
}

// gemvT computes y = alpha·Aᵀ·x + beta·y: as rows, yᵀ = (alpha·x)ᵀ·A + beta·yᵀ, which reads A row by row.
func gemvT[T kernel.Float](pool *sync.Pool, m, n int, alpha T, a []T, lda int, x []T, beta T, y []T) {
	if alpha != 1 {
		scaled := take[T](pool, m)
		defer pool.Put(scaled)
		kernel.ScaleTo(*scaled, alpha, x[:m])
		x = *scaled
	}
	scale(1, n, beta, y, n)
	kernel.GemmNN(1, n, m, y, n, beta != 0, x, m, a, lda)
}
