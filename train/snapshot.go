package train

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/internal/atomicfile"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
)

// CheckpointDir is the directory of a run's checkpoints, in the run directory.
const CheckpointDir = "checkpoints"

func (r *Run[T]) checkpointDir() string { return filepath.Join(r.s.Dir, CheckpointDir) }

// openLogs opens the logs of the run directory, cut to what the state knows of.
func (r *Run[T]) openLogs() error {
	if r.s.Dir == "" {
		return nil
	}
	if err := atomicfile.MkdirAll(atomicfile.Disk, r.checkpointDir()); err != nil {
		return err
	}
	if err := r.prepareSaving(); err != nil {
		return err
	}
	var err error
	if r.log, err = openMetricsLog(r.s.Dir, r.state.LogOffset, r.state.LogCRC); err != nil {
		return err
	}
	if err := r.recall(); err != nil {
		return err
	}
	if r.timing, err = openTimingLog(r.s.Dir); err != nil {
		return err
	}
	// Each checkpoint counts on the metrics log, which may have been made just now.
	if err := atomicfile.Disk.SyncDir(r.s.Dir); err != nil {
		return err
	}
	kind := StartMark
	if r.resumed {
		kind = ResumeMark
	}
	r.timing.mark(kind, r.state.Step, r.epoch(), 0, "")
	return nil
}

// recall reads what a run remembers besides its checkpoint from the log, which has been cut to what belongs to it: the last
// evaluation, without which the result would lack it, the scores that the best checkpoints go by, and its setbacks.
func (r *Run[T]) recall() error {
	records, err := readLines[Record](filepath.Join(r.s.Dir, MetricsFile))
	if err != nil {
		return err
	}
	r.last, r.saves.scores, r.saves.declared, r.setbacks = nil, nil, nil, setbacks{lrScale: 1}
	for _, rec := range records {
		r.noteRecord(rec)
	}
	return nil
}

// noteRecord takes a record of the log into what the run remembers.
func (r *Run[T]) noteRecord(rec Record) {
	r.setbacks.note(rec)
	switch rec.Kind {
	case EvalRecord:
		r.last = &rec
		r.noteScore(rec)
	case ChangeRecord, RollbackRecord:
		r.saves.declared = append(r.saves.declared, rec.Step)
	}
}

func (r *Run[T]) closeLogs(res Result, failure error) error {
	note := res.Reason
	if failure != nil {
		note = failure.Error()
	}
	r.timing.mark(StopMark, r.state.Step, r.epoch(), 0, note)
	return errors.Join(r.log.close(), r.timing.close())
}

// Snapshot returns everything that the run can be continued from. Its parameters, slots and states share the run's
// memory.
func (r *Run[T]) Snapshot() *checkpoint.Snapshot { return r.snapshotOf(r.tensors()) }

// snapshotOf returns a snapshot with these tensors, and copies of all else.
func (r *Run[T]) snapshotOf(tensors []namedTensor[T]) *checkpoint.Snapshot {
	s := &checkpoint.Snapshot{Config: r.s.Describe, State: r.state}
	if s.State.Best != nil {
		best := *s.State.Best
		s.State.Best = &best
	}
	if s.State.EarlyStop != nil {
		stopping := *s.State.EarlyStop
		s.State.EarlyStop = &stopping
	}
	for _, t := range tensors {
		s.Tensors = append(s.Tensors, checkpoint.NewTensor(t.name, t.role, t.shape, t.data))
	}
	for _, m := range r.meters() {
		s.Tensors = append(s.Tensors, checkpoint.NewTensor(m.name, checkpoint.Meter, []int{len(m.sums)}, slices.Clone(m.sums)))
	}
	s.Tensors = append(s.Tensors, r.watchedTensors()...)
	return s
}

type namedTensor[T any] struct {
	name, role string
	shape      []int
	data       []T
}

// tensors lists the parameters, slots and states of the run under the names that they have in a checkpoint.
func (r *Run[T]) tensors() []namedTensor[T] {
	var list []namedTensor[T]
	for _, p := range r.s.Model.Params() {
		list = append(list, namedTensor[T]{p.Path, checkpoint.Param, p.Shape, p.Data})
	}
	for i, slot := range r.s.Optimizer.Slots() {
		for _, u := range r.updates {
			list = append(list, namedTensor[T]{u.param.Path + "/" + slot, checkpoint.Slot, u.param.Shape, u.update.Slots[i]})
		}
	}
	for i := range r.updates {
		if u := &r.updates[i]; r.average != nil {
			list = append(list, namedTensor[T]{u.param.Path + "/" + averageName, checkpoint.Slot, u.param.Shape, r.averageOf(u)})
		}
	}
	for _, s := range r.s.Model.States() {
		list = append(list, namedTensor[T]{s.Path, checkpoint.Aux, s.Shape, s.Data})
	}
	return list
}

