package train

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/internal/kernel"
)

// saves is what a run remembers of its checkpoints: those that are durable, and not those that it tried to write.
type saves struct {
	newest   int64 // step of the newest, -1 before the first
	best     int64 // step of the best, -1 before the first
	failures int   // in a row
}

// maxSaveFailures is how many checkpoints in a row may fail before a run stops: what it computes would be lost.
const maxSaveFailures = 10

// saveOrReport writes a checkpoint in the course of a run. One that cannot be written is reported and the run goes on,
// up to maxSaveFailures in a row; numbers that are not finite end it.
func (r *Run[T]) saveOrReport() error {
	if err := r.checkFinite(); err != nil {
		return err
	}
	err := r.save()
	if err == nil {
		r.saves.failures = 0
		return nil
	}
	if r.saves.failures++; r.saves.failures == maxSaveFailures {
		return fmt.Errorf("train: %d checkpoints in a row could not be written: %w", maxSaveFailures, err)
	}
	r.notify(&SaveFailed{r.state.Step, err})
	return nil
}

// save makes the log durable, writes a checkpoint of the state, and then deletes those that the policy does not keep.
func (r *Run[T]) save() error {
	if r.s.Dir != "" {
		if err := r.saveIn(filepath.Join(r.s.Dir, CheckpointDir)); err != nil {
			return err
		}
	}
	r.saves.newest = r.state.Step
	return nil
}

func (r *Run[T]) saveIn(dir string) error {
	r.part = "checkpoint"
	began := time.Now()
	if err := r.log.sync(); err != nil {
		return fmt.Errorf("metrics log: %w", err)
	}
	r.state.LogOffset, r.state.LogCRC = r.log.offset(), r.log.crc
	path := filepath.Join(dir, checkpoint.StepFile(r.state.Step))
	if err := checkpoint.Save(path, r.Snapshot()); err != nil {
		r.timing.mark(CheckpointMark, r.state.Step, r.epoch(), time.Since(began), err.Error())
		return err
	}
	r.timing.mark(CheckpointMark, r.state.Step, r.epoch(), time.Since(began), "")
	if best := r.state.Best; best != nil && best.Step == r.state.Step {
		r.saves.best = best.Step
	}
	r.notify(&Saved{r.state.Step, path})
	_, err := checkpoint.Prune(dir, r.state.Step, func(newer int, step int64) bool {
		return newer < r.s.Checkpoints.Keep || step == r.saves.best
	})
	if err != nil {
		r.notify(&PruneFailed{r.state.Step, err})
	}
	return nil
}

// checkFinite returns an error for the first number of the state that is not finite.
func (r *Run[T]) checkFinite() error {
	for _, t := range r.tensors() {
		if kernel.Finite(t.data) {
			continue
		}
		for i, v := range t.data {
			if isFinite(float64(v)) {
				continue
			}
			return &DivergedError{fmt.Errorf("step %d: the update made element %d of %s %s %v; %s", r.state.Step, i, t.role, t.name, v, nonFiniteRemedy)}
		}
	}
	return nil
}

// A DivergedError is the error of a run some number of which is no longer finite. It wraps a *model.NonFiniteError where a
// step could be traced to the first of them.
type DivergedError struct{ Err error }

func (e *DivergedError) Error() string { return e.Err.Error() }

// Unwrap returns what says where.
func (e *DivergedError) Unwrap() error { return e.Err }

// nonFiniteRemedy is what helps most runs whose numbers overflow.
const nonFiniteRemedy = "a smaller learning rate, clip.norm, or data of a smaller scale may help"
