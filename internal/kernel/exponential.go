package kernel

import "math"

// Exp computes dst = eˣ.
func Exp[T Float](dst, x []T) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = T(math.Exp(float64(v)))
	}
}

// Log computes dst = ln x.
func Log[T Float](dst, x []T) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = T(math.Log(float64(v)))
	}
}

// Tanh computes dst = tanh x.
func Tanh[T Float](dst, x []T) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = T(math.Tanh(float64(v)))
	}
}

// Sigmoid computes dst = 1/(1+e⁻ˣ), with the exponential of −|x| so that nothing overflows.
func Sigmoid[T Float](dst, x []T) {
	dst = dst[:len(x)]
	for i, v := range x {
		e := math.Exp(-math.Abs(float64(v)))
		if v >= 0 {
			dst[i] = T(1 / (1 + e))
		} else {
			dst[i] = T(e / (1 + e))
		}
	}
}
