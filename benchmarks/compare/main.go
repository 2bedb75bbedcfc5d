// Command compare runs our side of a benchmark and its peers in turn, A B A B …, and writes a table, the figures behind
// it and a chart. In each round a side counts with its shortest run; the ratio told is the median of the rounds'.
//
//	compare [flags] steps|elementwise|gemm|stack
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/strata-ml/strata/benchmarks"
	"github.com/strata-ml/strata/benchmarks/report"
)

// options are the flags.
type options struct {
	rounds   int
	threads  []int
	seconds  float64
	only     []string
	torch    string
	mnist    string
	openblas string
	bin      string
	scripts  string
	out      string
}

// kinds are the comparisons by name.
var kinds = map[string]func(*options) ([]*report.Document, error){
	"gemm":        compareProducts,
	"steps":       compareSteps,
	"elementwise": compareElementwise,
	"stack":       compareStack,
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	o, kind, err := parse(args)
	if err != nil {
		return err
	}
	documents, err := kinds[kind](o)
	if err != nil {
		return err
	}
	for _, d := range documents {
		if err := d.Write(o.out); err != nil {
			return err
		}
		fmt.Printf("%s\n\n%s\n", d.Title, d.Markdown())
	}
	return nil
}

func parse(args []string) (*options, string, error) {
	o, flags := &options{}, flag.NewFlagSet("compare", flag.ContinueOnError)
	flags.IntVar(&o.rounds, "rounds", 7, "rounds that count")
	threads := flags.String("threads", "1,2", "numbers of threads, for steps and gemm")
	flags.Float64Var(&o.seconds, "seconds", 1, "how long a side runs in each round, at least five runs")
	only := flags.String("only", "", "cases, as W1,W2 or exp,tanh; empty for all")
	flags.StringVar(&o.torch, "torch", "../../shared/bench/torch", "folder of PyTorch's side")
	flags.StringVar(&o.openblas, "openblas", "", "command that runs the program of openblas.c, for gemm")
	flags.StringVar(&o.mnist, "mnist", "../../shared/data/mnist", "folder of the MNIST files, for stack")
	flags.StringVar(&o.bin, "bin", "bin", "folder of our programs")
	flags.StringVar(&o.scripts, "scripts", ".", "folder of our Python scripts")
	flags.StringVar(&o.out, "out", "results", "folder for the results")
	if err := flags.Parse(args); err != nil {
		return nil, "", err
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	for n := range strings.SplitSeq(*threads, ",") {
		count, err := strconv.Atoi(n)
		if err != nil || count < 1 {
			return nil, "", fmt.Errorf("-threads: %q is no number of threads", n)
		}
		o.threads = append(o.threads, count)
	}
	if o.rounds < 1 {
		return nil, "", errors.New("-rounds: at least one")
	}
	if flags.NArg() != 1 || kinds[flags.Arg(0)] == nil {
		return nil, "", errors.New("needs one of steps, elementwise, gemm and stack")
	}
	return o, flags.Arg(0), nil
}

// wants reports whether a case is to be run.
func (o *options) wants(name string) bool { return len(o.only) == 0 || slices.Contains(o.only, name) }

// length is the request for a workload: more seconds where a step takes long.
func (o *options) length(w benchmarks.Workload) string {
	seconds := o.seconds
	if w.GFLOP > 10 {
		seconds *= 3
	}
	return strconv.FormatFloat(seconds, 'g', -1, 64)
}
