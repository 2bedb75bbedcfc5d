package train

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// LossName is what the loss is called where a metric can be named.
const LossName = "loss"

// scores accumulates the loss and the metrics over batches. Its sums are the whole of its memory, and are saved with
// an unfinished epoch.
type scores[T tensor.Float] struct {
	metrics []NamedMetric[T]
	loss    []float64   // Σ loss, Σ weight
	sums    [][]float64 // by metric
}

func newScores[T tensor.Float](metrics []NamedMetric[T], l loss.Loss[T], pred tensor.Shape, target tensor.Spec) (*scores[T], error) {
	target = loss.Scored(l, target)
	s := &scores[T]{metrics: metrics, loss: make([]float64, 2)}
	for i, m := range metrics {
		if m.Name == LossName || slices.ContainsFunc(metrics[:i], func(o NamedMetric[T]) bool { return o.Name == m.Name }) {
			return nil, fmt.Errorf("metric %s: the name is taken", m.Name)
		}
		n, err := m.Metric.Build(pred, target)
		if err != nil {
			return nil, fmt.Errorf("metric %s: %w", m.Name, err)
		}
		s.sums = append(s.sums, make([]float64, n))
	}
	return s, nil
}

// add accounts for a batch whose rows are in no order, as in training: it passes over metrics of sequences.
func (s *scores[T]) add(sum, weight float64, pred []T, b *tensor.Batch[T]) {
	s.loss[0] += sum
	s.loss[1] += weight
	for i, m := range s.metrics {
		if _, ok := m.Metric.(SequenceMetric[T]); !ok {
			m.Metric.Add(s.sums[i], pred, b.Target, b.Rows)
		}
	}
}

// addInOrder accounts for a batch that follows the one before. ends holds, in ascending order, the rows of the batch
// behind which a sequence ends.
func (s *scores[T]) addInOrder(sum, weight float64, pred []T, b *tensor.Batch[T], ends []int) {
	s.add(sum, weight, pred, b)
	for i, m := range s.metrics {
		if sequences, ok := m.Metric.(SequenceMetric[T]); ok {
			addSequences(sequences, s.sums[i], pred, b, ends)
		}
	}
}

func addSequences[T tensor.Float](m SequenceMetric[T], sums []float64, pred []T, b *tensor.Batch[T], ends []int) {
	begin, width, targets := 0, len(pred)/b.Rows, len(b.Target.Ints)/b.Rows
	part := func(end int) {
		if end > begin {
			m.Add(sums, pred[begin*width:end*width], tensor.Values[T]{Ints: b.Target.Ints[begin*targets : end*targets]}, end-begin)
		}
		begin = end
	}
	for _, end := range ends {
		part(end)
		m.EndSequence(sums)
	}
	part(b.Rows)
}

func (s *scores[T]) reset() {
	clear(s.loss)
	for _, sums := range s.sums {
		clear(sums)
	}
}

// record returns the scores so far.
func (s *scores[T]) record(kind string) Record {
	rec := Record{Kind: kind, Loss: Number(s.loss[0] / s.loss[1])}
	for i, m := range s.metrics {
		if _, ok := m.Metric.(SequenceMetric[T]); ok && kind != EvalRecord {
			continue
		}
		if rec.Metrics == nil {
			rec.Metrics = map[string]Number{}
		}
		rec.Metrics[m.Name] = Number(m.Metric.Value(s.sums[i]))
	}
	return rec
}

// higherIsBetter says in which direction a watched value improves. It returns an error when there is no such value.
func (s *scores[T]) higherIsBetter(name string) (bool, error) {
	if name == LossName {
		return false, nil
	}
	known := []string{LossName}
	for _, m := range s.metrics {
		if m.Name == name {
			return m.Metric.HigherIsBetter(), nil
		}
		known = append(known, m.Name)
	}
	if near := registry.Nearest(name, known); near != "" {
		return false, fmt.Errorf("no metric %q is reported; did you mean %q?", name, near)
	}
	return false, fmt.Errorf("no metric %q is reported; there are %s", name, strings.Join(known, ", "))
}

// value returns the loss or the metric of that name, NaN where the record has none.
func (r *Record) value(name string) float64 {
	if name == LossName {
		return float64(r.Loss)
	}
	if v, ok := r.Metrics[name]; ok {
		return float64(v)
	}
	return math.NaN()
}

// Evaluate scores a model on a set without training: the loss and the metrics over all rows, in batches of up to
// batch. Loss and metrics are built here. The set needs a target.
func Evaluate[T tensor.Float](m *model.Model[T], l loss.Loss[T], metrics []NamedMetric[T], set *data.Set, batch int) (Record, error) {
	if set.Target == nil {
		return Record{}, errors.New("evaluate: the rows have no target")
	}
	if err := l.Build(m.Output(), set.Target.Spec()); err != nil {
		return Record{}, fmt.Errorf("loss: %w", err)
	}
	return evaluate(model.NewExec(m, min(batch, max(set.Len(), 1)), false), l, metrics, set, batch)
}

