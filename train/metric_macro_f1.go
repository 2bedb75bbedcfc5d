package train

import "github.com/strata-ml/strata/tensor"

// Macro-averaged F1 from the true positives tp, false positives fp and false negatives fn of each class c:
//
//	F1_c = 2·tp_c / (2·tp_c + fp_c + fn_c)
//	F1   = mean of F1_c over the classes that were a target or were predicted
//
// It weighs rare classes like frequent ones. van Rijsbergen, "Information retrieval", 1979; the mean of the classes'
// F1, not the F1 of their mean precision and recall.
//
// Shapes: predictions [rows … classes], or [rows 1] for two classes; targets [rows …].

// MacroF1Config configures macro_f1.
type MacroF1Config struct {
	_ struct{} `doc:"mean over the classes of F1, the harmonic mean of precision and recall"`
}

// MacroF1 is the macro-averaged F1, from 0 to 1. Classes are predicted as in Accuracy; a prediction that holds NaN is
// a false negative of its target.
type MacroF1[T tensor.Float] struct{ classes classScores }

// NewMacroF1 returns the metric.
func NewMacroF1[T tensor.Float](MacroF1Config) Metric[T] { return &MacroF1[T]{} }

func init() {
	RegisterMetric("macro_f1", MacroF1Config{}, NewMacroF1[float32], NewMacroF1[float64])
}

// The counts of class c stand at sums[c*perClass:].
const (
	truePositives = iota
	falsePositives
	falseNegatives
	perClass
)

// Build implements Metric. The sums are the counts of true positives, false positives and false negatives per class.
func (m *MacroF1[T]) Build(pred tensor.Shape, target tensor.Spec) (int, error) {
	err := m.classes.build(pred, target)
	return perClass * m.classes.classes, err
}

// Add implements Metric. A class out of range is a panic with a *loss.TargetError.
func (m *MacroF1[T]) Add(sums []float64, pred []T, target tensor.Values[T], rows int) {
	checkClasses("macro_f1", m.classes, pred, target.Ints, rows)
	for i, k := range target.Ints {
		if m.classes.target.Ignores(k) {
			continue
		}
		predicted := PredictedClass(scoresOf(m.classes, pred, i))
		if predicted == int(k) {
			sums[predicted*perClass+truePositives]++
			continue
		}
		sums[int(k)*perClass+falseNegatives]++
		if predicted != NoClass {
			sums[predicted*perClass+falsePositives]++
		}
	}
}

// Value implements Metric.
func (m *MacroF1[T]) Value(sums []float64) float64 {
	var sum, classes float64
	for ; len(sums) >= perClass; sums = sums[perClass:] {
		tp, wrong := sums[truePositives], sums[falsePositives]+sums[falseNegatives]
		if tp+wrong > 0 {
			sum += 2 * tp / (2*tp + wrong)
			classes++
		}
	}
	return sum / classes
}

// HigherIsBetter implements Metric.
func (m *MacroF1[T]) HigherIsBetter() bool { return true }
