package train

import (
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/tensor"
)

// Mean squared error of predictions x and targets t: Σ (x_i − t_i)² / n over all numbers.
//
// Shapes: x, t [rows …].

// MSEConfig configures mse.
type MSEConfig struct {
	_ struct{} `doc:"mean squared error over all numbers"`
}

// MSE is the mean squared error, in the square of the target's unit.
type MSE[T tensor.Float] struct{ size int }

// NewMSE returns the metric.
func NewMSE[T tensor.Float](MSEConfig) Metric[T] { return &MSE[T]{} }

func init() { RegisterMetric("mse", MSEConfig{}, NewMSE[float32], NewMSE[float64]) }

// Build implements Metric. The sums are the squared errors and the count of numbers.
func (m *MSE[T]) Build(pred tensor.Shape, target tensor.Spec) (int, error) {
	m.size = pred.Size()
	return 2, loss.MatchNumbers(pred, target)
}

// Add implements Metric.
func (m *MSE[T]) Add(sums []float64, pred []T, target tensor.Values[T], rows int) {
	checkNumbers("mse", pred, target.Floats, rows*m.size)
	for i, x := range pred {
		d := float64(x) - float64(target.Floats[i])
		sums[0] += d * d
	}
	sums[1] += float64(len(pred))
}

// Value implements Metric.
func (m *MSE[T]) Value(sums []float64) float64 { return sums[0] / sums[1] }

// HigherIsBetter implements Metric.
func (m *MSE[T]) HigherIsBetter() bool { return false }

// checkNumbers panics with a *tensor.ShapeError unless predictions and targets have n elements.
func checkNumbers[T tensor.Float](op string, pred, targets []T, n int) {
	loss.CheckLen(op, "predictions", len(pred), n)
	loss.CheckLen(op, "targets", len(targets), n)
}
