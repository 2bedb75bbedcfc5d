package train

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// F1 of finding the words whose tag is among chosen ones, from true positives tp, false positives fp and false negatives
// fn:
//
//	F1 = 2·tp / (2·tp + fp + fn)
//
// A word is predicted to be one where its most probable tag is chosen; or, with a threshold t, where the probabilities
// of the chosen tags add up to t or more. The probabilities are the softmax of the scores: scores are logits, or
// logarithms of probabilities.
//
// Shapes: predictions [rows … classes], or [rows 1] for two classes; targets [rows …].

// TokenF1Config configures token_f1.
type TokenF1Config struct {
	_         struct{} `doc:"F1 of finding the rows whose class is among chosen ones, such as the words of a location"`
	Tags      []string `doc:"names of the classes, or types of entity: location stands for B-location and I-location" is:"required"`
	Threshold float64  `doc:"probability of the classes together from which on a row is one; 0 asks whether the most probable class is" is:">=0,<=1"`
	Tune      bool     `doc:"choose the threshold by the evaluation rows of the experiment: on those it is the best, and other rows are scored with it"`
}

// Validate implements the check of a configuration.
func (c TokenF1Config) Validate() error {
	switch {
	case len(c.Tags) == 0:
		return &registry.FieldError{Key: "tags", Err: fmt.Errorf("must name at least one class")}
	case len(slices.Compact(slices.Sorted(slices.Values(c.Tags)))) < len(c.Tags):
		return &registry.FieldError{Key: "tags", Err: fmt.Errorf("lists one twice, %q", c.Tags)}
	case c.Tune && c.Threshold != 0:
		return &registry.FieldError{Key: "threshold", Err: fmt.Errorf("is of no use beside tune; keep one of them")}
	}
	return nil
}

// Label returns the name that the metric is reported under.
func (c TokenF1Config) Label() string {
	label := "token_f1_" + strings.Join(c.Tags, "_")
	if c.Threshold > 0 {
		label += fmt.Sprintf("_at_%g", c.Threshold)
	}
	if c.Tune {
		label += "_tuned"
	}
	return metricName(label)
}

// metricName replaces what the name of a metric, which is that of a tensor in a checkpoint, cannot hold.
func metricName(label string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '_'
	}, label)
}

// thresholds is how many thresholds Tune chooses among: k/thresholds for k from 1 on.
const thresholds = 1000

// TokenF1 is the F1 of the rows of chosen classes, from 0 to 1. A prediction that holds NaN finds nothing.
type TokenF1[T tensor.Float] struct {
	config  TokenF1Config
	classes classScores
	chosen  []bool // by class
}

// NewTokenF1 returns the metric that c describes.
func NewTokenF1[T tensor.Float](c TokenF1Config) Metric[T] { return &TokenF1[T]{config: c} }

func init() {
	RegisterMetric("token_f1", TokenF1Config{}, NewTokenF1[float32], NewTokenF1[float64])
}

// Build implements Metric. The sums are true positives, false positives and false negatives; with Tune, for each
// threshold below which a probability stays and reaches the one before, the rows of the chosen classes and the others.
func (m *TokenF1[T]) Build(pred tensor.Shape, target tensor.Spec) (int, error) {
	if err := registry.Check(m.config); err != nil {
		return 0, err
	}
	if err := m.classes.build(pred, target); err != nil {
		return 0, err
	}
	m.chosen = make([]bool, m.classes.classes)
	for _, tag := range m.config.Tags {
		found := false
		for k, label := range target.Labels {
			if label == tag || data.EntityType(label) == tag {
				m.chosen[k], found = true, true
			}
		}
		if !found {
			known := slices.Clone(target.Labels)
			for _, label := range target.Labels {
				known = append(known, data.EntityType(label))
			}
			slices.Sort(known)
			unknown := &registry.UnknownError{Name: tag, Known: slices.Compact(known)}
			return 0, &registry.FieldError{Key: "tags", Err: fmt.Errorf("names %q, which is no class; %s", tag, unknown.Hint())}
		}
	}
	if m.config.Tune {
		return 2 * (thresholds + 1), nil
	}
	return perClass, nil
}

