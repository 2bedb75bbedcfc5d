package cmd

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// fileCalls names the system calls on files, by their numbers, and says which argument is the file: a path, or a
// descriptor. Of two paths, as of renameat, it is the second.
var fileCalls = map[uint64]struct {
	name       string
	path, file int // number of the argument, -1 for none
}{
	syscall.SYS_READ:       {"read", -1, 0},
	syscall.SYS_WRITE:      {"write", -1, 0},
	syscall.SYS_CLOSE:      {"close", -1, 0},
	syscall.SYS_PREAD64:    {"pread64", -1, 0},
	syscall.SYS_PWRITE64:   {"pwrite64", -1, 0},
	syscall.SYS_FLOCK:      {"flock", -1, 0},
	syscall.SYS_FSYNC:      {"fsync", -1, 0},
	syscall.SYS_FDATASYNC:  {"fdatasync", -1, 0},
	syscall.SYS_FTRUNCATE:  {"ftruncate", -1, 0},
	syscall.SYS_FSTAT:      {"fstat", -1, 0},
	syscall.SYS_FSTATFS:    {"fstatfs", -1, 0},
	syscall.SYS_GETDENTS64: {"getdents64", -1, 0},
	syscall.SYS_FALLOCATE:  {"fallocate", -1, 0},
	syscall.SYS_STATFS:     {"statfs", 0, -1},
	syscall.SYS_OPENAT:     {"openat", 1, -1},
	syscall.SYS_MKDIRAT:    {"mkdirat", 1, -1},
	syscall.SYS_UNLINKAT:   {"unlinkat", 1, -1},
	syscall.SYS_NEWFSTATAT: {"newfstatat", 1, -1},
	syscall.SYS_RENAMEAT:   {"renameat", 3, -1},
	sysRenameat2:           {"renameat2", 3, -1},
	syscall.SYS_RENAME:     {"rename", 1, -1},
	syscall.SYS_MKDIR:      {"mkdir", 0, -1},
	syscall.SYS_UNLINK:     {"unlink", 0, -1},
	syscall.SYS_OPEN:       {"open", 0, -1},
	syscall.SYS_STAT:       {"stat", 0, -1},
}

const sysRenameat2 = 316

// A fileCall is a system call on a file of a run directory.
type fileCall struct{ name, path string } // path is relative to the directory, "." for itself

func (c fileCall) String() string { return c.name + " " + c.path }

// A tracer runs a command and stops it at every system call on a file of the directory dir, counted over all threads in
// the order in which they are made.
//
// At is called with each before it is made. A fault of SIGKILL kills the process instead of making it; any other but 0 is
// what the call fails with, without having been made.
type tracer struct {
	dir string // absolute
	at  func(n int, c fileCall) (fault syscall.Errno, kill bool)

	pid   int
	calls int
	entry map[int]bool          // threads between the entry and the exit of a call
	fail  map[int]syscall.Errno // threads whose call was replaced, with what it is to return
}

// errNoTrace says that the system does not let a process trace its child.
var errNoTrace = errors.New("needs leave to trace processes, which ptrace is refused here: run the test as root, or give a container SYS_PTRACE")

// run runs the command to its end, and returns how it ended. Standard error goes to the file given.
func (tr *tracer) run(cmd *exec.Cmd) (syscall.WaitStatus, error) {
	runtime.LockOSThread() // only the thread that began to trace may go on
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		if errors.Is(err, syscall.EPERM) {
			err = errNoTrace
		}
		return 0, err
	}
	defer cmd.Process.Release()
	tr.pid = cmd.Process.Pid
	tr.entry, tr.fail = map[int]bool{}, map[int]syscall.Errno{}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(tr.pid, &status, syscall.WALL, nil); err != nil || !status.Stopped() {
		return 0, fmt.Errorf("it did not stop at its start: %v, %w", status, err)
	}
	const options = syscall.PTRACE_O_TRACECLONE | syscall.PTRACE_O_TRACESYSGOOD | 0x100000 // PTRACE_O_EXITKILL
	if err := syscall.PtraceSetOptions(tr.pid, options); err != nil {
		return 0, err
	}
	if err := syscall.PtraceSyscall(tr.pid, 0); err != nil {
		return 0, err
	}
	return tr.follow()
}

