package experiment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/train"
)

// FindCheckpoint returns the checkpoint that a path means: itself where it is a file; where it is a run directory, the
// newest intact one, or the best one when best is set and an evaluation has been kept. Where the best one is damaged or
// gone, the newest stands in for it. skipped are the errors of the checkpoints that were passed over; a caller should
// report them loudly, as SkipWarnings words them.
func FindCheckpoint(path string, best bool) (file string, skipped []error, err error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return path, nil, err
	}
	dir := filepath.Join(path, train.CheckpointDir)
	newest, skipped, err := checkpoint.Latest(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", skipped, fmt.Errorf("%s has no checkpoint: %w", path, fs.ErrNotExist)
	case err != nil || !best:
		return newest, skipped, err
	}
	f, err := checkpoint.Open(newest)
	if err != nil {
		return "", skipped, err
	}
	state := f.State()
	f.Close()
	if state.Best == nil || state.Best.Step == state.Step {
		return newest, skipped, nil
	}
	file = filepath.Join(dir, checkpoint.StepFile(state.Best.Step))
	if err := verify(file); err != nil {
		return newest, append(skipped, fmt.Errorf("the best, of step %d: %w", state.Best.Step, err)), nil
	}
	return file, skipped, nil
}

// verify reads the whole of a checkpoint.
func verify(path string) error {
	f, err := checkpoint.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Verify()
	return err
}

// SkipWarnings words the errors of checkpoints that were passed over, and which one is used instead.
func SkipWarnings(skipped []error, used string) []string {
	var warnings []string
	for _, err := range skipped {
		kind := "missing"
		if _, ok := errors.AsType[*checkpoint.CorruptError](err); ok {
			kind = "damaged"
		}
		warnings = append(warnings, fmt.Sprintf("passed over a %s checkpoint: %v", kind, err))
	}
	if len(skipped) > 0 {
		warnings = append(warnings, used+" is used instead")
	}
	return warnings
}
