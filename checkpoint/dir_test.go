package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/internal/atomicfile"
)

func TestStepFile(t *testing.T) {
	for step, want := range map[int64]string{
		0:             "step-0000000000.strata",
		1200:          "step-0000001200.strata",
		9_999_999_999: "step-9999999999.strata",
		math.MaxInt64: "step-9223372036854775807.strata",
	} {
		if got := StepFile(step); got != want {
			t.Errorf("step %d: %s", step, got)
		}
		if got, ok := ParseStepFile(want); !ok || got != step {
			t.Errorf("%s: step %d, %v", want, got, ok)
		}
	}
	for _, name := range []string{
		"", "step-.strata", "step-1.strata", "step-00000001200.strata", "step-+000001200.strata", "step--000001200.strata",
		"step-0000001200.strata.tmp", "step-000000120x.strata", "step-99999999999999999999.strata", "0000001200.strata",
		".step-0000001200.strata.0123456789abcdef.tmp", "step-0000001200", "a/step-0000001200.strata",
	} {
		if step, ok := ParseStepFile(name); ok {
			t.Errorf("%q is step %d", name, step)
		}
	}
}

// saveSteps returns a directory with a checkpoint for each step.
func saveSteps(t *testing.T, steps ...int64) string {
	t.Helper()
	dir := t.TempDir()
	for _, step := range steps {
		s := sample()
		s.State.Step = step
		if err := Save(filepath.Join(dir, StepFile(step)), s); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func paths(dir string, steps ...int64) []string {
	var out []string
	for _, step := range steps {
		out = append(out, filepath.Join(dir, StepFile(step)))
	}
	return out
}

func listed(t *testing.T, dir string) []string {
	t.Helper()
	got, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func damage(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestList(t *testing.T) {
	dir := saveSteps(t, 3, 12_345_678_901, 200)
	for _, name := range []string{"last.strata", "metrics.jsonl", ".step-0000000300.strata.0123456789abcdef.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := listed(t, dir), paths(dir, 12_345_678_901, 200, 3); !slices.Equal(got, want) {
		t.Errorf("list is %q, want %q", got, want)
	}
	if _, err := List(filepath.Join(dir, "no")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}

func TestLatest(t *testing.T) {
	dir := saveSteps(t, 1, 2, 3, 4)
	damage(t, filepath.Join(dir, StepFile(4)))
	if err := os.Truncate(filepath.Join(dir, StepFile(3)), 100); err != nil {
		t.Fatal(err)
	}
	path, skipped, err := Latest(dir)
	if err != nil || path != filepath.Join(dir, StepFile(2)) || len(skipped) != 2 {
		t.Fatalf("latest is %q, skipped %v, error %v", path, skipped, err)
	}
	for i, step := range []int64{4, 3} {
		if got := asCorrupt(t, skipped[i]); got.Path != filepath.Join(dir, StepFile(step)) {
			t.Errorf("skipped %v", got)
		}
	}
}

func TestLatestOfNone(t *testing.T) {
	dir := t.TempDir()
	for _, dir := range []string{dir, filepath.Join(dir, "no")} {
		if _, _, err := Latest(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error is %v", err)
		}
	}
}

// Only "there is none" may let a run start afresh.
func TestLatestStops(t *testing.T) {
	tests := map[string]func(t *testing.T, dir string){
		"none of the 2": func(t *testing.T, dir string) {
			damage(t, filepath.Join(dir, StepFile(1)))
			damage(t, filepath.Join(dir, StepFile(2)))
		},
		"later version of strata": func(t *testing.T, dir string) {
			all := append(sections(t), sections(t)[3])
			all[3] = forged{"Futu", 1, nil}
			if err := os.WriteFile(filepath.Join(dir, StepFile(3)), forge(all...), 0o644); err != nil {
				t.Fatal(err)
			}
		},
		"not a regular file": func(t *testing.T, dir string) {
			if err := os.Mkdir(filepath.Join(dir, StepFile(3)), 0o755); err != nil {
				t.Fatal(err)
			}
		},
		"no such file": func(t *testing.T, dir string) {
			for step := int64(1); step <= 2; step++ {
				path := filepath.Join(dir, StepFile(step))
				if err := errors.Join(os.Remove(path), os.Symlink("nowhere", path)); err != nil {
					t.Skipf("needs a file system with symbolic links: %v", err)
				}
			}
		},
		"permission denied": func(t *testing.T, dir string) {
			if os.Geteuid() == 0 {
				t.Skip("needs a user without root's rights: run the test as another user")
			}
			if err := os.Chmod(filepath.Join(dir, StepFile(2)), 0); err != nil {
				t.Fatal(err)
			}
		},
	}
	for want, spoil := range tests {
		t.Run(want, func(t *testing.T) {
			dir := saveSteps(t, 1, 2)
			spoil(t, dir)
			path, _, err := Latest(dir)
			if err == nil || path != "" || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), want) {
				t.Errorf("latest is %q, error %v", path, err)
			}
		})
	}
}

func TestPrune(t *testing.T) {
	type call struct {
		newer int
		step  int64
	}
	dir := saveSteps(t, 1, 2, 3, 4, 5, 8)
	var calls []call
	deleted, err := Prune(dir, 5, func(newer int, step int64) bool {
		calls = append(calls, call{newer, step})
		return newer < 3 || step == 1
	})
	if err != nil || !slices.Equal(deleted, paths(dir, 2)) {
		t.Errorf("deleted %q, error %v", deleted, err)
	}
	if want := []call{{4, 1}, {3, 2}, {2, 3}}; !reflect.DeepEqual(calls, want) {
		t.Errorf("calls are %v, want %v", calls, want)
	}
	if got := listed(t, dir); !slices.Equal(got, paths(dir, 8, 5, 4, 3, 1)) {
		t.Errorf("left %q", got)
	}
}

func TestPruneNeverKeepsFewerThanTwo(t *testing.T) {
	none := func(int, int64) bool { return false }
	for n := range int64(5) {
		var steps []int64
		for step := range n {
			steps = append(steps, 10*step)
		}
		dir := saveSteps(t, steps...)
		want := listed(t, dir)
		want = want[:min(len(want), MinKept)]
		if _, err := Prune(dir, 100, none); err != nil {
			t.Fatal(err)
		}
		if got := listed(t, dir); !slices.Equal(got, want) {
			t.Errorf("left %q of %d", got, n)
		}
	}
}

// readOnlyFS refuses to remove and to rename.
type readOnlyFS struct {
	atomicfile.OS
}

func (readOnlyFS) Remove(name string) error {
	return fmt.Errorf("remove %s: %w", name, fs.ErrPermission)
}

func (readOnlyFS) Rename(from, _ string) error {
	return fmt.Errorf("rename %s: %w", from, fs.ErrPermission)
}

func TestPruneReportsErrors(t *testing.T) {
	dir := saveSteps(t, 1, 2, 3)
	deleted, err := prune(readOnlyFS{}, dir, 3, func(int, int64) bool { return false })
	if !errors.Is(err, fs.ErrPermission) || len(deleted) != 0 {
		t.Errorf("deleted %q, error %v", deleted, err)
	}
	if _, err := Prune(filepath.Join(dir, "no"), 3, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}

// A save that fails leaves the file of the same name as it was.
func TestSaveFails(t *testing.T) {
	dir := saveSteps(t, 1)
	path := filepath.Join(dir, StepFile(1))
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bad := sample()
	bad.Tensors[0].Name = "not a name"
	if err := Save(path, bad); err == nil || strings.Count(err.Error(), "checkpoint: ") != 1 {
		t.Errorf("error is %v", err)
	}
	if err := save(readOnlyFS{}, path, &Snapshot{}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error is %v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || string(before) != string(after) {
		t.Errorf("the file has changed, error %v", err)
	}
}
