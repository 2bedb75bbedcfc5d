package train

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/schedule"
)

// What schedules watch is recorded with each evaluation and belongs to the state of the run: a schedule that depends on
// evaluations is a function of progress, and continues exactly where a run is resumed.

// watchEvaluations prepares the record of the scores that the schedules of the optimizer and the penalties watch.
func (r *Run[T]) watchEvaluations() error {
	r.evaluations = map[string]schedule.Evaluations{}
	if err := r.watchFor("optimizer", &r.rates); err != nil {
		return err
	}
	for _, p := range r.penalties {
		if err := r.watchFor("regularizer", &p.scheduledRates); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run[T]) watchFor(part string, rates *scheduledRates) error {
	for i, rate := range rates.rates {
		for _, name := range schedule.WatchedBy(rates.schedules[i]) {
			higher, err := r.score.higherIsBetter(name)
			if err == nil && r.s.Eval == nil {
				err = errors.New("there are no evaluation rows to watch")
			}
			if err != nil {
				return fmt.Errorf("%s: %s: %w", part, rate.Name, err)
			}
			r.evaluations[name] = schedule.Evaluations{HigherIsBetter: higher}
		}
	}
	return nil
}

// recordEvaluation adds an evaluation to what the schedules watch.
func (r *Run[T]) recordEvaluation(rec *Record) {
	for name, e := range r.evaluations {
		e.Steps, e.Values = append(e.Steps, r.state.Step), append(e.Values, rec.value(name))
		r.evaluations[name] = e
	}
}

// watchedTensor is what the evaluations of a score are called in a checkpoint. Nodes have no dot in their names.
func watchedTensor(score string) string { return "evaluations." + score }

// watchedTensors returns the recorded evaluations as tensors, each row the steps finished and the value.
func (r *Run[T]) watchedTensors() []checkpoint.Tensor {
	var list []checkpoint.Tensor
	for _, name := range slices.Sorted(maps.Keys(r.evaluations)) {
		e := r.evaluations[name]
		rows := make([]float64, 0, 2*len(e.Steps))
		for i, step := range e.Steps {
			rows = append(rows, float64(step), e.Values[i])
		}
		list = append(list, checkpoint.NewTensor(watchedTensor(name), checkpoint.Meter, []int{len(e.Steps), 2}, rows))
	}
	return list
}

// restoreWatched reads the recorded evaluations back, and adds the names of their tensors to those that are expected.
func (r *Run[T]) restoreWatched(f *checkpoint.File, expected map[string]bool) error {
	for name, e := range r.evaluations {
		tensor := watchedTensor(name)
		expected[tensor] = true
		info, ok := f.Info(tensor)
		if !ok && len(r.changes) > 0 {
			continue
		}
		n := 0
		if ok && len(info.Shape) == 2 {
			n = info.Shape[0]
		}
		rows := make([]float64, 2*n)
		if err := restoreTensor(f, tensor, []int{n, 2}, rows); err != nil {
			return err
		}
		e.Steps, e.Values = make([]int64, n), make([]float64, n)
		for i := range n {
			e.Steps[i], e.Values[i] = int64(rows[2*i]), rows[2*i+1]
		}
		r.evaluations[name] = e
	}
	return nil
}
