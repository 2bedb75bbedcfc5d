package tensor

import (
	"fmt"

	"github.com/strata-ml/strata/internal/kernel"
)

func checkLen(op string, got, want int) {
	if got != want {
		panic(&ShapeError{Op: op, Detail: fmt.Sprintf("lengths %d and %d differ", got, want)})
	}
}

func checkRows(op string, total, row int) {
	if row <= 0 || total%row != 0 {
		panic(&ShapeError{Op: op, Detail: fmt.Sprintf("%d elements are no whole number of rows of %d", total, row)})
	}
}

// Axpy computes y += α·x. Shapes: x, y [n]; x may be y.
func Axpy[T Float](alpha T, x, y []T) {
	checkLen("axpy", len(x), len(y))
	kernel.Axpy(alpha, x, y)
}

// AddTo computes dst += x. Shapes: dst, x [n]; x may be dst.
func AddTo[T Float](dst, x []T) {
	checkLen("add", len(x), len(dst))
	kernel.AddTo(dst, x)
}

// Scale computes x *= α.
func Scale[T Float](alpha T, x []T) { kernel.Scale(alpha, x) }

// Mul computes dst = x ⊙ y. Shapes: dst, x, y [n]; dst may be x or y.
func Mul[T Float](dst, x, y []T) {
	checkLen("mul", len(x), len(y))
	checkLen("mul", len(dst), len(x))
	kernel.Mul(dst, x, y)
}

// Dot returns Σ x[i]·y[i]. Shapes: x, y [n].
func Dot[T Float](x, y []T) T {
	checkLen("dot", len(x), len(y))
	return kernel.Dot(x, y)
}

// Sum returns Σ x[i].
func Sum[T Float](x []T) T { return kernel.Sum(x) }

// SumSquares returns Σ x[i]², summed in float64.
func SumSquares[T Float](x []T) float64 { return kernel.SumSquares(x) }

// AddRow adds b to every row of y. Shapes: y [rows n], b [n].
func AddRow[T Float](y, b []T) {
	checkRows("add_row", len(y), len(b))
	kernel.AddRow(y, b)
}

// SumRows adds the sum of the rows of dy to db: the gradient of AddRow. Shapes: dy [rows n], db [n].
func SumRows[T Float](db, dy []T) {
	checkRows("sum_rows", len(dy), len(db))
	kernel.SumRows(db, dy)
}
