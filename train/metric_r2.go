package train

import (
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/tensor"
)

// Coefficient of determination of predictions x and targets t, for each of the numbers of a row and then their mean:
//
//	R² = 1 − Σ (t_i − x_i)² / Σ (t_i − mean t)²        over the rows i
//
// The spread of the targets is updated row by row, as Σ t² − n·mean² would cancel: Welford, "Note on a method for
// calculating corrected sums of squares and products", Technometrics 1962.
//
// Shapes: x, t [rows …].

// R2Config configures r2.
type R2Config struct {
	_ struct{} `doc:"coefficient of determination: part of the targets' variance that the predictions explain"`
}

// R2 is the coefficient of determination: 1 for exact predictions, 0 for their mean, less for worse ones. Targets
// without spread have none: the value is not finite.
type R2[T tensor.Float] struct{ size int }

// NewR2 returns the metric.
func NewR2[T tensor.Float](R2Config) Metric[T] { return &R2[T]{} }

func init() { RegisterMetric("r2", R2Config{}, NewR2[float32], NewR2[float64]) }

// The first sum is the count of rows; those of number j of a row stand at sums[1+j*perNumber:].
const (
	meanTarget = iota
	targetSpread
	squaredErrors
	perNumber
)

// Build implements Metric. The sums are the count of rows, and the mean, the spread and the squared errors of each
// number of a row.
func (m *R2[T]) Build(pred tensor.Shape, target tensor.Spec) (int, error) {
	m.size = pred.Size()
	return 1 + perNumber*m.size, loss.MatchNumbers(pred, target)
}

// Add implements Metric.
func (m *R2[T]) Add(sums []float64, pred []T, target tensor.Values[T], rows int) {
	checkNumbers("r2", pred, target.Floats, rows*m.size)
	for i := range rows {
		sums[0]++
		for j := range m.size {
			x, t := float64(pred[i*m.size+j]), float64(target.Floats[i*m.size+j])
			s := sums[1+j*perNumber:][:perNumber]
			before := t - s[meanTarget]
			s[meanTarget] += before / sums[0]
			s[targetSpread] += before * (t - s[meanTarget])
			s[squaredErrors] += (t - x) * (t - x)
		}
	}
}

// Value implements Metric.
func (m *R2[T]) Value(sums []float64) float64 {
	var sum, numbers float64
	for s := sums[1:]; len(s) >= perNumber; s = s[perNumber:] {
		sum += 1 - s[squaredErrors]/s[targetSpread]
		numbers++
	}
	return sum / numbers
}

// HigherIsBetter implements Metric.
func (m *R2[T]) HigherIsBetter() bool { return true }
