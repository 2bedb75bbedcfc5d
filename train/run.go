package train

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/schedule"
	"github.com/strata-ml/strata/tensor"
)

// The reasons why a run ends.
const (
	ReasonEpochs      = "all epochs are done"
	ReasonSteps       = "the step limit is reached"
	ReasonEarly       = "evaluations no longer improve"
	ReasonInterrupted = "interrupted"
)

// Result is how a run ended.
type Result struct {
	Step, Epoch int64 // finished
	Reason      string
	Last        *Record               // the last evaluation, nil without one
	Best        *checkpoint.BestState // the best evaluation, nil without one
}

// A Run fits a model to data. It belongs to one goroutine; Save alone may be called from others.
type Run[T tensor.Float] struct {
	s         Setup[T]
	exec      *model.Exec[T]
	loader    *data.Loader[T]
	slots     [][]T // by slot name: an array as long as the weights
	updates   []paramUpdate[T]
	rates     scheduledRates // of the optimizer
	penalties []*runPenalty[T]
	activity  activityPenalties[T]
	checked   activityPenalties[float64] // those of the gradient check
	tables    []*tableUpdate[T]          // of the parameters with a row-sparse gradient that train
	parts     [][]T                      // of the gradient, for clipping: that of all but tables, and that of each table
	portions  portions[T]
	average   []T // of the weights; nil for none
	before    []T // the weights before the update of a logged step, without tables
	score     *scores[T]

	evaluations map[string]schedule.Evaluations // by score: those that schedules watch

	state   checkpoint.State
	last    *Record // the last evaluation
	log     *metricsLog
	timing  *timingLog
	resumed bool
	changes []Change // that are not recorded yet
	saves   saves
	undo    undo[T] // of a step that is skipped

	setbacks setbacks
	copies   []namedTensor[T] // what a save in the background writes, nil where there is none
	saveNow  atomic.Bool
	part     string // the part that is at work, for errors
	stepped  Stepped
	began    time.Time // the epoch
}

// stepsPerEpoch returns the number of batches of one epoch.
func (r *Run[T]) stepsPerEpoch() int64 {
	n, _ := r.s.Config.StepCount(r.s.Train.Len())
	return n
}

// steps returns the number of steps of the whole run, unless it stops early.
func (r *Run[T]) steps() int64 {
	_, n := r.s.Config.StepCount(r.s.Train.Len())
	return n
}

// State returns the progress of the run.
func (r *Run[T]) State() checkpoint.State { return r.state }

// Save asks for a checkpoint after the step under way. It may be called from any goroutine, while Train runs.
func (r *Run[T]) Save() { r.saveNow.Store(true) }

// Train runs until all epochs are done, evaluations no longer improve, or ctx ends; then it finishes the step, writes
// a checkpoint, and returns. A run that was restored goes on where it was. The weights that a run ends with are always
// evaluated.
//
// Errors are a *model.LayerError for a layer that panicked, a *PartError for another part, a *model.NonFiniteError for
// a number that is NaN or infinite, a *model.GradientError for a gradient that a check finds wrong (none leaves a checkpoint of the broken state), and those of the run directory: a
// checkpoint that cannot be written is reported to the observers, and ends the run when it is the last one or when
// maxSaveFailures in a row have failed. A directory that takes no checkpoint at all is an error before the first step.
//
// Checkpoints are written in the background where the policy says so, and are durable when Train returns.
func (r *Run[T]) Train(ctx context.Context) (res Result, err error) {
	if err := r.openLogs(); err != nil {
		return Result{}, errors.Join(err, r.log.close(), r.timing.close())
	}
	defer func() { err = errors.Join(err, r.closeLogs(res, err)) }()
	defer func() { err = errors.Join(err, r.endSaving()) }()
	defer r.recoverPart(&err)
	r.loader = data.NewLoader[T](r.s.Train, r.s.Config.BatchSize, r.s.Config.Shuffle, r.s.Config.DropLast, r.s.Seed)
	defer r.loader.Close()
	r.notify(&Started{
		Resumed: r.resumed, Step: r.state.Step, StepsPerEpoch: r.stepsPerEpoch(), Steps: r.steps(), BatchSize: r.s.Config.BatchSize,
	})
	if err := r.declareChanges(); err != nil {
		return r.result(err.Error()), err
	}
	if err := r.saveFirst(); err != nil {
		return r.result(err.Error()), err
	}
	reason, err := r.untilEnd(ctx)
	if err != nil {
		return r.result(err.Error()), err
	}
	res = r.result(reason)
	r.notify(&Ended{res})
	return res, nil
}

func (r *Run[T]) result(reason string) Result {
	return Result{Step: r.state.Step, Epoch: r.state.Epoch, Reason: reason, Last: r.last, Best: r.state.Best}
}

