package tensor

import (
	"fmt"

	"github.com/strata-ml/strata/internal/kernel"
)

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

// TanhBackward computes dx = dy·(1 − y²), the gradient of y = tanh x. Shapes: dx, y, dy [n]; dx may be y or dy.
func TanhBackward[T Float](dx, y, dy []T) {
	checkGradient("tanh_backward", dx, y, dy)
	kernel.TanhBackward(dx, y, dy)
}

// SigmoidBackward computes dx = dy·y·(1 − y), the gradient of y = 1/(1+e⁻ˣ). Shapes: dx, y, dy [n]; dx may be y or dy.
func SigmoidBackward[T Float](dx, y, dy []T) {
	checkGradient("sigmoid_backward", dx, y, dy)
	kernel.SigmoidBackward(dx, y, dy)
}

// Erf computes dst = erf x, the error function. dst may be x.
func Erf[T Float](dst, x []T) {
	checkLen("erf", len(dst), len(x))
	kernel.Erf(dst, x)
}

// GELU computes dst = x·Φ(x) with Φ the normal distribution function, and keeps its precision in the lower tail. dst may
// be x. Hendrycks and Gimpel, "Gaussian error linear units (GELUs)", arXiv:1606.08415.
func GELU[T Float](dst, x []T) {
	checkLen("gelu", len(dst), len(x))
	kernel.GELU(dst, x)
}

// GELUBackward computes the gradient dx of GELU at x. Shapes: dx, x, dy [n]; dx may be x or dy.
func GELUBackward[T Float](dx, x, dy []T) {
	checkGradient("gelu_backward", dx, x, dy)
	kernel.GELUBackward(dx, x, dy)
}

// GELUTanh computes dst = x·(1 + tanh(√(2/π)(x + 0.044715x³)))/2, which is close to GELU. dst may be x.
func GELUTanh[T Float](dst, x []T) {
	checkLen("gelu_tanh", len(dst), len(x))
	kernel.GELUTanh(dst, x)
}

// GELUTanhBackward computes the gradient dx of GELUTanh at x. Shapes: dx, x, dy [n]; dx may be x or dy.
func GELUTanhBackward[T Float](dx, x, dy []T) {
	checkGradient("gelu_tanh_backward", dx, x, dy)
	kernel.GELUTanhBackward(dx, x, dy)
}

// ReLU computes dst = max(x, 0). dst may be x.
func ReLU[T Float](dst, x []T) {
	checkLen("relu", len(dst), len(x))
	kernel.ReLU(dst, x)
}

// ReLUBackward computes dx = dy, and 0 where y ≤ 0: the gradient of y = max(x, 0). Shapes: dx, y, dy [n]; dx may be y or
// dy.
func ReLUBackward[T Float](dx, y, dy []T) {
	checkGradient("relu_backward", dx, y, dy)
	kernel.ReLUBackward(dx, y, dy)
}

// LeakyReLU computes dst = x where x > 0, else slope·x. dst may be x.
func LeakyReLU[T Float](dst, x []T, slope T) {
	checkLen("leaky_relu", len(dst), len(x))
	kernel.LeakyReLU(dst, x, slope)
}

// LeakyReLUBackward computes dx = dy where x > 0, else slope·dy: the gradient of LeakyReLU. Shapes: dx, x, dy [n]; dx may
// be x or dy.
func LeakyReLUBackward[T Float](dx, x, dy []T, slope T) {
	checkGradient("leaky_relu_backward", dx, x, dy)
	kernel.LeakyReLUBackward(dx, x, dy, slope)
}

// SiLU computes dst = x·σ(x). dst may be x. Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units for neural network
// function approximation in reinforcement learning", Neural Networks 107, 2018.
func SiLU[T Float](dst, x []T) {
	checkLen("silu", len(dst), len(x))
	kernel.SiLU(dst, x)
}

// SiLUBackward computes the gradient dx of SiLU at x. Shapes: dx, x, dy [n]; dx may be x or dy.
func SiLUBackward[T Float](dx, x, dy []T) {
	checkGradient("silu_backward", dx, x, dy)
	kernel.SiLUBackward(dx, x, dy)
}

