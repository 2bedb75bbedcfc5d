// Package gonumblas lets gonum compute with the kernels of Strata.
//
//	blas64.Use(gonumblas.Implementation{})
//	blas32.Use(gonumblas.Implementation{})
//
// From then on the products of gonum/mat run on these kernels. [Implementation] replaces Gemm, and Gemv, Axpy, Dot and Scal
// where the elements of every vector are adjacent, each in float32 and float64. Of Gemv, short rows that are not transposed
// stay gonum's, which is faster there. Every other routine is gonum's own: Nrm2 and Asum because the kernels sum without
// scaling, and so promise nothing of sums that overflow on the way. Arguments are checked by gonum's own code, with its
// panics.
//
// Two things differ from gonum's routines. Gemm propagates NaN and infinity: gonum skips zeros of an operand, so that there
// 0·NaN = 0; here it is NaN. Only alpha = 0 leaves the operands unread, and only beta = 0 leaves the former result unread, as
// BLAS demands. And where every vector is adjacent, Sgemv leaves what follows the result in the slice of y as it is, which
// gonum's clears for a transposed A with beta = 0.
//
// The methods keep no state besides pooled temporaries, and may be called from any number of goroutines at once as long as
// no output is shared. The Use functions of gonum set a global without a lock: call them before the first product.
package gonumblas

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// Implementation is gonum's BLAS with some routines replaced. Its zero value is ready.
type Implementation struct {
	gonum.Implementation
}

var (
	_ blas.Float32 = Implementation{}
	_ blas.Float64 = Implementation{}
)

// Sgemm computes C = alpha·op(A)·op(B) + beta·C, as [Implementation.Dgemm] does.
func (i Implementation) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	// Nothing is left to compute with alpha = 0 and beta = 1: gonum checks the arguments and returns.
	i.Implementation.Sgemm(tA, tB, m, n, k, 0, a, lda, b, ldb, 1, c, ldc)
	gemm(&pool32, tA != blas.NoTrans, tB != blas.NoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Dgemm computes C = alpha·op(A)·op(B) + beta·C, where op is the matrix or its transpose. Shapes: C [m n], op(A) [m k],
// op(B) [k n].
//
// beta·C is rounded first and the products are added to it. For alpha ≠ 1 the smaller operand is multiplied by alpha and
// rounded before the product: an operand that overflows there gives an infinity.
func (i Implementation) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	i.Implementation.Dgemm(tA, tB, m, n, k, 0, a, lda, b, ldb, 1, c, ldc)
	gemm(&pool64, tA != blas.NoTrans, tB != blas.NoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}
