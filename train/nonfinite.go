package train

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"github.com/strata-ml/strata/checkpoint"
)

// NonFinite is what a run does about a number that is NaN or infinite.
type NonFinite struct {
	Policy       string  `doc:"what is done about a number that is NaN or infinite: stop, with an error that names the first of them; skip, leave out the update of its batch; rollback, go back to the newest checkpoint that the policy asked for, with a smaller learning rate" is:"one of stop|skip|rollback" class:"override"`
	MaxSkipped   int64   `doc:"updates in a row that skip leaves out; at one more the run stops" is:">=1" class:"override"`
	MaxRollbacks int64   `doc:"times in a run that rollback goes back; at one more the run stops" is:">=1" class:"override"`
	LRScale      float64 `key:"lr_scale" doc:"factor of the learning rate from each rollback on" is:">0,<1" class:"override"`
}

// The policies of NonFinite.
const (
	StopNonFinite     = "stop"
	SkipNonFinite     = "skip"
	RollbackNonFinite = "rollback"
)

// DefaultNonFinite is the NonFinite of a file that sets nothing.
func DefaultNonFinite() NonFinite {
	return NonFinite{Policy: StopNonFinite, MaxSkipped: 3, MaxRollbacks: 3, LRScale: 0.5}
}

// A Skipped is an update that was left out.
type Skipped struct {
	Cause string `json:"cause"` // the first number that was not finite
}

// A Rollback is a return to a checkpoint.
type Rollback struct {
	From    int64  `json:"from"`     // steps finished before
	Cause   string `json:"cause"`    // the first number that was not finite
	LRScale Number `json:"lr_scale"` // factor of the learning rate from here on, besides those of the rollbacks before
}

// setbacks is what a run remembers of numbers that were not finite. It follows from the log.
type setbacks struct {
	skipped, last int64   // updates left out in a row, and the step of the last of them
	rollbacks     int64   // so far
	lrScale       float64 // product of those of the rollbacks
}

// note takes a record of the log into account, each once and in their order.
func (s *setbacks) note(rec Record) {
	switch {
	case rec.Skipped != nil:
		if rec.Step != s.last+1 {
			s.skipped = 0
		}
		s.skipped, s.last = s.skipped+1, rec.Step
	case rec.Rollback != nil:
		s.rollbacks++
		s.lrScale *= float64(rec.Rollback.LRScale)
	}
}

// An undo holds what a step changes before its numbers are known to be finite: the sums of the epoch, and the states of
// layers where a batch has several portions.
type undo[T any] struct {
	sums, keptSums     [][]float64
	states, keptStates [][]T
}

// prepareUndo readies the run for updates that are left out.
func (r *Run[T]) prepareUndo() {
	if r.s.NonFinite.Policy != SkipNonFinite {
		return
	}
	for _, m := range r.meters() {
		r.undo.sums = append(r.undo.sums, m.sums)
		r.undo.keptSums = append(r.undo.keptSums, slices.Clone(m.sums))
	}
	for _, s := range r.s.Model.States() {
		r.undo.states = append(r.undo.states, s.Data)
		r.undo.keptStates = append(r.undo.keptStates, slices.Clone(s.Data))
	}
}

func (u *undo[T]) keep() {
	for i, s := range u.sums {
		copy(u.keptSums[i], s)
	}
	for i, s := range u.states {
		copy(u.keptStates[i], s)
	}
}

func (u *undo[T]) restore() {
	for i, s := range u.keptSums {
		copy(u.sums[i], s)
	}
	for i, s := range u.keptStates {
		copy(u.states[i], s)
	}
}

// skip leaves out the update of a step that failed, where that is the policy and the failure a number that is not finite,
// and returns the record of it. The step itself counts. Any other failure is returned.
func (r *Run[T]) skip(failure error) (*Record, error) {
	diverged, ok := errors.AsType[*DivergedError](failure)
	if !ok || r.s.NonFinite.Policy != SkipNonFinite {
		return nil, failure
	}
	if n := r.setbacks.skipped; r.setbacks.last == r.state.Step && n >= r.s.NonFinite.MaxSkipped {
		return nil, &DivergedError{fmt.Errorf("%w, after non_finite has skipped %d updates in a row", diverged.Err, n)}
	}
	r.undo.restore()
	r.stepped.Loss = math.NaN()
	return &Record{Kind: SkippedRecord, Skipped: &Skipped{diverged.Err.Error()}}, nil
}

