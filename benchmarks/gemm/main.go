// Command gemm compares matrix products with OpenBLAS in paired rounds.
//
//	gemm [-threads 1] [-dtype float32] [-rounds 7] [-shapes sq,fcA] [-json] 'COMMAND of openblas.c'
//	gemm -serve    answers lines as openblas.c does, to be the peer itself
//
// In each round of a shape both sides take the least time of many short samples, one after the other. The figure is the
// median of the rounds' ratios, theirs to ours: above 1 we are faster. GODEBUG=cpu.avx512f=off compares the AVX2 code,
// with the AVX-512 code where the peer is 'env GODEBUG= gemm -serve'.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/strata-ml/strata/benchmarks/report"
	"github.com/strata-ml/strata/benchmarks/roof"
	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/tensor"
)

// A shape is a product C [m n] = A·B over k; form NT has B transposed, TN has A transposed.
type shape struct {
	name, form string
	m, n, k    int
}

var shapes = []shape{
	{"sq64", "NN", 64, 64, 64},
	{"sq128", "NN", 128, 128, 128},
	{"sq256", "NN", 256, 256, 256},
	{"sq512", "NN", 512, 512, 512},
	{"sq1024", "NN", 1024, 1024, 1024},
	{"sq2048", "NN", 2048, 2048, 2048},
	{"fcA.fwd", "NN", 128, 512, 784},
	{"fcA.dX", "NT", 128, 784, 512},
	{"fcA.dW", "TN", 784, 512, 128},
	{"small.fwd", "NN", 32, 64, 64},
	{"small.dX", "NT", 32, 64, 64},
	{"small.dW", "TN", 64, 64, 32},
	{"big.fwd", "NN", 512, 4096, 4096},
	{"big.dX", "NT", 512, 4096, 4096},
	{"big.dW", "TN", 4096, 4096, 512},
	{"conv.fwd", "NN", 2304, 64, 288},
	{"conv.dX", "NT", 2304, 288, 64},
	{"conv.dW", "TN", 288, 64, 2304},
	{"gemv1", "NN", 1, 512, 784},
	{"gemv8", "NN", 8, 512, 784},
	{"out10.fwd", "NN", 128, 10, 512},
	{"out10.dX", "NT", 128, 512, 10},
	{"out10.dW", "TN", 512, 10, 128},
	{"odd1", "NN", 37, 41, 43},
	{"odd2", "NT", 61, 59, 67},
	{"odd3", "TN", 53, 71, 47},
	{"odd4", "NN", 101, 103, 107},
	{"odd5", "NT", 131, 127, 113},
	{"odd6", "TN", 139, 137, 149},
	{"odd7", "NN", 100, 300, 500},
	{"odd8", "NT", 100, 500, 300},
	{"odd9", "TN", 500, 300, 100},
	{"odd10", "NN", 257, 259, 263},
	{"odd11", "NT", 211, 331, 401},
	{"odd12", "TN", 419, 317, 223},
	{"odd13", "NN", 7, 1000, 333},
	{"odd14", "NN", 3, 777, 555},
	{"odd15", "NN", 999, 17, 313},
	{"odd16", "TN", 333, 9, 250},
	{"odd17", "NT", 999, 33, 129},
	{"odd18", "NN", 701, 709, 719},
	{"odd19", "NT", 601, 607, 613},
	{"odd20", "TN", 1021, 1013, 321},
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("gemm: ")
	threads := flag.Int("threads", 1, "threads of both sides")
	dtype := flag.String("dtype", "float32", "float32 or float64")
	rounds := flag.Int("rounds", 7, "rounds of each shape")
	names := flag.String("shapes", "", "beginnings of the names of shapes, separated by commas")
	inJSON := flag.Bool("json", false, "print a report.Document instead of lines")
	serving := flag.Bool("serve", false, "be the peer")
	flag.Parse()
	if *serving {
		if err := answer(os.Stdin, os.Stdout); err != nil {
			log.Fatal(err)
		}
		return
	}
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	runtime.GOMAXPROCS(*threads)
	peer, err := startPeer(flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	d := &report.Document{Machine: map[string]string{"peer": peer.name}}
	lines := io.Writer(os.Stdout)
	if *inJSON {
		lines = os.Stderr
	}
	fmt.Fprintf(lines, "%s, %s, %d threads; %s\n", *dtype, tensor.KernelFamily(), *threads, peer.name)
	c := comparison{peer: peer, dtype: *dtype, threads: *threads, rounds: *rounds}
	for _, s := range shapes {
		if !selected(s.name, *names) {
			continue
		}
		result, err := c.compare(s)
		if err != nil {
			log.Fatal(err)
		}
		work := 1e3 * s.gflop()
		fmt.Fprintf(lines, "%-10s %s %4d %4d %5d  ours %7.1f GFLOP/s  theirs %7.1f  ratio %.3f  (%.3f to %.3f)\n",
			s.name, s.form, s.m, s.n, s.k, work/result.Ours, work/result.Theirs, result.Ratio, result.Low, result.High)
		d.Comparisons = append(d.Comparisons, result)
	}
	fmt.Fprintln(lines, d.Mean())
	if *inJSON {
		if err := json.NewEncoder(os.Stdout).Encode(d); err != nil {
			log.Fatal(err)
		}
	}
}

func selected(name, prefixes string) bool {
	return prefixes == "" || slices.ContainsFunc(strings.Split(prefixes, ","), func(p string) bool { return strings.HasPrefix(name, p) })
}

func (s shape) gflop() float64 { return 2e-9 * float64(s.m) * float64(s.n) * float64(s.k) }

// A comparison is the pairing of one peer with ours.
type comparison struct {
	peer            *peer
	dtype           string
	threads, rounds int
}

// compare runs the rounds of a shape.
func (c comparison) compare(s shape) (report.Comparison, error) {
	ours := measureProduct[float32](s)
	if c.dtype == "float64" {
		ours = measureProduct[float64](s)
	}
	one := ours(2, 1)
	calls := int(2e-5/one) + 1
	reps := max(3, int(min(2000, 0.05/(one*float64(calls)))))
	var rounds []report.Round
	for range c.rounds {
		peak := roof.GFLOPS(c.threads, 10*time.Millisecond)
		if c.dtype == "float64" {
			peak /= 2 // half the lanes
		}
		us := ours(reps, calls)
		them, err := c.peer.ask("%d %d %d %s %s %d %d %d", s.m, s.n, s.k, s.form, c.dtype, c.threads, reps, calls)
		if err != nil {
			return report.Comparison{}, err
		}
		if c.threads > 1 {
			time.Sleep(50 * time.Millisecond) // their threads go on spinning for a while
		}
		rounds = append(rounds, report.Round{
			Ours:  report.Sample{Runs: reps * calls, Min: us * 1e3, GFLOP: s.gflop()},
			Peers: map[string]report.Sample{c.peer.label(): {Runs: reps * calls, Min: them * 1e3}},
			Roof:  peak,
		})
	}
	name := fmt.Sprintf("%s %s %d×%d×%d", s.name, s.form, s.m, s.n, s.k)
	return report.Compare(name, c.threads, rounds), nil
}

// measureProduct returns a function that measures our seconds of a product: the least of reps samples of calls calls.
func measureProduct[T tensor.Float](s shape) func(reps, calls int) float64 {
	fill := func(rows, cols int) tensor.Matrix[T] {
		m := tensor.Mat(rows, cols, kernel.Make[T](rows*cols))
		r := tensor.NewRandom(uint64(rows + cols))
		for i := range m.Data {
			m.Data[i] = T(r.Float64(i) - 0.5)
		}
		return m
	}
	c := fill(s.m, s.n)
	var run func()
	switch s.form {
	case "NN":
		a, b := fill(s.m, s.k), fill(s.k, s.n)
		run = func() { tensor.MatMul(c, tensor.Overwrite, a, b) }
	case "NT":
		a, b := fill(s.m, s.k), fill(s.n, s.k)
		run = func() { tensor.MatMulNT(c, tensor.Overwrite, a, b) }
	default:
		a, b := fill(s.k, s.m), fill(s.k, s.n)
		run = func() { tensor.MatMulTN(c, tensor.Overwrite, a, b) }
	}
	return func(reps, calls int) float64 {
		least := math.Inf(1)
		run()
		for range reps {
			start := time.Now()
			for range calls {
				run()
			}
			least = min(least, time.Since(start).Seconds()/float64(calls))
		}
		return least
	}
}
