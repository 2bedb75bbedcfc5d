package cmd

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/strata-ml/strata/internal/atomicfile"
	"github.com/strata-ml/strata/train"
)

// A stage is a command that is disturbed at each of its system calls on files of the run.
type stage struct {
	name  string
	from  string // run directory that it begins with, "" for none
	calls []fileCall
}

// stages returns a run from its start, and one that is continued after it was killed, with the calls that they make.
func (f faultRuns) stages(t *testing.T) []stage {
	t.Helper()
	calls := func(from string) (list []fileCall) {
		dir := f.prepared(t, from)
		code, said := f.traced(t, dir, func(_ int, c fileCall) (syscall.Errno, bool) {
			list = append(list, c)
			return 0, false
		}, f.verb(dir)...)
		if code != exitDone {
			t.Fatalf("exit code %d\n%s", code, said)
		}
		f.wantWhole(t, dir)
		return list
	}
	start := stage{"train", "", calls("")}
	half := "half/run"
	f.traced(t, half, func(n int, _ fileCall) (syscall.Errno, bool) { return 0, n == len(start.calls)/2 }, f.verb(half)...)
	return []stage{start, {"resume", half, calls(half)}}
}

// prepared returns a run directory in the state of another one, or one that does not exist.
func (faultRuns) prepared(t *testing.T, from string) string {
	t.Helper()
	const dir = "disturbed/run"
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if from != "" {
		copyRun(t, from, dir)
	}
	return dir
}

// quickCalls is how many calls of a stage are disturbed in the short form.
const quickCalls = 5

// chosen returns the numbers of the calls that are disturbed, from 1: all in the long form.
func (s stage) chosen() []int {
	list := rand.Perm(len(s.calls))
	if !*long {
		list = list[:quickCalls]
	}
	for i := range list {
		list[i]++
	}
	slices.Sort(list)
	return list
}

// TestKillAtSyscall kills a run before each system call on its files, looks at what it leaves, and continues it.
func TestKillAtSyscall(t *testing.T) {
	f := newFaultRuns(t)
	for _, s := range f.stages(t) {
		killed := 0
		for _, at := range s.chosen() {
			dir := f.prepared(t, s.from)
			var call fileCall
			code, said := f.traced(t, dir, func(n int, c fileCall) (syscall.Errno, bool) {
				if n == at {
					call = c
				}
				return 0, n == at
			}, f.verb(dir)...)
			if code == -1 {
				killed++
			}
			wantIntact(t, dir)
			f.finish(t, dir)
			if t.Failed() {
				t.Fatalf("%s, killed before call %d, %v: exit code %d\n%s", s.name, at, call, code, said)
			}
		}
		t.Logf("%s: killed before %d of %d calls", s.name, killed, len(s.calls))
		if killed < quickCalls-1 {
			t.Errorf("%s was killed %d times", s.name, killed)
		}
	}
}

// TestInject lets system calls on the files of a run fail, each in turn, and once the disk as a whole from there on: what
// cannot be written is told, nothing that was acknowledged is lost, and the run goes on, or ends and can be continued.
func TestInject(t *testing.T) {
	f := newFaultRuns(t)
	for _, s := range f.stages(t) {
		injected := 0
		for _, at := range s.chosen() {
			for _, fault := range faultsOf(s.calls[at-1]) {
				injected += f.inject(t, s, at, fault, at)
			}
			if (at+rand.IntN(8))%8 == 0 {
				injected += f.inject(t, s, at, syscall.ENOSPC, 1<<30)
			}
		}
		t.Logf("%s: %d faults in %d calls", s.name, injected, len(s.calls))
		if injected < quickCalls-1 {
			t.Errorf("%s: %d faults", s.name, injected)
		}
	}
}

// faultsOf returns how a call may fail: in the short form, one of the ways.
func faultsOf(c fileCall) []syscall.Errno {
	list := []syscall.Errno{syscall.EIO}
	if writes(c) {
		list = append(list, syscall.ENOSPC, syscall.EDQUOT)
	}
	if !*long {
		return list[rand.IntN(len(list)):][:1]
	}
	return list
}

// writes reports whether a call needs room on the disk.
func writes(c fileCall) bool {
	switch c.name {
	case "write", "pwrite64", "fsync", "fdatasync", "ftruncate", "mkdirat", "renameat", "close":
		return true
	}
	return c.name == "openat" && atomicfile.IsTemp(filepath.Base(c.path))
}

// inject lets the calls from first to last fail, and of several only those that write. It returns how many did.
func (f faultRuns) inject(t *testing.T, s stage, first int, fault syscall.Errno, last int) int {
	t.Helper()
	dir := f.prepared(t, s.from)
	var failed []fileCall
	code, said := f.traced(t, dir, func(n int, c fileCall) (syscall.Errno, bool) {
		if n < first || n > last || last > first && !writes(c) {
			return 0, false
		}
		failed = append(failed, c)
		return fault, false
	}, f.verb(dir)...)
	told := strings.Contains(said, fault.Error())
	switch {
	case code != exitDone && code != exitFailed:
		t.Errorf("exit code %d", code)
	case !told && (code == exitFailed || slices.ContainsFunc(failed, mustBeTold)):
		t.Errorf("exit code %d, and %q is not told", code, fault)
	case !told:
		f.wantWhole(t, dir)
	}
	wantIntact(t, dir)
	f.run(t, 1, f.verb(dir)...)
	f.wantSameEnd(t, dir)
	if t.Failed() {
		t.Fatalf("%s, %v from call %d to %d: exit code %d\n%v\n%s", s.name, fault, first, last, code, failed, said)
	}
	return len(failed)
}

// mustBeTold reports whether something was to be kept by the call that failed, so that nobody may pass over it.
func mustBeTold(c fileCall) bool {
	switch c.name {
	case "openat", "write", "close":
		return atomicfile.IsTemp(filepath.Base(c.path))
	case "fsync", "renameat", "mkdirat":
		return true
	}
	return false
}

// wantSameEnd compares what a run leaves that was told of checkpoints that could not be written, or deleted, with the whole
// run: they may be missing, or left, and all else is the same. There are no temporary files.
func (f faultRuns) wantSameEnd(t *testing.T, dir string) {
	t.Helper()
	got := leftBy(t, dir)
	for name, content := range f.want {
		old := strings.HasPrefix(name, train.CheckpointDir) && name != newestOf(f.want)
		if text, ok := got[name]; text != content && (ok || !old) {
			t.Errorf("%s differs from that of the whole run", name)
		}
		delete(got, name)
	}
	for name := range got {
		if filepath.Dir(name) != train.CheckpointDir || atomicfile.IsTemp(filepath.Base(name)) {
			t.Errorf("%s is left", name)
		}
	}
	wantIntact(t, dir)
}

// newestOf returns the newest checkpoint of what a run leaves.
func newestOf(left map[string]string) (newest string) {
	for name := range left {
		if strings.HasPrefix(name, train.CheckpointDir+"/") {
			newest = max(newest, name)
		}
	}
	return newest
}
