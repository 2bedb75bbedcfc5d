package train

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/internal/kernel"
)

// saves is what a run remembers of its checkpoints: those that are durable, and not those that it tried to write.
type saves struct {
	newest   int64   // step of the newest, -1 before the first
	failures int     // in a row
	doubtful []int64 // steps that failed after their file may have taken its name, or whose file was passed over as damaged
	scores   []score // of the evaluations so far
	declared []int64 // steps whose checkpoint was written again, for a change or a rollback
	underway *save   // written in the background, nil for none
	write    func(path string, s *checkpoint.Snapshot) error
}

// maxSaveFailures is how many checkpoints in a row may fail before a run stops: what it computes would be lost.
const maxSaveFailures = 10

// A save is one checkpoint on its way to the disk. What it holds belongs to the goroutine that writes it until done is
// closed, and to the run after that.
type save struct {
	step      int64
	epoch     Number
	dir, path string
	snapshot  *checkpoint.Snapshot
	log       *metricsLog
	logEnd    logEnd
	retention retention
	write     func(path string, s *checkpoint.Snapshot) error

	stalled  time.Duration // what the run has waited for it
	took     time.Duration
	synced   bool // the log, or logErr
	logErr   error
	err      error      // why the checkpoint is not known to be durable
	pruning  error      // why older ones could not be deleted
	panicked *PartError // what kept it from being one or the other
	done     chan struct{}
}

// saveOrReport takes a checkpoint in the course of a run: of a copy that is written while training goes on, or, where no
// memory is set aside for one, of the run itself while training waits. One that cannot be written is reported and the run
// goes on, up to maxSaveFailures in a row; numbers that are not finite end it.
//
// At most one is written at a time: where one is due before the last has ended, the run waits for that. So which
// checkpoints there are does not depend on how fast the disk is.
func (r *Run[T]) saveOrReport() error {
	if err := r.awaitSave(); err != nil {
		return err
	}
	began := time.Now()
	if r.copies == nil {
		if err := r.checkFinite(); err != nil {
			return err
		}
		s := r.takeSave(r.tensors(), began)
		s.runNow()
		return r.reportSave(s)
	}
	if !copyTensors(r.copies, r.tensors()) {
		return r.checkFinite()
	}
	r.saves.underway = r.takeSave(r.copies, began)
	go r.saves.underway.run()
	return nil
}

// takeSave returns a checkpoint of the state that is to be written, with the tensors given. Began is when training stopped
// for it.
func (r *Run[T]) takeSave(tensors []namedTensor[T], began time.Time) *save {
	r.part = "checkpoint"
	s := &save{step: r.state.Step, epoch: r.epoch(), done: make(chan struct{})}
	if r.s.Dir == "" {
		return s
	}
	if end, err := r.log.prepareSync(); err != nil {
		s.err = fmt.Errorf("metrics log: %w", err)
	} else {
		s.logEnd, r.state.LogOffset, r.state.LogCRC = end, end.offset, end.crc
	}
	s.dir = r.checkpointDir()
	s.path = filepath.Join(s.dir, checkpoint.StepFile(s.step))
	s.snapshot, s.log, s.write = r.snapshotOf(tensors), r.log, r.saves.write
	s.retention = r.retention()
	s.stalled = time.Since(began)
	return s
}

// run makes the log durable, then the checkpoint, and then deletes those that do not stay. It may run beside training.
func (s *save) run() {
	defer close(s.done)
	if s.snapshot == nil || s.err != nil {
		return
	}
	began := time.Now()
	defer func() {
		s.took = s.stalled + time.Since(began)
		s.snapshot = nil
		if p := recover(); p != nil {
			s.panicked = newPartError("checkpoint", s.step, p)
		}
	}()
	s.synced = true
	if s.logErr = s.log.syncFile(); s.logErr != nil {
		s.err = fmt.Errorf("metrics log: %w", s.logErr)
		return
	}
	if s.err = s.write(s.path, s.snapshot); s.err == nil {
		s.pruning = s.retention.prune(s.dir, s.step)
	}
}

// runNow runs a save that training waits for.
func (s *save) runNow() {
	s.run()
	s.stalled = s.took
}

