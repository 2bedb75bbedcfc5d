package optim

import (
	"math"

	"github.com/strata-ml/strata/tensor"
)

// Clip bounds the gradient before the update. Zero leaves a bound out; where both are set, values are clipped first.
type Clip struct {
	Norm  float64 `doc:"largest Euclidean norm of the whole gradient; a longer one is scaled down; 0 for none" is:">=0"`
	Value float64 `doc:"largest absolute value of each element; 0 for none" is:">=0"`
}

// clipEpsilon keeps the scale finite; it is the constant of PyTorch's clip_grad_norm_.
const clipEpsilon = 1e-6

// ClipGradient clips the flat gradient of a whole model in place and returns the Euclidean norm that it had before. A
// norm that is not finite leaves it as it is, so that the fault can be found.
//
// By value: g = min(max(g, −Value), Value). By norm: g = g·min(1, Norm/(‖g‖+10⁻⁶)) (Pascanu, Mikolov and Bengio, "On
// the difficulty of training recurrent neural networks", ICML 2013).
func ClipGradient[T tensor.Float](c Clip, grad []T) (norm float64) {
	norm = math.Sqrt(tensor.SumSquares(grad))
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return norm
	}
	clipped := norm
	if limit := T(c.Value); limit > 0 {
		for i, g := range grad {
			grad[i] = min(max(g, -limit), limit)
		}
		clipped = math.Sqrt(tensor.SumSquares(grad))
	}
	if c.Norm > 0 && clipped+clipEpsilon > c.Norm {
		tensor.Scale(T(c.Norm/(clipped+clipEpsilon)), grad)
	}
	return norm
}
