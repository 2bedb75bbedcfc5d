package train

import (
	"fmt"
	"math"

	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/tensor"
)

// Accuracy: the part of the targets k with argmax x = k, where x are the scores of the classes.
//
// Shapes: predictions [rows … classes], or [rows 1] for two classes; targets [rows …].

// AccuracyConfig configures accuracy.
type AccuracyConfig struct {
	_ struct{} `doc:"part of the targets whose class has the highest score; with one output for two classes, the sign decides"`
}

// Accuracy is the part of right predictions, from 0 to 1. Of equal scores the first counts; a prediction that holds NaN
// is wrong. A single output is the logit of class 1 against class 0: above 0 it predicts class 1.
type Accuracy[T tensor.Float] struct{ classes classScores }

// NewAccuracy returns the metric.
func NewAccuracy[T tensor.Float](AccuracyConfig) Metric[T] { return &Accuracy[T]{} }

func init() {
	RegisterMetric("accuracy", AccuracyConfig{}, NewAccuracy[float32], NewAccuracy[float64])
}

// Build implements Metric. The sums are the right predictions and all of them.
func (m *Accuracy[T]) Build(pred tensor.Shape, target tensor.Spec) (int, error) {
	return 2, m.classes.build(pred, target)
}

// Add implements Metric. A class out of range is a panic with a *loss.TargetError.
func (m *Accuracy[T]) Add(sums []float64, pred []T, target tensor.Values[T], rows int) {
	checkClasses("accuracy", m.classes, pred, target.Ints, rows)
	for i, k := range target.Ints {
		if m.classes.target.Ignores(k) {
			continue
		}
		if predicts(scoresOf(m.classes, pred, i), int(k)) {
			sums[0]++
		}
		sums[1]++
	}
}

// Value implements Metric.
func (m *Accuracy[T]) Value(sums []float64) float64 { return sums[0] / sums[1] }

// HigherIsBetter implements Metric.
func (m *Accuracy[T]) HigherIsBetter() bool { return true }

// classScores is how predictions hold the scores of classes.
type classScores struct {
	classes int // at least 2
	width   int // scores of one prediction: classes, or 1 for the logit of class 1 against class 0
	targets int // of one row
	target  tensor.Spec
}

func (s *classScores) build(pred tensor.Shape, target tensor.Spec) error {
	if pred.Size() == 1 && target.Classes == 2 && target.Shape.Size() == 1 {
		*s = classScores{classes: 2, width: 1, targets: 1, target: target}
		return nil
	}
	if err := loss.MatchClasses(pred, target); err != nil {
		return err
	}
	if target.Classes < 2 {
		return fmt.Errorf("needs at least 2 classes, has %d", target.Classes)
	}
	*s = classScores{classes: target.Classes, width: target.Classes, targets: target.Shape.Size(), target: target}
	return nil
}

// checkClasses panics unless a batch fits, with a *tensor.ShapeError or a *loss.TargetError.
func checkClasses[T tensor.Float](op string, s classScores, pred []T, targets []int32, rows int) {
	loss.CheckLen(op, "predictions", len(pred), rows*s.targets*s.width)
	loss.CheckLen(op, "targets", len(targets), rows*s.targets)
	loss.CheckClasses(op, targets, s.target)
}

// scoresOf returns the scores of prediction i of a batch.
func scoresOf[T tensor.Float](s classScores, pred []T, i int) []T { return pred[i*s.width:][:s.width] }

// NoClass is the class that scores with a NaN among them predict.
const NoClass = -1

// predicts reports whether PredictedClass(x) = k, for a class k. Comparing with x[k] alone takes branches that
// a trained model makes foreseeable, where a running maximum does not.
func predicts[T tensor.Float](x []T, k int) bool {
	if len(x) == 1 {
		return PredictedClass(x) == k
	}
	score := x[k]
	for _, v := range x[:k] {
		if !(v < score) {
			return false
		}
	}
	for _, v := range x[k:] {
		if !(v <= score) { // NaN is not
			return false
		}
	}
	return true
}

// PredictedClass returns the class of the highest score, the first of several, or NoClass. A single score is the logit
// of class 1 against class 0.
func PredictedClass[T tensor.Float](x []T) int {
	if len(x) == 1 {
		switch {
		case math.IsNaN(float64(x[0])):
			return NoClass
		case x[0] > 0:
			return 1
		}
		return 0
	}
	best := 0
	for c, v := range x {
		if math.IsNaN(float64(v)) {
			return NoClass
		}
		if v > x[best] {
			best = c
		}
	}
	return best
}
