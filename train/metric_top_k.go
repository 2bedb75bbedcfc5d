package train

import (
	"fmt"
	"math"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// Top-k accuracy: the part of the targets whose class is among the k highest scores.
//
// Shapes: predictions [rows … classes], targets [rows …].

// TopKConfig configures top_k.
type TopKConfig struct {
	_ struct{} `doc:"part of the targets whose class is among the k highest scores; reported as top_5 where k is 5"`
	K int      `doc:"how many of the highest scores count" is:">=1"`
}

// Label returns the name that the metric is reported under.
func (c TopKConfig) Label() string { return fmt.Sprintf("top_%d", c.K) }

// TopK is the part of the targets among the k highest scores, from 0 to 1. Of equal scores the first come first; a
// prediction that holds NaN is wrong.
type TopK[T tensor.Float] struct {
	config  TopKConfig
	classes classScores
}

// NewTopK returns the metric that c describes.
func NewTopK[T tensor.Float](c TopKConfig) Metric[T] { return &TopK[T]{config: c} }

func init() { RegisterMetric("top_k", TopKConfig{K: 5}, NewTopK[float32], NewTopK[float64]) }

// Build implements Metric. The sums are the right predictions and all of them.
func (m *TopK[T]) Build(pred tensor.Shape, target tensor.Spec) (int, error) {
	if err := registry.Check(m.config); err != nil {
		return 0, err
	}
	if err := m.classes.build(pred, target); err != nil {
		return 0, err
	}
	if m.config.K > m.classes.width {
		return 0, &registry.FieldError{Key: "k", Err: fmt.Errorf("must be at most the %d scores of a prediction, is %d", m.classes.width, m.config.K)}
	}
	return 2, nil
}

// Add implements Metric. A class out of range is a panic with a *loss.TargetError.
func (m *TopK[T]) Add(sums []float64, pred []T, target tensor.Values[T], rows int) {
	checkClasses("top_k", m.classes, pred, target.Ints, rows)
	for i, k := range target.Ints {
		if m.classes.target.Ignores(k) {
			continue
		}
		if rank := rankOf(int(k), scoresOf(m.classes, pred, i)); rank != NoClass && rank < m.config.K {
			sums[0]++
		}
		sums[1]++
	}
}

// rankOf returns how many classes come before class k in the order of their scores, or NoClass where one is NaN.
func rankOf[T tensor.Float](k int, x []T) int {
	rank := 0
	for c, v := range x {
		if math.IsNaN(float64(v)) {
			return NoClass
		}
		if v > x[k] || v == x[k] && c < k {
			rank++
		}
	}
	return rank
}

// Value implements Metric.
func (m *TopK[T]) Value(sums []float64) float64 { return sums[0] / sums[1] }

// HigherIsBetter implements Metric.
func (m *TopK[T]) HigherIsBetter() bool { return true }
