package main

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/strata-ml/strata/benchmarks/clock"
	"github.com/strata-ml/strata/benchmarks/report"
	"github.com/strata-ml/strata/train"
)

// epochs of the run in each round, 938 steps each.
const epochs = 5

// compareStack times strata train on examples/mnist.yaml, everything included that happens within an epoch, against the
// bare steps of the same network. What lies between the steps counts, so the least time of a side is that of its
// fastest epoch, or of as many bare steps, divided by the steps.
func compareStack(o *options) ([]*report.Document, error) {
	d := newDocument("stack", "strata train examples/mnist.yaml against its bare steps", "ms", o)
	for _, threads := range o.threads {
		c, err := compareRun(o, threads)
		if err != nil {
			return nil, err
		}
		d.Comparisons = append(d.Comparisons, c)
	}
	return []*report.Document{d}, nil
}

func compareRun(o *options, threads int) (c report.Comparison, err error) {
	if err := keepTo(threads); err != nil {
		return c, err
	}
	bare, err := start("bare steps", nil, filepath.Join(o.bin, "steps"), "mnist", "-threads", strconv.Itoa(threads), "-serve")
	if err != nil {
		return c, err
	}
	defer bare.close()
	if _, err := bare.ask("0"); err != nil {
		return c, err
	}
	var rounds []report.Round
	for range o.rounds {
		whole, err := trainRun(o, threads)
		if err != nil {
			return c, err
		}
		steps, err := askFastest(bare, whole.Mean*float64(whole.Runs)/epochs/1e3)
		if err != nil {
			return c, err
		}
		rounds = append(rounds, report.Round{Ours: whole, Peers: map[string]report.Sample{bare.name: steps}})
	}
	c = report.Compare("mnist.yaml", threads, rounds)
	fmt.Fprintf(os.Stderr, "%-12s %d threads  %10.4f ms against %10.4f ms  ratio %.3f (%.3f to %.3f)\n",
		c.Case, c.Threads, c.Ours, c.Theirs, c.Ratio, c.Low, c.High)
	return c, nil
}

// askFastest lets a side run as many times as a run has epochs, and returns the sample with the least mean as that of
// all.
func askFastest(s *side, seconds float64) (fastest report.Sample, err error) {
	for i := range epochs {
		sample, err := s.ask(strconv.FormatFloat(seconds, 'g', -1, 64))
		if err != nil {
			return fastest, err
		}
		if i == 0 || sample.Mean < fastest.Mean {
			fastest = sample
		}
	}
	fastest.Min = fastest.Mean
	return fastest, nil
}

// trainRun trains for a few epochs without evaluation and returns the time of the epochs by their steps. Loading the
// data, drawing curves and writing checkpoints lie outside of the epochs.
func trainRun(o *options, threads int) (s report.Sample, err error) {
	dir, err := os.MkdirTemp("", "strata-stack-")
	if err != nil {
		return s, err
	}
	defer os.RemoveAll(dir)
	run := filepath.Join(dir, "run")
	load := clock.Watch()
	cmd := exec.Command(filepath.Join(o.bin, "strata"), "train", filepath.Join(o.scripts, "..", "examples", "mnist.yaml"),
		"--no-plots", "--run", run,
		"--set", "data.images="+filepath.Join(o.mnist, "train-images-idx3-ubyte.gz"),
		"--set", "data.labels="+filepath.Join(o.mnist, "train-labels-idx1-ubyte.gz"),
		"--set", `data.eval_images=""`, "--set", `data.eval_labels=""`, "--set", "checkpoint.best=loss",
		"--set", fmt.Sprintf("train.epochs=%d", epochs))
	cmd.Env = append(environment(), fmt.Sprintf("GOMAXPROCS=%d", threads))
	if out, err := cmd.CombinedOutput(); err != nil {
		return s, fmt.Errorf("strata train: %w\n%s", err, out)
	}
	l := load.Read(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime())
	s.Others, s.Steal = l.Others, l.Steal
	time.Sleep(pause)
	history, err := train.ReadHistory(run)
	if err != nil {
		return s, err
	}
	seconds, least := 0.0, math.Inf(1)
	for _, m := range history.Marks {
		if m.Kind == train.EpochMark {
			seconds, least, s.Runs = seconds+m.Seconds, min(least, m.Seconds), int(m.Step)
		}
	}
	if s.Runs == 0 {
		return s, fmt.Errorf("the run in %s has no epochs", run)
	}
	s.Mean, s.Min = seconds*1e3/float64(s.Runs), least*1e3*epochs/float64(s.Runs)
	return s, nil
}