// Tune returns the metrics with the settings that are best on a set, for those that have one to choose: what is chosen by
// evaluation rows can then score others.
func Tune[T tensor.Float](m *model.Model[T], l loss.Loss[T], metrics []NamedMetric[T], set *data.Set, batch int) ([]NamedMetric[T], error) {
	if set.Target == nil {
		return nil, errors.New("tune: the rows have no target")
	}
	if err := l.Build(m.Output(), set.Target.Spec()); err != nil {
		return nil, fmt.Errorf("loss: %w", err)
	}
	s, err := scoresOn(model.NewExec(m, min(batch, max(set.Len(), 1)), false), l, metrics, set, batch)
	if err != nil {
		return nil, err
	}
	tuned := slices.Clone(metrics)
	for i, named := range metrics {
		if t, ok := named.Metric.(Tunable[T]); ok && t.Tunes() {
			tuned[i].Metric = t.Tuned(s.sums[i])
		}
	}
	return tuned, nil
}

// Tunes reports whether a metric has a setting that Tune chooses.
func Tunes[T tensor.Float](metrics []NamedMetric[T]) bool {
	return slices.ContainsFunc(metrics, func(m NamedMetric[T]) bool {
		t, ok := m.Metric.(Tunable[T])
		return ok && t.Tunes()
	})
}

func evaluate[T tensor.Float](e *model.Exec[T], l loss.Loss[T], metrics []NamedMetric[T], set *data.Set, batch int) (Record, error) {
	s, err := scoresOn(e, l, metrics, set, batch)
	if err != nil {
		return Record{}, err
	}
	return s.record(EvalRecord), nil
}

// scoresOn accumulates the loss and the metrics over a set.
func scoresOn[T tensor.Float](e *model.Exec[T], l loss.Loss[T], metrics []NamedMetric[T], set *data.Set, batch int) (*scores[T], error) {
	s, err := newScores(metrics, l, e.Model().Output(), set.Target.Spec())
	if err != nil {
		return nil, err
	}
	row, ends := 0, []int(nil)
	err = forEachBatch(e, set, batch, func(pred []T, b *tensor.Batch[T]) (err error) {
		defer recoverTarget(&err)
		sum, weight := loss.Eval(l, pred, b, nil)
		ends = sequenceEnds(set, row, b.Rows, ends[:0])
		s.addInOrder(sum, weight, pred, b, ends)
		row += b.Rows
		return nil
	})
	return s, err
}

// recoverTarget turns the panic of a loss or metric over a target that breaks its spec into an error.
func recoverTarget(err *error) {
	switch p := recover().(type) {
	case nil:
	case *loss.TargetError:
		*err = p
	default:
		panic(p)
	}
}

// sequenceEnds appends to dst which of the rows [row, row+n) of a set a sequence ends behind, counted from 1 at row.
func sequenceEnds(set *data.Set, row, n int, dst []int) []int {
	at, _ := slices.BinarySearch(set.Sequences, row+1)
	for ; at < len(set.Sequences) && set.Sequences[at] <= row+n; at++ {
		dst = append(dst, set.Sequences[at]-row)
	}
	if row+n == set.Len() {
		dst = append(dst, n)
	}
	return dst
}

// Predict calls f with the predictions for each batch of a set, in the order of the rows, until it returns an error.
// Shape of pred: [rows, output…]; it is valid during the call only.
func Predict[T tensor.Float](m *model.Model[T], set *data.Set, batch int, f func(pred []T, rows int) error) error {
	e := model.NewExec(m, min(batch, max(set.Len(), 1)), false)
	return forEachBatch(e, set, batch, func(pred []T, b *tensor.Batch[T]) error { return f(pred, b.Rows) })
}

func forEachBatch[T tensor.Float](e *model.Exec[T], set *data.Set, batch int, f func(pred []T, b *tensor.Batch[T]) error) error {
	batch = min(batch, e.Capacity())
	loader := data.NewLoader[T](set, batch, false, false, 0)
	defer loader.Close()
	loader.Start(0, 0)
	for {
		b, err := nextBatch(loader)
		if err != nil || b == nil {
			return err
		}
		pred, err := e.Forward(b, false, model.Key{}, 0)
		if err != nil {
			return err
		}
		if err := f(pred, b); err != nil {
			return err
		}
	}
}

// nextBatch returns the next batch of an epoch, nil at its end. A column that panicked is an error here.
func nextBatch[T tensor.Float](l *data.Loader[T]) (b *tensor.Batch[T], err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *data.LoadError:
			err = r
		default:
			panic(r)
		}
	}()
	b, _ = l.Next()
	return b, nil
}
