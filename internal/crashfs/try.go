package crashfs

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Try cuts the power everywhere and calls check for each state that may be left, with a directory that holds it. One that
// was left before, with the same acknowledged, is not checked twice. While check runs, atomicfile.Disk is a Recorder of the
// directory, so what it writes costs no sync. Try returns how many states there were, and how many of them differ.
//
// Where check returns an error or stops the test, the log says where the power was cut.
func (r *Recorder) Try(t testing.TB, states int, check func(root string, cut Cut) error) (count, distinct int) {
	t.Helper()
	seen := map[string]bool{}
	root := filepath.Join(t.TempDir(), "root")
	for cut := range r.Cuts(1, states) {
		count++
		key := fmt.Sprint(cut.Acknowledged, cut.State.Key())
		if seen[key] {
			continue
		}
		seen[key] = true
		r.try(t, root, cut, check)
	}
	return count, len(seen)
}

func (r *Recorder) try(t testing.TB, root string, cut Cut, check func(root string, cut Cut) error) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("after a power cut behind operation %d, %q, with %v acknowledged", cut.Operations, cut.Last, cut.Acknowledged)
		}
	}()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(root, 0o777))
	must(cut.State.Write(root))
	after, err := Record(root)
	must(err)
	after.During(func() { must(check(root, cut)) })
	must(os.RemoveAll(root))
}
