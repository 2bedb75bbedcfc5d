package tensor

import "github.com/strata-ml/strata/internal/kernel"

// Exp computes dst = eˣ. dst may be x.
func Exp[T Float](dst, x []T) {
	checkLen("exp", len(dst), len(x))
	kernel.Exp(dst, x)
}

// Log computes dst = ln x. dst may be x.
func Log[T Float](dst, x []T) {
	checkLen("log", len(dst), len(x))
	kernel.Log(dst, x)
}

// Tanh computes dst = tanh x. dst may be x.
func Tanh[T Float](dst, x []T) {
	checkLen("tanh", len(dst), len(x))
	kernel.Tanh(dst, x)
}

// Sigmoid computes dst = 1/(1+e⁻ˣ) without overflow at either end. dst may be x.
func Sigmoid[T Float](dst, x []T) {
	checkLen("sigmoid", len(dst), len(x))
	kernel.Sigmoid(dst, x)
}

// Max returns the largest element of x, NaN when x holds one. It panics on an empty slice.
func Max[T Float](x []T) T {
	if len(x) == 0 {
		panic(&ShapeError{Op: "max", Detail: "no elements"})
	}
	return kernel.Max(x)
}

// Softmax computes the softmax of each row of n elements, shifted by the row's maximum so that it cannot overflow.
// Shapes: dst, x [rows n]; dst may be x.
func Softmax[T Float](dst, x []T, n int) {
	checkLen("softmax", len(dst), len(x))
	checkRows("softmax", len(x), n)
	kernel.Softmax(dst, x, n)
}
