package gonumblas

import (
	"sync"

	"github.com/strata-ml/strata/internal/kernel"
)

// The temporaries of the products, as *[]float32 and *[]float64.
var pool32, pool64 sync.Pool

// gemm computes C = alpha·op(A)·op(B) + beta·C for arguments that are known to be right.
//
// The kernels know alpha = 1 and a product that is stored or added. Another alpha goes into a copy of the smaller operand.
// They have no Aᵀ·Bᵀ: there the copy is transposed as well.
func gemm[T kernel.Float](pool *sync.Pool, transA, transB bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	if m == 0 || n == 0 {
		return
	}
	scale(m, n, beta, c, ldc)
	if alpha == 0 || k == 0 {
		return
	}
	transpose := transA && transB
	if alpha != 1 || transpose {
		buffer := take[T](pool, k*min(m, n))
		defer pool.Put(buffer)
		if m < n {
			a, lda = scaledCopy(*buffer, transA, transpose, m, k, alpha, a, lda)
			transA = transA && !transpose
		} else {
			b, ldb = scaledCopy(*buffer, transB, transpose, k, n, alpha, b, ldb)
			transB = transB && !transpose
		}
	}
	add := beta != 0
	switch {
	case transA:
		kernel.GemmTN(m, n, k, c, ldc, add, a, lda, b, ldb)
	case transB:
		kernel.GemmNT(m, n, k, c, ldc, add, a, lda, b, ldb)
	default:
		kernel.GemmNN(m, n, k, c, ldc, add, a, lda, b, ldb)
	}
}

// scale computes C *= beta. A beta of 0 clears C whatever it holds.
func scale[T kernel.Float](m, n int, beta T, c []T, ldc int) {
	if beta == 1 {
		return
	}
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		if beta == 0 {
			clear(row)
			continue
		}
		for j := range row {
			row[j] *= beta
		}
	}
}

// scaledCopy writes alpha·X without gaps to dst, and returns it with its stride. op(X) is [rows cols]; X itself is
// [cols rows] when trans is set. With transpose the copy is [rows cols]: op(X) laid out plainly.
func scaledCopy[T kernel.Float](dst []T, trans, transpose bool, rows, cols int, alpha T, x []T, ldx int) ([]T, int) {
	if trans {
		rows, cols = cols, rows
	}
	rowStep, step, stride := cols, 1, cols
	if transpose {
		rowStep, step, stride = 1, rows, rows
	}
	for i := range rows {
		at := i * rowStep
		for _, v := range x[i*ldx : i*ldx+cols] {
			dst[at] = alpha * v
			at += step
		}
	}
	return dst, stride
}

// take returns a slice of n elements from the pool, of any content.
func take[T kernel.Float](pool *sync.Pool, n int) *[]T {
	buffer, _ := pool.Get().(*[]T)
	if buffer == nil || cap(*buffer) < n {
		buffer = new([]T)
		*buffer = make([]T, n)
	}
	*buffer = (*buffer)[:n]
	return buffer
}
