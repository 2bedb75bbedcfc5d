package train

import (
	"fmt"

	"github.com/strata-ml/strata/checkpoint"
)

// A Change is a value that a run goes on with in the place of the one that it had up to a checkpoint.
type Change struct {
	Key  string `json:"key"` // optimizer.lr; or data and the path of a file, as in "data flowers.csv"
	From string `json:"from"`
	To   string `json:"to"`
}

// declareChanges records what the run goes on with otherwise than its checkpoint, and then writes a checkpoint of the same
// step in the place of that one: wherever the run is cut from here on, it goes on with the change.
func (r *Run[T]) declareChanges() error {
	if len(r.changes) == 0 {
		return nil
	}
	for _, c := range r.changes {
		rec := Record{Kind: ChangeRecord, Step: r.state.Step, Epoch: r.epoch(), Change: &c}
		r.log.write(rec)
		r.noteRecord(rec)
		r.notify(&Changed{rec})
	}
	r.changes = nil
	if err := r.saveAndWait(); err != nil {
		return fmt.Errorf("train: the change of the run could not be saved: %w", err)
	}
	return nil
}

// forgetJudged drops the counts of a score that is no longer watched: those of another score say nothing about it.
func (r *Run[T]) forgetJudged() {
	if es := r.s.EarlyStopping; r.state.EarlyStop != nil && (es == nil || es.Metric != r.state.EarlyStop.Metric) {
		r.state.EarlyStop = nil
	}
}

// checkPlace returns an error unless the state is one that training on these rows in these batches comes to. The order of
// an epoch, and when it ends, follow from both.
func (r *Run[T]) checkPlace(s checkpoint.State) error {
	rows, batch := int64(r.s.Train.Len()), int64(r.s.Config.BatchSize)
	if s.Position >= 0 && s.Position < rows && s.Step == s.Epoch*r.stepsPerEpoch()+s.Position/batch {
		return nil
	}
	return fmt.Errorf("step %d is not where a run on %d training rows is after %d epochs and %d rows, in batches of %d: the number of training rows has changed",
		s.Step, rows, s.Epoch, s.Position, batch)
}
