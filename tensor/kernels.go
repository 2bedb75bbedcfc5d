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

// ScaleTo computes dst = α·x. Shapes: dst, x [n]; dst may be x.
func ScaleTo[T Float](dst []T, alpha T, x []T) {
	checkLen("scale_to", len(dst), len(x))
	kernel.ScaleTo(dst, alpha, x)
}

// Clamp computes x = min(max(x, −limit), limit). NaN stays. It panics unless limit is positive.
func Clamp[T Float](limit T, x []T) {
	if !(limit > 0) {
		panic(&ShapeError{Op: "clamp", Detail: fmt.Sprintf("the limit must be positive, is %v", limit)})
	}
	kernel.Clamp(limit, x)
}

// Copy computes dst = x, bit for bit; of long slices faster than the copy of the language. Shapes: dst, x [n]; they are
// the same or do not overlap.
func Copy[T Float](dst, x []T) {
	checkLen("copy", len(dst), len(x))
	kernel.Copy(dst, x)
}

// Add computes dst = x + y. Shapes: dst, x, y [n]; dst may be x or y.
func Add[T Float](dst, x, y []T) {
	checkLen("add", len(x), len(y))
	checkLen("add", len(dst), len(x))
	kernel.Add(dst, x, y)
}

// Sub computes dst = x − y. Shapes: dst, x, y [n]; dst may be x or y.
func Sub[T Float](dst, x, y []T) {
	checkLen("sub", len(x), len(y))
	checkLen("sub", len(dst), len(x))
	kernel.Sub(dst, x, y)
}

// Mul computes dst = x ⊙ y. Shapes: dst, x, y [n]; dst may be x or y.
func Mul[T Float](dst, x, y []T) {
	checkLen("mul", len(x), len(y))
	checkLen("mul", len(dst), len(x))
	kernel.Mul(dst, x, y)
}

// MulAdd computes dst += x ⊙ y. Shapes: dst, x, y [n]; dst may be x or y.
func MulAdd[T Float](dst, x, y []T) {
	checkLen("mul_add", len(x), len(y))
	checkLen("mul_add", len(dst), len(x))
	kernel.MulAdd(dst, x, y)
}

// Dot returns Σ x[i]·y[i]. Shapes: x, y [n].
func Dot[T Float](x, y []T) T {
	checkLen("dot", len(x), len(y))
	return kernel.Dot(x, y)
}

// Sum returns Σ x[i].
func Sum[T Float](x []T) T { return kernel.Sum(x) }

// SumSquares returns Σ x[i]², summed in float64. It is finite only if every element is.
func SumSquares[T Float](x []T) float64 { return kernel.SumSquares(x) }

// SumAbs returns Σ |x[i]|, summed in float64.
func SumAbs[T Float](x []T) float64 { return kernel.SumAbs(x) }

// AddRow adds b to every row of y. Shapes: y [rows n], b [n].
func AddRow[T Float](y, b []T) {
	checkRows("add_row", len(y), len(b))
	kernel.AddRow(y, b)
}

// SumRows sets db to the sum of the rows of dy, or adds it to db: the gradient of AddRow. Shapes: dy [rows n], db [n].
func SumRows[T Float](db []T, mode Mode, dy []T) {
	checkRows("sum_rows", len(dy), len(db))
	if mode == Overwrite {
		kernel.SumRowsOverwrite(db, dy)
		return
	}
	kernel.SumRows(db, dy)
}

// ScaleNumbers computes dst[i] = T(float64(x[i])·scale): elements of numbers of another type, such as the bytes of an
// image. Shapes: dst, x [n].
func ScaleNumbers[T Float, S uint8 | float32 | float64](dst []T, x []S, scale float64) {
	checkLen("scale_numbers", len(dst), len(x))
	kernel.ScaleNumbers(dst, x, scale)
}