// Add implements Metric. A class out of range is a panic with a *loss.TargetError.
func (m *TokenF1[T]) Add(sums []float64, pred []T, target tensor.Values[T], rows int) {
	checkClasses("token_f1", m.classes, pred, target.Ints, rows)
	for i, k := range target.Ints {
		if m.classes.target.Ignores(k) {
			continue
		}
		is := m.chosen[k]
		if m.config.Tune {
			at := 2 * threshold(m.probability(scoresOf(m.classes, pred, i)))
			if !is {
				at++
			}
			sums[at]++
			continue
		}
		switch said := m.says(scoresOf(m.classes, pred, i)); {
		case is && said:
			sums[truePositives]++
		case said:
			sums[falsePositives]++
		case is:
			sums[falseNegatives]++
		}
	}
}

// threshold returns the highest k with k/thresholds ≤ p, 0 for NaN.
func threshold(p float64) int {
	if math.IsNaN(p) {
		return 0
	}
	k := min(int(p*thresholds), thresholds)
	switch {
	case k < thresholds && float64(k+1)/thresholds <= p:
		return k + 1
	case k > 0 && float64(k)/thresholds > p:
		return k - 1
	}
	return k
}

func (m *TokenF1[T]) says(x []T) bool {
	if m.config.Threshold > 0 {
		return m.probability(x) >= m.config.Threshold
	}
	k := PredictedClass(x)
	return k != NoClass && m.chosen[k]
}

// probability returns the sum of the chosen classes' softmax, NaN where a score is NaN.
func (m *TokenF1[T]) probability(x []T) float64 {
	if len(x) == 1 {
		p := 1 / (1 + math.Exp(-float64(x[0])))
		if m.chosen[0] {
			p = 1 - p
		}
		if m.chosen[0] && m.chosen[1] {
			p = 1
		}
		return p
	}
	top := float64(slices.Max(x)) // NaN where one is NaN
	sum, chosen := 0.0, 0.0
	for k, v := range x {
		e := math.Exp(float64(v) - top)
		if sum += e; m.chosen[k] {
			chosen += e
		}
	}
	return chosen / sum
}

// Value implements Metric.
func (m *TokenF1[T]) Value(sums []float64) float64 {
	if !m.config.Tune {
		return f1(sums[truePositives], sums[falsePositives], sums[falseNegatives])
	}
	_, best := bestThreshold(sums)
	return best
}

// bestThreshold returns the k of the threshold with the highest F1, of equal ones the highest, and that F1. Where there
// are no rows it is NaN.
func bestThreshold(sums []float64) (k int, best float64) {
	positives := 0.0
	for i := 0; i < len(sums); i += 2 {
		positives += sums[i]
	}
	k, best = thresholds, math.NaN()
	tp, fp := 0.0, 0.0
	for i := thresholds; i > 0; i-- {
		tp, fp = tp+sums[2*i], fp+sums[2*i+1]
		if v := f1(tp, fp, positives-tp); math.IsNaN(best) || v > best {
			k, best = i, v
		}
	}
	return k, best
}

// f1 returns the harmonic mean of precision and recall, NaN where there is nothing to find and nothing was found.
func f1(tp, fp, fn float64) float64 { return 2 * tp / (2*tp + fp + fn) }

// HigherIsBetter implements Metric.
func (m *TokenF1[T]) HigherIsBetter() bool { return true }

// Tunes implements Tunable.
func (m *TokenF1[T]) Tunes() bool { return m.config.Tune }

// Tuned implements Tunable: it chooses the threshold with the highest F1.
func (m *TokenF1[T]) Tuned(sums []float64) Metric[T] {
	k, _ := bestThreshold(sums)
	c := m.config
	c.Tune, c.Threshold = false, float64(k)/thresholds
	return &TokenF1[T]{config: c}
}
