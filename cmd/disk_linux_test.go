package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/train"
)

// mounted mounts a tmpfs on the directory name, and unmounts it when the test has ended.
func mounted(t *testing.T, name, options string) {
	t.Helper()
	if err := os.MkdirAll(name, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", name, "tmpfs", 0, options); err != nil {
		t.Skipf("needs root, to mount a tmpfs: run the test as root: %v", err)
	}
	dir, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// An endless run saves when it is told to and at no other time, and trains until it is ended.
type endless struct {
	faultRuns
	*process
	dir string
}

func (f faultRuns) endless(t *testing.T, dir string) endless {
	t.Helper()
	p := f.start(t, 1, append(f.verb(dir),
		"--set", "train={epochs: 100000000, batch_size: 1, log_every: 100000000, eval_every: 100000000}", "--set", "checkpoint={every: 0}")...)
	p.await(t, "training")
	return endless{f, p, dir}
}

// save asks for a checkpoint and waits until it is durable.
func (e endless) save(t *testing.T) {
	t.Helper()
	before := acknowledged(t, e.dir)
	interrupt(t, e.process, syscall.SIGUSR1)
	for until := time.Now().Add(patience); acknowledged(t, e.dir) == before; time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("no checkpoint is newer than that of step %d", before)
		}
	}
}

// fail asks for a checkpoint that cannot be written, and wants to be told so, with the words given.
func (e endless) fail(t *testing.T, words string) {
	t.Helper()
	interrupt(t, e.process, syscall.SIGUSR1)
	e.await(t, "warning: the checkpoint of step")
	lines := strings.Split(strings.TrimSpace(e.stderr.String()), "\n")
	if last := lines[len(lines)-1]; !strings.Contains(last, "was not written, the run goes on: ") || !strings.Contains(last, words) {
		t.Errorf("it says %q, want %q", last, words)
	}
}

// wantExact ends the run, goes on for an epoch, and compares it with one to which nothing was done.
func (e endless) wantExact(t *testing.T) {
	t.Helper()
	interrupt(t, e.process, syscall.SIGTERM)
	if code := e.end(t); code != 143 {
		t.Fatalf("exit code %d\n%s", code, e.stderr.String())
	}
	wantIntact(t, e.dir)
	if left := temps(t, e.dir); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
	h, err := train.ReadHistory(e.dir)
	if err != nil {
		t.Fatal(err)
	}
	epochs := int64(h.Marks[len(h.Marks)-1].Epoch) + 1
	e.run(t, 1, "resume", e.dir, "--no-plots", "--epochs", fmt.Sprint(epochs))
	undisturbed := filepath.Join("undisturbed", e.dir)
	e.run(t, 1, "train", "points.yaml", "--run", undisturbed, "--no-plots", "--set",
		fmt.Sprintf("train={epochs: %d, batch_size: 1, log_every: 100000000, eval_every: 100000000}", epochs), "--set", "checkpoint={every: 0}")
	wantSameState(t, e.dir, undisturbed)
}

// TestFullDisk fills the disk of a run, and frees it.
func TestFullDisk(t *testing.T) {
	f := newFaultRuns(t)
	mounted(t, "disk", "size=8m")
	e := f.endless(t, "disk/run")
	e.save(t)
	full, err := os.Create("disk/full")
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 4096); err == nil; {
		_, err = full.Write(block)
	}
	if err := full.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		e.fail(t, "") // either there is no room, or the system says so in a write
		wantIntact(t, e.dir)
	}
	if err := os.Remove("disk/full"); err != nil {
		t.Fatal(err)
	}
	e.save(t)
	e.wantExact(t)
}

// TestFullDiskAtTheStart begins a run where there is no room for its checkpoints.
func TestFullDiskAtTheStart(t *testing.T) {
	f := newFaultRuns(t)
	mounted(t, "disk", "size=64k")
	p := f.start(t, 1, append(f.verb("disk/run"), "--set", "model.fc1.units=5000")...)
	code := p.end(t)
	said := p.stderr.String()
	if code != exitFailed || strings.Contains(said, "training") || !strings.Contains(said, "the checkpoint needs ") {
		t.Errorf("exit code %d\n%s", code, said)
	}
}

// TestFileSizeLimit sets a limit on the size of files, which is below that of a checkpoint.
func TestFileSizeLimit(t *testing.T) {
	f := newFaultRuns(t)
	const dir = "limited/run"
	shell := append([]string{"-c", `ulimit -f 8; exec "$0" "$@"`, string(f.binary)}, f.verb(dir)...) // 8 × 512 bytes
	p := binary("/bin/sh").start(t, 1, shell...)
	code := p.end(t)
	wantAll(t, p.stderr.String(), "was not written, the run goes on: ", "the last checkpoint could not be written: ", "file too large")
	if code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	wantIntact(t, dir)
	f.finish(t, dir)
}

// TestAddressSpaceLimit begins runs that get less memory than they want, at ten limits. What the Go runtime cannot get ends
// the process, as SIGKILL does: no run is begun, or it ends with the bytes of the whole run when there is memory again.
func TestAddressSpaceLimit(t *testing.T) {
	f := newFaultRuns(t)
	ended := map[int]int{}
	for i := range 10 {
		dir := fmt.Sprintf("confined/run-%d", i)
		limit := fmt.Sprint(100_000 + 300_000*i) // KiB; the runtime reserves most of it and uses little
		shell := append([]string{"-c", `ulimit -v ` + limit + `; exec "$0" "$@"`, string(f.binary)}, f.verb(dir)...)
		p := binary("/bin/sh").start(t, 1, shell...)
		code := p.end(t)
		if code != exitDone && p.stderr.String() == "" {
			t.Errorf("%s KiB: exit code %d, and not a word", limit, code)
		}
		ended[code]++
		if experiment.IsRun(dir) {
			wantIntact(t, dir)
		}
		f.finish(t, dir)
	}
	t.Logf("runs by exit code: %v", ended)
	if ended[exitDone] == 0 || ended[exitDone] == 10 {
		t.Errorf("all limits are on one side of what a run takes: %v", ended)
	}
}

// TestReadOnly begins and continues runs where nothing can be written.
func TestReadOnly(t *testing.T) {
	f := newFaultRuns(t)
	mounted(t, "disk", "size=1m")
	copyRun(t, wholeRun, "disk/run")
	if err := syscall.Mount("tmpfs", "disk", "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"disk/run", "disk/new/run"} {
		began := time.Now()
		p := f.start(t, 1, f.verb(dir)...)
		code := p.end(t)
		t.Logf("told after %v", time.Since(began))
		if said := p.stderr.String(); code != exitFailed || !strings.Contains(said, "read-only file system") || strings.Contains(said, "training") {
			t.Errorf("exit code %d\n%s", code, said)
		}
	}
}

// TestDirectoryVanishes takes the directory of a run away, and gives it back. Then it takes it away for good.
func TestDirectoryVanishes(t *testing.T) {
	f := newFaultRuns(t)
	e := f.endless(t, "vanishing/run")
	e.save(t)
	move := func(from, to string) {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	move(e.dir, "elsewhere")
	e.fail(t, "no such file or directory")
	wantIntact(t, "elsewhere")
	move("elsewhere", e.dir)
	e.save(t)
	e.wantExact(t)

	e = f.endless(t, "gone/run")
	if err := os.RemoveAll(e.dir); err != nil {
		t.Fatal(err)
	}
	e.fail(t, "no such file or directory")
	interrupt(t, e.process, syscall.SIGTERM)
	if code := e.end(t); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	wantAll(t, e.stderr.String(), "the last checkpoint could not be written: ", "no such file or directory")
}
