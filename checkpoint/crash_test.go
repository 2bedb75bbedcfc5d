package checkpoint

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/strata-ml/strata/internal/atomicfile"
	"github.com/strata-ml/strata/internal/crashfs"
)

// TestCrashFS saves and deletes checkpoints as a run does, with a best one among them, and cuts the power everywhere.
func TestCrashFS(t *testing.T) {
	const best = 2
	states := 10
	if *long {
		states = 200
	}
	r := recordSaves(t, 7, func(r *crashfs.Recorder, dir string, step int64) {
		r.Acknowledge(step)
		if _, err := Prune(dir, step, func(_ int, step int64) bool { return step == best }); err != nil {
			t.Fatal(err)
		}
	})
	count, distinct := r.Try(t, states, func(root string, cut crashfs.Cut) error {
		n := len(cut.Acknowledged)
		if n == 0 {
			return nil
		}
		dir := filepath.Join(root, "checkpoints")
		path, skipped, err := Latest(dir)
		if err != nil || len(skipped) > 0 {
			return errors.Join(append(skipped, err)...)
		}
		if step, _ := ParseStepFile(filepath.Base(path)); step < cut.Acknowledged[n-1] {
			return fmt.Errorf("the newest is that of step %d", step)
		}
		if all, err := List(dir); err != nil || len(all) < min(n, MinKept) {
			return fmt.Errorf("%d checkpoints are left (%w)", len(all), err)
		}
		if n > best {
			return verifyPath(filepath.Join(dir, StepFile(best)))
		}
		return nil
	})
	t.Logf("%d states, %d of them different", count, distinct)
}

// TestRemoveAfterIsDurable cuts the power after checkpoints were taken back: none of them returns, and the one to which the
// run goes back is whole.
func TestRemoveAfterIsDurable(t *testing.T) {
	const last, back = 3, 1
	r := recordSaves(t, last+1, func(r *crashfs.Recorder, dir string, step int64) {
		if step < last {
			return
		}
		if err := RemoveAfter(dir, back); err != nil {
			t.Fatal(err)
		}
		r.Acknowledge(back)
	})
	r.Try(t, 10, func(root string, cut crashfs.Cut) error {
		if len(cut.Acknowledged) == 0 {
			return nil
		}
		dir := filepath.Join(root, "checkpoints")
		if all, err := List(dir); err != nil || len(all) != back+1 {
			return fmt.Errorf("there are %v (%w)", all, err)
		}
		return verifyPath(filepath.Join(dir, StepFile(back)))
	})
}

// recordSaves records saves of so many steps in the directory checkpoints, and what saved does after each.
func recordSaves(t *testing.T, steps int64, saved func(r *crashfs.Recorder, dir string, step int64)) *crashfs.Recorder {
	t.Helper()
	root := t.TempDir()
	r, err := crashfs.Record(root)
	if err != nil {
		t.Fatal(err)
	}
	r.During(func() {
		dir := filepath.Join(root, "checkpoints")
		if err := atomicfile.MkdirAll(r, dir); err != nil {
			t.Fatal(err)
		}
		for step := range steps {
			s := sample()
			s.State.Step = step
			if err := Save(filepath.Join(dir, StepFile(step)), s); err != nil {
				t.Fatal(err)
			}
			saved(r, dir, step)
		}
	})
	return r
}
