package loss

import "github.com/strata-ml/strata/tensor"

// Mean squared error of predictions x and targets t, with n numbers per row.
//
//	loss = Σ (x_i − t_i)² / n          of one row
//	dx_i = 2·(x_i − t_i) / (n·rows)
//
// The mean over rows is the mean over all numbers. Shapes: x, t, dx [rows …].

// MSEConfig configures mse.
type MSEConfig struct {
	_ struct{} `doc:"mean squared error: targets are numbers of the shape of the predictions"`
}

// MSE is the mean squared error.
type MSE[T tensor.Float] struct{ size int }

// NewMSE returns the loss.
func NewMSE[T tensor.Float](MSEConfig) Loss[T] { return &MSE[T]{} }

func init() { Register("mse", MSEConfig{}, NewMSE[float32], NewMSE[float64]) }

// Build implements Loss.
func (l *MSE[T]) Build(pred tensor.Shape, target tensor.Spec) error {
	l.size = pred.Size()
	return MatchNumbers(pred, target)
}

// Eval implements Loss.
func (l *MSE[T]) Eval(pred []T, target tensor.Values[T], rows int, dpred []T) (sum, weight float64) {
	t := target.Floats
	checkNumbers("mse", pred, t, dpred, rows*l.size)
	for i, x := range pred {
		d := float64(x) - float64(t[i])
		sum += d * d
	}
	if dpred != nil {
		scale := T(2 / float64(len(pred)))
		for i, x := range pred {
			dpred[i] = scale * (x - t[i])
		}
	}
	return sum / float64(l.size), float64(rows)
}
