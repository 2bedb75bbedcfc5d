// Command steps times the steps of one workload, as bench.py does for PyTorch, and prints one line of JSON.
//
//	steps WORKLOAD [-threads N] [-seconds S]   the first step and its loss, then steps for S seconds
//	steps WORKLOAD [-threads N] -serve         the same for each line of standard input, a number of seconds
//
// Every measurement starts from the first weights.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/strata-ml/strata/benchmarks"
	"github.com/strata-ml/strata/benchmarks/clock"
	"github.com/strata-ml/strata/benchmarks/serve"
	"github.com/strata-ml/strata/tensor"
)

// A result has the keys of bench.py's, and those of clock.Sample.
type result struct {
	Workload string `json:"workload"`
	Variant  string `json:"variant"`
	Batch    int    `json:"batch"`
	clock.Sample
	SamplesPerSecond float64 `json:"samples_s"`
	GFLOP            float64 `json:"gflop_step"`
	GFLOPS           float64 `json:"gflops"`
	LossFirst        float64 `json:"loss_first,omitempty"`
	LossLast         float64 `json:"loss_last,omitempty"` // of the first batch, too
	Threads          int     `json:"threads"`
	Kernels          string  `json:"kernels"`
	Go               string  `json:"go"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "steps:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("needs the name of a workload")
	}
	name, flags := args[0], flag.NewFlagSet("steps", flag.ContinueOnError)
	threads := flags.Int("threads", 1, "threads, as GOMAXPROCS")
	seconds := flags.Float64("seconds", 5, "how long to run")
	serving := flags.Bool("serve", false, "answer requests on standard input")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	w, err := benchmarks.Find(name)
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(*threads)
	s, err := benchmarks.NewStepper(w)
	if err != nil {
		return err
	}
	if *serving {
		return serve.Requests(os.Stdin, os.Stdout, func(fields []string) (any, error) {
			if len(fields) != 1 {
				return nil, errors.New("needs a number of seconds")
			}
			length, err := serve.Seconds(fields[0])
			if err != nil {
				return nil, err
			}
			return measure(s, length, *threads)
		})
	}
	r, err := measure(s, time.Duration(*seconds*float64(time.Second)), *threads)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func measure(s *benchmarks.Stepper, length time.Duration, threads int) (*result, error) {
	s.Restart()
	first, err := s.StepOn(0)
	if err != nil {
		return nil, err
	}
	sample, err := clock.Measure(func() error {
		_, err := s.Step()
		return err
	}, 1, length)
	if err != nil {
		return nil, err
	}
	last, err := s.StepOn(0)
	if err != nil {
		return nil, err
	}
	return &result{
		Workload: s.Name, Variant: "strata", Batch: s.Rows, Sample: sample,
		SamplesPerSecond: float64(s.Rows) / sample.Median * 1e3,
		GFLOP:            s.GFLOP, GFLOPS: s.GFLOP / sample.Median * 1e3,
		LossFirst: first, LossLast: last,
		Threads: threads, Kernels: tensor.KernelFamily(), Go: runtime.Version(),
	}, nil
}