// follow lets the threads run from stop to stop until the last has ended.
func (tr *tracer) follow() (end syscall.WaitStatus, err error) {
	known := map[int]bool{tr.pid: true}
	for {
		var status syscall.WaitStatus
		tid, err := syscall.Wait4(-1, &status, syscall.WALL, nil)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return 0, err
		case !status.Stopped():
			if tid == tr.pid { // the first thread is the last that is told of
				return status, nil
			}
			continue
		}
		deliver := 0
		switch signal := status.StopSignal(); {
		case signal == syscall.SIGTRAP|0x80:
			if err := tr.stop(tid); err != nil && err != syscall.ESRCH {
				return 0, err
			}
		case signal == syscall.SIGTRAP: // a thread was made
		case signal == syscall.SIGSTOP && !known[tid]: // the thread that was made
		default:
			deliver = int(signal)
		}
		known[tid] = true
		if err := syscall.PtraceSyscall(tid, deliver); err != nil && err != syscall.ESRCH {
			return 0, err
		}
	}
}

// stop looks at a thread that stands before or behind a system call.
func (tr *tracer) stop(tid int) error {
	var regs syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(tid, &regs); err != nil {
		return err
	}
	tr.entry[tid] = !tr.entry[tid]
	if !tr.entry[tid] {
		errno, replaced := tr.fail[tid]
		if !replaced {
			return nil
		}
		delete(tr.fail, tid)
		regs.Rax = -uint64(errno)
		return syscall.PtraceSetRegs(tid, &regs)
	}
	path, name := tr.pathOf(tid, &regs)
	rel, err := filepath.Rel(tr.dir, path)
	if path == "" || err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
		return nil
	}
	tr.calls++
	fault, kill := tr.at(tr.calls, fileCall{name, rel})
	if kill {
		return syscall.Kill(tr.pid, syscall.SIGKILL)
	}
	if fault != 0 {
		tr.fail[tid] = fault
		regs.Orig_rax = ^uint64(0) // no call has this number
		return syscall.PtraceSetRegs(tid, &regs)
	}
	return nil
}

// pathOf returns the file of a call, absolute, and the name of the call; "" for a call that is about none.
func (tr *tracer) pathOf(tid int, regs *syscall.PtraceRegs) (path, name string) {
	call, ok := fileCalls[regs.Orig_rax]
	if !ok {
		return "", ""
	}
	args := [...]uint64{regs.Rdi, regs.Rsi, regs.Rdx, regs.R10}
	if call.path < 0 {
		path, _ = os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", tr.pid, args[call.file]))
		return path, call.name
	}
	var text [512]byte
	n, _ := syscall.PtracePeekData(tid, uintptr(args[call.path]), text[:])
	path, _, _ = strings.Cut(string(text[:n]), "\x00")
	if !filepath.IsAbs(path) {
		path = filepath.Join(workingDir(tr.pid), path)
	}
	return filepath.Clean(path), call.name
}

func workingDir(pid int) string {
	dir, _ := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	return dir
}

// traced runs the command under a tracer, and returns its exit code, −1 for one that was killed, and what it said.
func (b binary) traced(t *testing.T, dir string, at func(n int, c fileCall) (syscall.Errno, bool), args ...string) (code int, said string) {
	t.Helper()
	abs, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	output, err := os.Create("output")
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	cmd := exec.Command(string(b), args...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2")
	cmd.Stderr = output
	status, err := (&tracer{dir: abs, at: at}).run(cmd)
	if errors.Is(err, errNoTrace) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return status.ExitStatus(), readFile(t, "output")
}
