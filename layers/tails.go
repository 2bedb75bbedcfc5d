package layers

import (
	"math"

	"github.com/strata-ml/strata/tensor"
)

// withoutInf returns x as a factor of a weight that vanishes faster than x grows. Where the weight has become 0, an
// infinite x turns finite: the limit of the product is 0, and ∞·0 is NaN.
func withoutInf[T tensor.Float](x, weight T) T {
	if weight == 0 {
		return min(max(x, -math.MaxFloat32), math.MaxFloat32)
	}
	return x
}

// expMinusAbs computes dst = e^−|x|, which never overflows. dst may be x.
func expMinusAbs[T tensor.Float](dst, x []T) {
	for i, v := range x {
		dst[i] = -T(math.Abs(float64(v)))
	}
	tensor.Exp(dst, dst)
}