// untilEnd trains until the run ends, with as many rollbacks as it takes, and returns the reason.
func (r *Run[T]) untilEnd(ctx context.Context) (reason string, err error) {
	for {
		if reason, err = r.loop(ctx); err == nil {
			err = r.finish(reason)
		}
		diverged, ok := errors.AsType[*DivergedError](err)
		if !ok || !r.rollsBack() {
			return reason, err
		}
		if err := r.rollBack(diverged); err != nil {
			return "", err
		}
	}
}

// finish evaluates the weights that the run ends with and writes the last checkpoint, after one in the background.
func (r *Run[T]) finish(reason string) error {
	if err := r.awaitSave(); err != nil && r.saves.failures < maxSaveFailures {
		return err // where too many have failed, the last one tells whether the run is lost
	}
	finished := reason != ReasonInterrupted
	if finished == r.state.Finished && r.saves.newest == r.state.Step {
		r.pruneAgain()
		return nil
	}
	if finished && r.s.Eval != nil && (r.last == nil || r.last.Step != r.state.Step) {
		if _, err := r.evaluate(); err != nil {
			return err
		}
	}
	if r.state.Finished = finished; finished {
		r.state.StopReason = reason
	}
	if err := r.checkFinite(); err != nil {
		if !finished && r.rollsBack() {
			return nil // resumed from the checkpoint before, the run rolls back at the step where it would have
		}
		return err
	}
	if err := r.saveAndWait(); err != nil {
		return fmt.Errorf("train: the last checkpoint could not be written: %w", err)
	}
	return nil
}

// loop runs units until the run ends, and returns the reason.
func (r *Run[T]) loop(ctx context.Context) (string, error) {
	for {
		if reason := r.done(); reason != "" {
			return reason, nil
		}
		r.began = time.Now()
		r.loader.Start(r.state.Epoch, r.state.Position)
		for r.done() == "" {
			if ctx.Err() != nil {
				return ReasonInterrupted, nil
			}
			b, err := nextBatch(r.loader)
			if err != nil {
				return "", err
			}
			if b == nil {
				return "", fmt.Errorf("train: epoch %d ended at row %d of %d", r.state.Epoch, r.state.Position, r.s.Train.Len())
			}
			ended, err := r.unit(b)
			if err != nil {
				return "", err
			}
			if ended {
				break
			}
		}
	}
}

// done returns why the run is over, or "".
func (r *Run[T]) done() string {
	switch es := r.s.EarlyStopping; {
	case es != nil && r.state.EarlyStop != nil && r.state.EarlyStop.Waited >= es.Patience:
		return ReasonEarly
	case r.state.Epoch >= r.s.Config.Epochs:
		return ReasonEpochs
	case r.s.Config.Steps > 0 && r.state.Step >= r.s.Config.Steps:
		return ReasonSteps
	}
	return ""
}

// unit runs one step and all that follows from it. It reports whether the step was the last of its epoch.
func (r *Run[T]) unit(b *tensor.Batch[T]) (ended bool, err error) {
	defer r.recoverPart(&err)
	if err := r.checkGradients(b); err != nil {
		return false, err
	}
	rec, err := r.step(b)
	if err != nil {
		if rec, err = r.skip(err); err != nil {
			return false, err
		}
	}
	r.state.Step++
	r.state.Position += int64(b.Rows)
	ended = r.state.Step%r.stepsPerEpoch() == 0
	if rec != nil {
		rec.Step, rec.Epoch = r.state.Step, r.epoch()
		r.log.write(*rec)
		if rec.Skipped != nil {
			r.noteRecord(*rec)
			r.notify(&UpdateSkipped{*rec})
			rec = nil
		}
	}
	best := false
	if ended {
		r.state.Epoch++
		r.state.Position = 0
		if best, err = r.endEpoch(); err != nil {
			return false, err
		}
	}
	r.stepped.Step, r.stepped.Epoch, r.stepped.Rows, r.stepped.Record = r.state.Step, r.state.Epoch, b.Rows, rec
	r.notify(&r.stepped)
	return ended, r.saveWhereDue(best)
}

// saveWhereDue takes a checkpoint where the policy or a call of Save wants one after this unit, or the evaluation is one of
// the best.
func (r *Run[T]) saveWhereDue(best bool) error {
	asked, planned := r.saveNow.Swap(false), best || r.s.Checkpoints.due(r.state.Step, r.stepsPerEpoch())
	if !asked && !planned {
		return r.acknowledgeSave()
	}
	err := r.saveOrReport()
	if _, diverged := errors.AsType[*DivergedError](err); diverged && !planned && r.rollsBack() {
		return nil // it rolls back at the step where it would have, had nobody asked
	}
	return err
}

func (r *Run[T]) epoch() Number {
	return Number(schedule.Progress{Step: r.state.Step, StepsPerEpoch: r.stepsPerEpoch()}.Epoch())
}

func (r *Run[T]) notify(e Event) {
	r.part = "observer"
	for _, o := range r.s.Observers {
		o.Observe(e)
	}
}
