package loss

import (
	"math"

	"github.com/strata-ml/strata/tensor"
)

// Mean absolute error of predictions x and targets t, with n numbers per row.
//
//	loss = Σ |x_i − t_i| / n          of one row
//	dx_i = sign(x_i − t_i) / (n·rows)
//
// At the kink the gradient is 0. Shapes: x, t, dx [rows …].

// MAEConfig configures mae.
type MAEConfig struct {
	_ struct{} `doc:"mean absolute error: targets are numbers of the shape of the predictions; outliers pull less than with mse"`
}

// MAE is the mean absolute error.
type MAE[T tensor.Float] struct{ size int }

// NewMAE returns the loss.
func NewMAE[T tensor.Float](MAEConfig) Loss[T] { return &MAE[T]{} }

func init() { Register("mae", MAEConfig{}, NewMAE[float32], NewMAE[float64]) }

// Build implements Loss.
func (l *MAE[T]) Build(pred tensor.Shape, target tensor.Spec) error {
	l.size = pred.Size()
	return MatchNumbers(pred, target)
}

// Eval implements Loss.
func (l *MAE[T]) Eval(pred []T, target tensor.Values[T], rows int, dpred []T) (sum, weight float64) {
	checkNumbers("mae", pred, target.Floats, dpred, rows*l.size)
	scale := T(1 / float64(len(pred)))
	for i, x := range pred {
		sum += math.Abs(float64(x) - float64(target.Floats[i]))
		if dpred != nil {
			dpred[i] = scale * sign(x-target.Floats[i])
		}
	}
	return sum / float64(l.size), float64(rows)
}

// sign returns −1, 0 or 1, and NaN for NaN.
func sign[T tensor.Float](x T) T {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}
