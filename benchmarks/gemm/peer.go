package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/strata-ml/strata/tensor"
)

// A peer is a process that answers each line by one.
type peer struct {
	name string
	in   io.Writer
	out  *bufio.Scanner
}

// label is the first word of the name.
func (p *peer) label() string {
	label, _, _ := strings.Cut(p.name, " ")
	return strings.TrimSuffix(label, ",")
}

func startPeer(command string) (*peer, error) {
	cmd := exec.Command("sh", "-c", "exec "+command)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &peer{in: in, out: bufio.NewScanner(out)}
	if !p.out.Scan() {
		return nil, fmt.Errorf("%s: no answer", command)
	}
	p.name = p.out.Text()
	return p, nil
}

// ask sends a line and returns the number that answers it.
func (p *peer) ask(format string, args ...any) (float64, error) {
	if _, err := fmt.Fprintf(p.in, format+"\n", args...); err != nil {
		return 0, err
	}
	if !p.out.Scan() {
		return 0, fmt.Errorf("the peer ended: %v", p.out.Err())
	}
	var x float64
	_, err := fmt.Sscan(p.out.Text(), &x)
	return x, err
}

// answer is the other end: it answers requests by our own products.
func answer(in io.Reader, out io.Writer) error {
	if _, err := fmt.Fprintf(out, "Strata, kernels %s, GODEBUG=%s\n", tensor.KernelFamily(), os.Getenv("GODEBUG")); err != nil {
		return err
	}
	var last, s shape // the matrices of the last product are kept
	var lastType, dtype string
	var threads, reps, calls int
	var measure func(reps, calls int) float64
	for lines := bufio.NewScanner(in); lines.Scan(); {
		_, err := fmt.Sscan(lines.Text(), &s.m, &s.n, &s.k, &s.form, &dtype, &threads, &reps, &calls)
		if err != nil {
			return fmt.Errorf("cannot read %q: %w", lines.Text(), err)
		}
		if s != last || dtype != lastType {
			if measure = measureProduct[float32](s); dtype == "float64" {
				measure = measureProduct[float64](s)
			}
			last, lastType = s, dtype
		}
		runtime.GOMAXPROCS(threads)
		if _, err := fmt.Fprintf(out, "%.9g\n", measure(reps, calls)); err != nil {
			return err
		}
	}
	return nil
}
