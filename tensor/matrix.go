package tensor

import (
	"fmt"

	"github.com/strata-ml/strata/internal/kernel"
)

// A Matrix is a row-major view of a slice: element (i, j) is Data[i*Stride+j]. Stride is at least Cols, and a matrix
// that has rows has at least (Rows-1)*Stride+Cols elements of Data.
type Matrix[T Float] struct {
	Rows, Cols, Stride int
	Data               []T
}

// Mat views data as a matrix of rows×cols without gaps.
func Mat[T Float](rows, cols int, data []T) Matrix[T] {
	m := Matrix[T]{Rows: rows, Cols: cols, Stride: cols, Data: data}
	m.check("mat")
	m.Data = data[:rows*cols]
	return m
}

// check panics when the matrix reaches beyond its data.
func (m Matrix[T]) check(op string) {
	if m.Rows < 0 || m.Cols < 0 {
		panic(&ShapeError{Op: op, Detail: fmt.Sprintf("no matrix is %d×%d", m.Rows, m.Cols)})
	}
	if m.Stride < m.Cols {
		panic(&ShapeError{Op: op, Detail: fmt.Sprintf("stride %d is below %d columns", m.Stride, m.Cols)})
	}
	if m.Rows > 0 && len(m.Data)-m.Cols < (Shape{m.Rows - 1, m.Stride}).Size() {
		panic(&ShapeError{Op: op, Detail: fmt.Sprintf("%d×%d with stride %d is larger than its %d elements",
			m.Rows, m.Cols, m.Stride, len(m.Data))})
	}
}

// A ShapeError is the panic of a kernel whose arguments do not fit each other.
type ShapeError struct{ Op, Detail string }

func (e *ShapeError) Error() string { return "tensor: " + e.Op + ": " + e.Detail }

// A Mode says what a product does with the result that is already there.
type Mode bool

// The modes of a product.
const (
	Overwrite  Mode = false // C = A·B
	Accumulate Mode = true  // C += A·B
)

// MatMul computes C = A·B, or C += A·B. Shapes: C [m n], A [m k], B [k n]. C must not overlap A or B.
// Cost: 2·m·n·k operations.
func MatMul[T Float](c Matrix[T], mode Mode, a, b Matrix[T]) {
	checkProduct("matmul", c, a, b, [2]int{a.Rows, a.Cols}, [2]int{b.Rows, b.Cols})
	kernel.GemmNN(a.Rows, b.Cols, a.Cols, c.Data, c.Stride, bool(mode), a.Data, a.Stride, b.Data, b.Stride)
}

// MatMulBias computes C = A·B + bias, where each element is summed from its bias on. Shapes: C [m n], A [m k], B [k n],
// bias [n]. C must not overlap A or B. Cost: 2·m·n·k operations.
func MatMulBias[T Float](c, a, b Matrix[T], bias []T) {
	checkProduct("matmul_bias", c, a, b, [2]int{a.Rows, a.Cols}, [2]int{b.Rows, b.Cols})
	if len(bias) != b.Cols {
		panic(&ShapeError{Op: "matmul_bias", Detail: fmt.Sprintf("bias of %d elements for %d columns", len(bias), b.Cols)})
	}
	kernel.GemmBias(a.Rows, b.Cols, a.Cols, c.Data, c.Stride, bias, a.Data, a.Stride, b.Data, b.Stride)
}

// MatMulNT computes C = A·Bᵀ, or C += A·Bᵀ. Shapes: C [m n], A [m k], B [n k]. C must not overlap A or B.
func MatMulNT[T Float](c Matrix[T], mode Mode, a, b Matrix[T]) {
	checkProduct("matmul_nt", c, a, b, [2]int{a.Rows, a.Cols}, [2]int{b.Cols, b.Rows})
	kernel.GemmNT(a.Rows, b.Rows, a.Cols, c.Data, c.Stride, bool(mode), a.Data, a.Stride, b.Data, b.Stride)
}

// MatMulTN computes C = Aᵀ·B, or C += Aᵀ·B. Shapes: C [m n], A [k m], B [k n]. C must not overlap A or B.
func MatMulTN[T Float](c Matrix[T], mode Mode, a, b Matrix[T]) {
	checkProduct("matmul_tn", c, a, b, [2]int{a.Cols, a.Rows}, [2]int{b.Rows, b.Cols})
	kernel.GemmTN(a.Cols, b.Cols, a.Rows, c.Data, c.Stride, bool(mode), a.Data, a.Stride, b.Data, b.Stride)
}

// checkProduct checks a product of operands that are read as matrices of the extents left and right.
func checkProduct[T Float](op string, c, a, b Matrix[T], left, right [2]int) {
	c.check(op)
	a.check(op)
	b.check(op)
	if left[1] != right[0] || c.Rows != left[0] || c.Cols != right[1] {
		panic(&ShapeError{Op: op, Detail: fmt.Sprintf("product of %d×%d and %d×%d into %d×%d",
			left[0], left[1], right[0], right[1], c.Rows, c.Cols)})
	}
}
