//go:build unix

package cmd

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A binary is the built command.
type binary string

// built builds the command once for all tests of the package.
var built = sync.OnceValues(func() (string, error) {
	path := filepath.Join(builtDir, "program")
	if out, err := exec.Command("go", "build", "-o", path, "./strata").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

var builtDir string

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		Main()
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	var err error
	if builtDir, err = os.MkdirTemp("", "strata"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(builtDir)
	return m.Run()
}

func buildBinary(t *testing.T) binary {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return binary(path)
}

// A process is a command under way.
type process struct {
	*exec.Cmd
	pipe   io.ReadCloser // standard error
	lines  *bufio.Reader // of the pipe
	stderr bytes.Buffer  // what was read of it
}

// start starts a command with a number of threads.
func (b binary) start(t *testing.T, threads int, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(string(b), args...)}
	p.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", threads))
	p.begin(t)
	return p
}

// begin starts the command and keeps standard error to be read.
func (p *process) begin(t *testing.T) {
	t.Helper()
	pipe, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.pipe, p.lines = pipe, bufio.NewReader(pipe)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
}

// await reads standard error up to a line that has one of the prefixes.
func (p *process) await(t *testing.T, prefixes ...string) {
	t.Helper()
	for {
		line, err := p.lines.ReadString('\n')
		p.stderr.WriteString(line)
		if err != nil {
			t.Fatalf("no line %q: %v\n%s", prefixes, err, p.stderr.String())
		}
		if slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(line, prefix) }) {
			return
		}
	}
}

// end reads standard error to its end and returns the exit code, −1 for a process that was killed.
func (p *process) end(t *testing.T) int {
	t.Helper()
	if _, err := io.Copy(&p.stderr, p.lines); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait() // the code says it
	return p.ProcessState.ExitCode()
}

// closePipe stops to read standard error.
func (p *process) closePipe(t *testing.T) {
	t.Helper()
	if err := p.pipe.Close(); err != nil {
		t.Fatal(err)
	}
}

// run runs a command to its end.
func (b binary) run(t *testing.T, threads int, args ...string) {
	t.Helper()
	p := b.start(t, threads, args...)
	if code := p.end(t); code != exitDone {
		t.Fatalf("%v: exit code %d\n%s", args, code, p.stderr.String())
	}
}
