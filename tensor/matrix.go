package tensor

import (
	"fmt"

	"github.com/strata-ml/strata/internal/kernel"
)

// A Matrix is a row-major view of a slice: element (i, j) is Data[i*Stride+j].
type Matrix[T Float] struct {
	Rows, Cols, Stride int
	Data               []T
}

// Mat views data as a matrix of rows×cols without gaps.
func Mat[T Float](rows, cols int, data []T) Matrix[T] {
	if len(data) < rows*cols {
		panic(&ShapeError{Op: "mat", Detail: fmt.Sprintf("%d×%d needs %d elements, has %d", rows, cols, rows*cols, len(data))})
	}
	return Matrix[T]{Rows: rows, Cols: cols, Stride: cols, Data: data[:rows*cols]}
}

// A ShapeError is the panic of a kernel whose arguments do not fit each other.
type ShapeError struct{ Op, Detail string }

func (e *ShapeError) Error() string { return "tensor: " + e.Op + ": " + e.Detail }

// A Mode says what a product does with the result that is already there.
type Mode bool

// The modes of a product.
const (
	Set Mode = false // C = A·B
	Add Mode = true  // C += A·B
)

// MatMul computes C = A·B, or C += A·B. Shapes: C [m n], A [m k], B [k n]. C must not overlap A or B.
// Cost: 2·m·n·k operations.
func MatMul[T Float](c Matrix[T], mode Mode, a, b Matrix[T]) {
	checkProduct("matmul", c, a.Rows, a.Cols, b.Rows, b.Cols)
	kernel.GemmNN(a.Rows, b.Cols, a.Cols, c.Data, c.Stride, bool(mode), a.Data, a.Stride, b.Data, b.Stride)
}

// MatMulNT computes C = A·Bᵀ, or C += A·Bᵀ. Shapes: C [m n], A [m k], B [n k]. C must not overlap A or B.
func MatMulNT[T Float](c Matrix[T], mode Mode, a, b Matrix[T]) {
	checkProduct("matmul_nt", c, a.Rows, a.Cols, b.Cols, b.Rows)
	kernel.GemmNT(a.Rows, b.Rows, a.Cols, c.Data, c.Stride, bool(mode), a.Data, a.Stride, b.Data, b.Stride)
}

// MatMulTN computes C = Aᵀ·B, or C += Aᵀ·B. Shapes: C [m n], A [k m], B [k n]. C must not overlap A or B.
func MatMulTN[T Float](c Matrix[T], mode Mode, a, b Matrix[T]) {
	checkProduct("matmul_tn", c, a.Cols, a.Rows, b.Rows, b.Cols)
	kernel.GemmTN(a.Cols, b.Cols, a.Rows, c.Data, c.Stride, bool(mode), a.Data, a.Stride, b.Data, b.Stride)
}

func checkProduct[T Float](op string, c Matrix[T], m, ka, kb, n int) {
	if ka != kb || c.Rows != m || c.Cols != n {
		panic(&ShapeError{Op: op, Detail: fmt.Sprintf("product of %d×%d and %d×%d into %d×%d", m, ka, kb, n, c.Rows, c.Cols)})
	}
}