type meter struct {
	name string
	sums []float64
}

// meters lists the sums of the epoch so far. Their names have a dot, which those of nodes have not.
func (r *Run[T]) meters() []meter {
	list := []meter{{"epoch." + LossName, r.score.loss}}
	for i, m := range r.score.metrics {
		list = append(list, meter{"epoch." + m.Name, r.score.sums[i]})
	}
	return list
}

// Restore puts the run in the state of a checkpoint, every tensor of which must fit by name, type and shape. The changes
// are the values of the run that are other than those of the run that wrote the checkpoint; Train records them. What
// schedules watch may then be other scores: of those that are new to the run, they see the evaluations to come. After an
// error the run must not be used.
func (r *Run[T]) Restore(f *checkpoint.File, changes ...Change) error {
	if err := r.checkPlace(f.State()); err != nil {
		return fmt.Errorf("%s: %w", f.Path(), err)
	}
	r.changes = changes
	expected := map[string]bool{}
	for _, t := range r.tensors() {
		expected[t.name] = true
		if err := restoreTensor(f, t.name, t.shape, t.data); err != nil {
			return err
		}
	}
	for _, m := range r.meters() {
		expected[m.name] = true
		if err := restoreTensor(f, m.name, []int{len(m.sums)}, m.sums); err != nil {
			return err
		}
	}
	if err := r.restoreWatched(f, expected); err != nil {
		return err
	}
	for _, info := range f.Tensors() {
		if !expected[info.Name] && !(len(changes) > 0 && strings.HasPrefix(info.Name, watchedTensor(""))) {
			return fmt.Errorf("%s: tensor %q has no place in this run", f.Path(), info.Name)
		}
	}
	r.state, r.resumed = f.State(), true
	r.saves.newest = r.state.Step
	r.forgetJudged()
	if r.state.Finished {
		// More may have been asked for since: Train decides again.
		r.state.Finished, r.state.StopReason = false, ""
		if r.done() != "" {
			r.state.Finished, r.state.StopReason = true, f.State().StopReason
		}
	}
	return nil
}

func restoreTensor[T checkpoint.Element](f *checkpoint.File, name string, shape []int, dst []T) error {
	if err := checkTensor[T](f, name, shape); err != nil {
		return err
	}
	return checkpoint.ReadInto(f, name, dst)
}

// checkTensor returns an error unless a checkpoint has a tensor of this name, type and shape.
func checkTensor[T checkpoint.Element](f *checkpoint.File, name string, shape []int) error {
	info, ok := f.Info(name)
	if !ok {
		return fmt.Errorf("%s: has no tensor %q", f.Path(), name)
	}
	if want := checkpoint.DTypeOf[T](); info.DType != want || !slices.Equal(info.Shape, shape) {
		return fmt.Errorf("%s: tensor %q is %s %v, and the run needs %s %v", f.Path(), name, info.DType, info.Shape, want, shape)
	}
	return nil
}

// CheckModel returns an error unless LoadModel would find every tensor that it needs. The model need not be initialized, and
// should not be where its configuration is not trusted: it may claim memory that no machine has.
func CheckModel[T tensor.Float](m *model.Model[T], f *checkpoint.File) error {
	for _, p := range m.Params() {
		if err := checkTensor[T](f, storedName(f, p.Path), p.Shape); err != nil {
			return err
		}
	}
	for _, s := range m.States() {
		if err := checkTensor[T](f, s.Path, s.Shape); err != nil {
			return err
		}
	}
	return nil
}

// storedName returns the name of the tensor with which a parameter was evaluated: its average where the run averaged it.
func storedName(f *checkpoint.File, param string) string {
	if average, ok := AverageOf(f, param); ok {
		return average.Name
	}
	return param
}

// LoadModel sets the parameters and states of an initialized model from a checkpoint, each of which must be there with
// its name, type and shape. Other tensors in the file are left alone. Where the run averaged its weights, the parameters
// are the averages: those that it was evaluated with.
func LoadModel[T tensor.Float](m *model.Model[T], f *checkpoint.File) error {
	for _, p := range m.Params() {
		if err := restoreTensor(f, storedName(f, p.Path), p.Shape, p.Data); err != nil {
			return err
		}
	}
	for _, s := range m.States() {
		if err := restoreTensor(f, s.Path, s.Shape, s.Data); err != nil {
			return err
		}
	}
	return nil
}
