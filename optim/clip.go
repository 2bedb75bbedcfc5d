package optim

import (
	"math"

	"github.com/strata-ml/strata/tensor"
)

// Clip bounds the gradient before the update. Zero leaves a bound out; where both are set, values are clipped first.
type Clip struct {
	Norm  float64 `doc:"largest Euclidean norm of the whole gradient; a longer one is scaled down; 0 for none" is:">=0" class:"override"`
	Value float64 `doc:"largest absolute value of each element; 0 for none" is:">=0" class:"override"`
}

// clipEpsilon keeps the scale finite; it is the constant of PyTorch's clip_grad_norm_.
const clipEpsilon = 1e-6

// Factor returns min(1, Norm/(norm+10⁻⁶)), by which a gradient of Euclidean norm norm is to be multiplied (Pascanu,
// Mikolov and Bengio, "On the difficulty of training recurrent neural networks", ICML 2013). It is positive, and 1 where
// there is no bound or the norm is not finite.
func (c Clip) Factor(norm float64) float64 {
	if !(c.Norm > 0) || !(norm+clipEpsilon > c.Norm) || math.IsInf(norm, 0) {
		return 1
	}
	return max(c.Norm/(norm+clipEpsilon), math.SmallestNonzeroFloat64)
}

// ClipGradient clips the gradient of a whole model in place and returns the Euclidean norm that it had before. The
// gradient comes in one or more parts, whose norm is that of them all. A norm that is not finite leaves it as it is, so
// that the fault can be found.
//
// By value: g = min(max(g, −Value), Value). By norm: g = g·Factor(‖g‖).
func ClipGradient[T tensor.Float](c Clip, parts ...[]T) (norm float64) {
	norm = normOf(parts)
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return norm
	}
	clipped := norm
	if limit := T(c.Value); limit > 0 {
		for _, grad := range parts {
			tensor.Clamp(limit, grad)
		}
		clipped = normOf(parts)
	}
	if factor := c.Factor(clipped); factor < 1 {
		for _, grad := range parts {
			tensor.Scale(T(factor), grad)
		}
	}
	return norm
}

// normOf returns the Euclidean norm of the parts together.
func normOf[T tensor.Float](parts [][]T) float64 {
	var sum float64
	for _, grad := range parts {
		sum += tensor.SumSquares(grad)
	}
	return math.Sqrt(sum)
}
