package train

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// A Metric is a score that is reported but not trained on. Like an optimizer it is a rule without memory: what it
// accumulates over batches is a slice of float64 that the trainer keeps, saves and restores.
//
// Build runs once and returns the length of that slice, or an error when predictions of shape pred (one row) cannot be
// scored against targets of that spec. Targets that the spec ignores do not count. Add accounts for one batch; it allocates nothing. Value turns the sums into the
// score; it is NaN where nothing was added. HigherIsBetter says in which direction it improves.
type Metric[T tensor.Float] interface {
	Build(pred tensor.Shape, target tensor.Spec) (sums int, err error)
	Add(sums []float64, pred []T, target tensor.Values[T], rows int)
	Value(sums []float64) float64
	HigherIsBetter() bool
}

// A SequenceMetric scores rows that belong together in their order, such as the words of a sentence. It is added to in
// the order of the rows, sequence after sequence, and EndSequence is called behind each one. It is reported of
// evaluations alone: training visits the rows in another order.
type SequenceMetric[T tensor.Float] interface {
	Metric[T]
	EndSequence(sums []float64)
}

// A Tunable metric has a setting, such as a threshold, that may be chosen by rows that are not trained on. Tunes reports
// whether it is to be chosen; Tuned then returns the metric with the setting that is best for the sums.
type Tunable[T tensor.Float] interface {
	Metric[T]
	Tunes() bool
	Tuned(sums []float64) Metric[T]
}

// A MetricPart makes a metric for either element type. Name is what it is called in logs, plots and `best:`.
type MetricPart struct {
	Name string
	registry.Pair[Metric[float32], Metric[float64]]
}

// Metrics holds the metrics by name.
var Metrics = registry.New[MetricPart]("metric", registry.Frozen)

// MetricChoice is a configuration field that names a metric.
type MetricChoice = registry.Choice[MetricPart]

// RegisterMetric adds a metric under a name: its default configuration and its constructor for each element type. Its
// values are reported under that name, or, where the configuration has a method Label() string, under its label, which
// holds the settings that tell two of a kind apart, like top_5. It panics when the name is empty or taken.
func RegisterMetric[C any](name string, defaults C, f32 func(C) Metric[float32], f64 func(C) Metric[float64]) {
	registry.Register(Metrics, name, defaults, func(c C) MetricPart {
		p := MetricPart{Name: name, Pair: registry.PairOf(c, f32, f64)}
		if l, ok := any(c).(interface{ Label() string }); ok {
			p.Name = l.Label()
		}
		return p
	})
}

// MakeMetric returns a metric of element type T.
func MakeMetric[T tensor.Float](p MetricPart) Metric[T] { return registry.Of[Metric[T]](p.Pair) }