// Mish computes dst = x·tanh(log(1 + eˣ)). dst may be x. Misra, "Mish: a self regularized non-monotonic activation
// function", BMVC 2020.
func Mish[T Float](dst, x []T) {
	checkLen("mish", len(dst), len(x))
	kernel.Mish(dst, x)
}

// MishBackward computes the gradient dx of Mish at x. Shapes: dx, x, dy [n]; dx may be x or dy.
func MishBackward[T Float](dx, x, dy []T) {
	checkGradient("mish_backward", dx, x, dy)
	kernel.MishBackward(dx, x, dy)
}

// ELU computes dst = right·x where x > 0, else left·(eˣ − 1), without cancellation near 0. dst may be x. Clevert,
// Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential linear units (ELUs)", ICLR 2016.
func ELU[T Float](dst, x []T, right, left T) {
	checkLen("elu", len(dst), len(x))
	kernel.ELU(dst, x, right, left)
}

// ELUBackward computes dx = right·dy where x > 0, else left·eˣ·dy: the gradient of ELU. Shapes: dx, x, dy [n]; dx may be x
// or dy.
func ELUBackward[T Float](dx, x, dy []T, right, left T) {
	checkGradient("elu_backward", dx, x, dy)
	kernel.ELUBackward(dx, x, dy, right, left)
}

// Softplus computes dst = log(1 + e^(beta·x))/beta, and x where beta·x > threshold, for beta > 0. It keeps its precision in
// the lower tail. dst may be x.
func Softplus[T Float](dst, x []T, beta, threshold T) {
	checkLen("softplus", len(dst), len(x))
	kernel.Softplus(dst, x, beta, threshold)
}

// SoftplusBackward computes the gradient dx of Softplus at x. Shapes: dx, x, dy [n]; dx may be x or dy.
func SoftplusBackward[T Float](dx, x, dy []T, beta, threshold T) {
	checkGradient("softplus_backward", dx, x, dy)
	kernel.SoftplusBackward(dx, x, dy, beta, threshold)
}

// Clip computes dst = lo where x < lo, hi where x > hi, else x, for lo ≤ hi. dst may be x.
func Clip[T Float](dst, x []T, lo, hi T) {
	checkLen("clip", len(dst), len(x))
	kernel.Clip(dst, x, lo, hi)
}

// ClipBackward computes dx = dy, and 0 where y ≤ lo or y ≥ hi: the gradient of y = Clip(x). Shapes: dx, y, dy [n]; dx may
// be y or dy.
func ClipBackward[T Float](dx, y, dy []T, lo, hi T) {
	checkGradient("clip_backward", dx, y, dy)
	kernel.ClipBackward(dx, y, dy, lo, hi)
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

// SoftmaxBackward computes dx[i, j] = y[i, j]·(dy[i, j] − Σ_l dy[i, l]·y[i, l]), the gradient of the softmax y. Shapes: dx,
// y, dy [rows n]; dx may be y or dy.
func SoftmaxBackward[T Float](dx, y, dy []T, n int) {
	checkGradient("softmax_backward", dx, y, dy)
	checkRows("softmax_backward", len(y), n)
	kernel.SoftmaxBackward(dx, y, dy, n)
}

// CrossEntropy returns Σ −log p[i, class[i]] of the softmax p of each row of n logits, summed in float64, and sets
// dx = scale·(p − [j = class[i]]) where dx is not nil. It is exact where a probability rounds to 0 or 1. Shapes: x, dx
// [rows n]; class [rows], each in [0, n). dx and x must not overlap.
func CrossEntropy[T Float](dx, x []T, class []int32, n int, scale T) float64 {
	checkRows("cross_entropy", len(x), n)
	checkLen("cross_entropy", len(class), len(x)/n)
	if dx != nil {
		checkLen("cross_entropy", len(dx), len(x))
	}
	for _, k := range class {
		if k < 0 || int(k) >= n {
			panic(&ShapeError{Op: "cross_entropy", Detail: fmt.Sprintf("class %d is not below %d", k, n)})
		}
	}
	return kernel.CrossEntropy(dx, x, class, n, scale)
}

func checkGradient[T Float](op string, dx, xy, dy []T) {
	checkLen(op, len(dx), len(xy))
	checkLen(op, len(dy), len(xy))
}
