package train

import (
	"path/filepath"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/tensor"
)

// prepareSaving returns why the run directory would take no checkpoint, and sets aside the memory of the copies that are
// written in the background. A run that is over needs neither.
func (r *Run[T]) prepareSaving() error {
	if r.state.Finished {
		return nil
	}
	paths, err := checkpoint.List(r.checkpointDir())
	if err != nil {
		return err
	}
	for _, path := range paths {
		if step, _ := checkpoint.ParseStepFile(filepath.Base(path)); step > r.saves.newest {
			r.saves.doubtful = append(r.saves.doubtful, step) // the run was restored to one before it
		}
	}
	if err := checkpoint.Probe(r.checkpointDir(), r.Snapshot()); err != nil {
		return err
	}
	if r.s.Checkpoints.Background {
		r.copies = likeTensors(r.tensors())
	}
	return nil
}

// likeTensors returns tensors of the same names and shapes in memory of their own. The memory is written to, so that a
// machine that lacks it says so before the first step and not at the first checkpoint.
func likeTensors[T tensor.Float](tensors []namedTensor[T]) []namedTensor[T] {
	total := 0
	for _, t := range tensors {
		total += len(t.data)
	}
	memory := kernel.Make[T](total)
	clear(memory)
	copies := make([]namedTensor[T], len(tensors))
	for i, t := range tensors {
		n := len(t.data)
		copies[i] = namedTensor[T]{t.name, t.role, t.shape, memory[:n:n]}
		memory = memory[n:]
	}
	return copies
}

// copyTensors copies tensors to those that likeTensors returned for them, and reports whether every number is finite.
func copyTensors[T tensor.Float](copies, tensors []namedTensor[T]) bool {
	for i, t := range tensors {
		if !kernel.CopyFinite(copies[i].data, t.data) {
			return false
		}
	}
	return true
}
