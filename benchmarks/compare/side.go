package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/strata-ml/strata/benchmarks/report"
)

// A side is a process that times what it is asked for. Between requests it waits for input.
type side struct {
	name   string
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *bytes.Buffer
}

// pause lets the threads of the side that has just answered go to sleep.
const pause = 20 * time.Millisecond

// start runs a command as a side. env is added to the environment of this process.
func start(name string, env []string, argv ...string) (*side, error) {
	s := &side{name: name, cmd: exec.Command(argv[0], argv[1:]...), stderr: &bytes.Buffer{}}
	s.cmd.Env = append(environment(), env...)
	s.cmd.Stderr = s.stderr
	in, err := s.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.in, s.out = in, bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

// environment is that of this process without what would choose other kernels for OpenBLAS.
func environment() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "OPENBLAS_CORETYPE=") && !strings.HasPrefix(v, "OPENBLAS_L2_SIZE=") {
			env = append(env, v)
		}
	}
	return env
}

// threadLimits are the variables that hold OpenMP and OpenBLAS to a number of threads, whatever the environment of this
// process says.
func threadLimits(threads int) []string {
	n := strconv.Itoa(threads)
	return []string{"OMP_NUM_THREADS=" + n, "OPENBLAS_NUM_THREADS=" + n}
}

// ask sends a request and reads the answer, one line of JSON.
func (s *side) ask(request string) (report.Sample, error) {
	var answer report.Sample
	if _, err := fmt.Fprintln(s.in, request); err != nil {
		return answer, s.failed(err)
	}
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		return answer, s.failed(err)
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return answer, fmt.Errorf("%s: answered %q: %w", s.name, line, err)
	}
	time.Sleep(pause)
	return answer, nil
}

// failed says what a side that no longer answers wrote before its end.
func (s *side) failed(err error) error {
	s.close()
	lines := strings.Split(strings.TrimSpace(s.stderr.String()), "\n")
	return fmt.Errorf("%s: %w: %s", s.name, err, strings.Join(lines[max(0, len(lines)-3):], "; "))
}

// close ends the input of the side, which ends the side.
func (s *side) close() {
	_ = s.in.Close()
	_ = s.cmd.Wait()
}
