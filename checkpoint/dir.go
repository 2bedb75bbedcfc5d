package checkpoint

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/strata-ml/strata/internal/atomicfile"
)

const (
	stepPrefix = "step-"
	stepSuffix = ".strata"
)

// MinKept is how many of the newest checkpoints Prune never deletes: if the newest is damaged, there is another.
const MinKept = 2

// StepFile returns the name of the checkpoint of a step, such as step-0000001200.strata. Names sort as the steps do.
func StepFile(step int64) string {
	return fmt.Sprintf("%s%010d%s", stepPrefix, step, stepSuffix)
}

// ParseStepFile returns the step of a name that StepFile returns; the second result is false for any other name.
func ParseStepFile(name string) (int64, bool) {
	digits, ok := strings.CutPrefix(name, stepPrefix)
	if !ok {
		return 0, false
	}
	if digits, ok = strings.CutSuffix(digits, stepSuffix); !ok {
		return 0, false
	}
	step, err := strconv.ParseInt(digits, 10, 64)
	return step, err == nil && step >= 0 && StepFile(step) == name
}

// List returns the paths of the checkpoints in dir, newest first, by their names alone. A directory without any gives
// an empty list, a missing directory an error that wraps fs.ErrNotExist.
func List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	var steps []int64
	for _, e := range entries {
		if step, ok := ParseStepFile(e.Name()); ok {
			steps = append(steps, step)
		}
	}
	slices.SortFunc(steps, func(a, b int64) int { return cmp.Compare(b, a) })
	paths := make([]string, len(steps))
	for i, step := range steps {
		paths[i] = filepath.Join(dir, StepFile(step))
	}
	return paths, nil
}

// Latest returns the newest checkpoint in dir that is intact to the last byte, after reading all of it. The skipped
// errors are those of the newer files that are damaged; a caller should report them loudly.
//
// Only an error that wraps fs.ErrNotExist means that there is no checkpoint, and so that a run may start afresh. If
// there are some and all are damaged, or one was written by a later version, or the system cannot read one, the error
// says so and does not wrap fs.ErrNotExist: starting afresh would then destroy a run.
func Latest(dir string) (path string, skipped []error, err error) {
	paths, err := List(dir)
	if err != nil {
		return "", nil, err
	}
	if len(paths) == 0 {
		return "", nil, fmt.Errorf("checkpoint: none in %s: %w", dir, fs.ErrNotExist)
	}
	for _, path := range paths {
		err := verifyPath(path)
		if err == nil {
			return path, skipped, nil
		}
		var corrupt *CorruptError
		switch {
		case errors.As(err, &corrupt):
			skipped = append(skipped, err)
		case errors.Is(err, fs.ErrNotExist): // deleted since it was listed; the cause is cut off on purpose
			skipped = append(skipped, errors.New(err.Error()))
		default:
			return "", skipped, err
		}
	}
	return "", skipped, fmt.Errorf("checkpoint: none of the %d in %s is intact: %w", len(paths), dir, errors.Join(skipped...))
}

func verifyPath(path string) error {
	f, err := Open(path)
	if err != nil {
		return err
	}
	_, err = f.Verify()
	return errors.Join(err, f.Close())
}

// RemoveAfter deletes the checkpoints in dir of later steps than one, newest first, and makes that durable.
func RemoveAfter(dir string, step int64) error {
	return removeAfter(atomicfile.Disk, dir, step)
}

func removeAfter(fsys atomicfile.FS, dir string, step int64) error {
	paths, err := List(dir)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if s, _ := ParseStepFile(filepath.Base(path)); s <= step {
			break
		}
		if err := fsys.Remove(path); err != nil {
			return fmt.Errorf("checkpoint: remove: %w", err)
		}
	}
	return fsys.SyncDir(dir)
}

// Prune deletes the checkpoints in dir that keep does not want, oldest first, and returns the paths of those it
// deleted. Newest is the step of the one that was saved last. Keep gets the step of each and how many newer ones there
// are. The MinKept newest stay whatever keep says. Call it only after a Save has returned nil.
//
// Files of steps beyond newest are those that Latest passed over as damaged: they neither count nor go.
func Prune(dir string, newest int64, keep func(newer int, step int64) bool) (deleted []string, err error) {
	return prune(atomicfile.Disk, dir, newest, keep)
}

func prune(fsys atomicfile.FS, dir string, newest int64, keep func(newer int, step int64) bool) (deleted []string, err error) {
	paths, err := List(dir)
	if err != nil {
		return nil, err
	}
	paths = slices.DeleteFunc(paths, func(path string) bool {
		step, _ := ParseStepFile(filepath.Base(path))
		return step > newest
	})
	for newer := len(paths) - 1; newer >= MinKept; newer-- {
		step, _ := ParseStepFile(filepath.Base(paths[newer]))
		if keep(newer, step) {
			continue
		}
		if err := fsys.Remove(paths[newer]); err != nil {
			return deleted, fmt.Errorf("checkpoint: prune: %w", err)
		}
		deleted = append(deleted, paths[newer])
	}
	return deleted, nil
}