// rollsBack reports whether the run goes back to a checkpoint when its numbers are no longer finite.
func (r *Run[T]) rollsBack() bool { return r.s.NonFinite.Policy == RollbackNonFinite }

// saveFirst writes a checkpoint of the first weights, where the run may have to go back to them.
func (r *Run[T]) saveFirst() error {
	if !r.rollsBack() || r.saves.newest >= 0 {
		return nil
	}
	if err := r.checkFinite(); err != nil {
		return err
	}
	if err := r.saveAndWait(); err != nil {
		return fmt.Errorf("train: the first weights could not be saved: %w", err)
	}
	return nil
}

// rollBack returns to the newest checkpoint that the policy has asked for, and goes on from there with a smaller learning
// rate. What was logged since is cut off. It returns the failure where the run has gone back too often.
//
// Later checkpoints are deleted, then the log is cut, and then the checkpoint is written again with the rollback in its
// log: wherever that is cut, the run resumes from what is there and comes to the same rollback.
func (r *Run[T]) rollBack(failure *DivergedError) error {
	if n := r.setbacks.rollbacks; n >= r.s.NonFinite.MaxRollbacks {
		return &DivergedError{fmt.Errorf("%w, after %d rollbacks", failure.Err, n)}
	}
	if err := r.awaitSave(); err != nil {
		return errors.Join(failure, err)
	}
	rec := Record{Kind: RollbackRecord, Rollback: &Rollback{r.state.Step, failure.Err.Error(), Number(r.s.NonFinite.LRScale)}}
	if err := r.returnToCheckpoint(); err != nil {
		return fmt.Errorf("%w; the run could not roll back: %w", failure, err)
	}
	rec.Step, rec.Epoch = r.state.Step, r.epoch()
	r.log.write(rec)
	r.noteRecord(rec)
	r.notify(&RolledBack{rec})
	if err := r.saveAndWait(); err != nil {
		return fmt.Errorf("train: the rollback of the run could not be saved: %w", err)
	}
	return nil
}

// returnToCheckpoint puts the run in the state of the newest checkpoint that the policy has asked for, as if it had been
// cut there.
func (r *Run[T]) returnToCheckpoint() error {
	f, err := r.openPlanned()
	if err != nil {
		return err
	}
	defer f.Close()
	step := f.State().Step
	if err := checkpoint.RemoveAfter(r.checkpointDir(), step); err != nil {
		return err
	}
	r.saves.doubtful = slices.DeleteFunc(r.saves.doubtful, func(s int64) bool { return s > step })
	if err := r.Restore(f); err != nil {
		return err
	}
	if err := r.log.file.Close(); err != nil {
		return err
	}
	if r.log, err = openMetricsLog(r.s.Dir, r.state.LogOffset, r.state.LogCRC); err != nil {
		return err
	}
	return r.recall()
}

// openPlanned opens the newest intact checkpoint that the policy has asked for. One that a person has asked for, by a
// signal or by ending the process, is passed over: the run would take another way for it.
func (r *Run[T]) openPlanned() (*checkpoint.File, error) {
	paths, err := checkpoint.List(r.checkpointDir())
	if err != nil {
		return nil, err
	}
	plan := r.retention()
	var damaged []error
	for _, path := range paths {
		if step, _ := checkpoint.ParseStepFile(filepath.Base(path)); step > r.state.Step || !plan.planned(step) {
			continue
		}
		f, err := checkpoint.Open(path)
		if err == nil {
			if _, err = f.Verify(); err == nil {
				return f, nil
			}
			err = errors.Join(err, f.Close())
		}
		damaged = append(damaged, err)
	}
	return nil, errors.Join(append(damaged, fmt.Errorf("%s has no intact checkpoint to go back to", r.checkpointDir()))...)
}