// acknowledgeSave takes note of a save in the background that has ended, if one has.
func (r *Run[T]) acknowledgeSave() error {
	if s := r.saves.underway; s != nil {
		select {
		case <-s.done:
			return r.awaitSave()
		default:
		}
	}
	return nil
}

// awaitSave waits for the save in the background, if there is one, and takes note of it.
func (r *Run[T]) awaitSave() error {
	s := r.saves.underway
	if s == nil {
		return nil
	}
	began := time.Now()
	<-s.done
	s.stalled += time.Since(began)
	r.saves.underway = nil
	return r.reportSave(s)
}

// reportSave takes note of a save that has ended. It returns an error where the run must end for it.
func (r *Run[T]) reportSave(s *save) error {
	err := r.noteSave(s)
	switch {
	case s.panicked != nil:
		return err
	case err == nil:
		return nil
	}
	if r.saves.failures++; r.saves.failures == maxSaveFailures {
		return fmt.Errorf("train: %d checkpoints in a row could not be written: %w", maxSaveFailures, err)
	}
	r.notify(&SaveFailed{s.step, err})
	return nil
}

// noteSave takes note of a save that has ended, and returns why it failed.
func (r *Run[T]) noteSave(s *save) error {
	if s.panicked != nil {
		return s.panicked
	}
	if s.synced {
		s.log.noteSync(s.logEnd, s.logErr)
	}
	if s.err != nil {
		r.timing.checkpoint(s, s.err.Error())
		r.saves.doubtful = append(r.saves.doubtful, s.step)
		return s.err
	}
	r.saves.newest, r.saves.failures = s.step, 0
	if s.path == "" {
		return nil
	}
	r.timing.checkpoint(s, "")
	r.saves.doubtful = slices.DeleteFunc(r.saves.doubtful, func(step int64) bool { return step == s.step })
	r.notify(&Saved{s.step, s.path})
	if s.pruning != nil {
		r.notify(&PruneFailed{s.step, s.pruning})
	}
	return nil
}

// saveAndWait writes a checkpoint of the state, which must be finite, while training waits, and returns why it is not durable.
func (r *Run[T]) saveAndWait() error {
	s := r.takeSave(r.tensors(), time.Now())
	s.runNow()
	return r.noteSave(s)
}

// pruneAgain deletes what no longer stays beside the checkpoint of the state, where the process that wrote that may have been
// killed before it did so.
func (r *Run[T]) pruneAgain() {
	if r.s.Dir == "" {
		return
	}
	retention := r.retention()
	if err := retention.prune(r.checkpointDir(), r.state.Step); err != nil {
		r.notify(&PruneFailed{r.state.Step, err})
	}
}

// endSaving waits for a save in the background when a run ends with an error: nothing of a run outlasts it.
func (r *Run[T]) endSaving() (err error) {
	defer r.recoverPart(&err)
	return r.awaitSave()
}

// retention returns what decides which checkpoints stay once that of the state is durable. What it refers to does not
// change any more.
func (r *Run[T]) retention() retention {
	higher, _ := r.score.higherIsBetter(r.s.Checkpoints.Best)
	doubtful := slices.Clone(r.saves.doubtful)
	return retention{
		policy: r.s.Checkpoints, stepsPerEpoch: r.stepsPerEpoch(), higher: higher, scores: slices.Clip(r.saves.scores),
		doubtful: slices.DeleteFunc(doubtful, func(step int64) bool { return step == r.state.Step }),
		declared: slices.Clip(r.saves.declared), rollsBack: r.rollsBack(),
	}
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
			what := "the update made"
			if r.state.Step == 0 {
				what = "there is, before any update,"
			}
			return &DivergedError{fmt.Errorf("step %d: %s element %d of %s %s %v", r.state.Step, what, i, t.role, t.name, v)}
		}
	}
	return nil
}

// A DivergedError is the error of a run some number of which is no longer finite. It wraps a *model.NonFiniteError where a
// step could be traced to the first of them.
type DivergedError struct{ Err error }

func (e *DivergedError) Error() string { return e.Err.Error() + "; " + nonFiniteRemedy }

// Unwrap returns what says where.
func (e *DivergedError) Unwrap() error { return e.Err }

// nonFiniteRemedy is what helps most runs whose numbers overflow.
const nonFiniteRemedy = "a smaller learning rate, clip.norm, or data of a smaller scale may help"
