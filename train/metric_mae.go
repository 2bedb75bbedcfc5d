package train

import (
	"math"

	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/tensor"
)

// Mean absolute error of predictions x and targets t: Σ |x_i − t_i| / n over all numbers.
//
// Shapes: x, t [rows …].

// MAEConfig configures mae.
type MAEConfig struct {
	_ struct{} `doc:"mean absolute error over all numbers, in the unit of the target"`
}

// MAE is the mean absolute error, in the target's unit.
type MAE[T tensor.Float] struct{ size int }

// NewMAE returns the metric.
func NewMAE[T tensor.Float](MAEConfig) Metric[T] { return &MAE[T]{} }

func init() { RegisterMetric("mae", MAEConfig{}, NewMAE[float32], NewMAE[float64]) }

// Build implements Metric. The sums are the absolute errors and the count of numbers.
func (m *MAE[T]) Build(pred tensor.Shape, target tensor.Spec) (int, error) {
	m.size = pred.Size()
	return 2, loss.MatchNumbers(pred, target)
}

// Add implements Metric.
func (m *MAE[T]) Add(sums []float64, pred []T, target tensor.Values[T], rows int) {
	checkNumbers("mae", pred, target.Floats, rows*m.size)
	for i, x := range pred {
		sums[0] += math.Abs(float64(x) - float64(target.Floats[i]))
	}
	sums[1] += float64(len(pred))
}

// Value implements Metric.
func (m *MAE[T]) Value(sums []float64) float64 { return sums[0] / sums[1] }

// HigherIsBetter implements Metric.
func (m *MAE[T]) HigherIsBetter() bool { return false }
