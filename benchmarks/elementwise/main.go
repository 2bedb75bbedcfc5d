// Command elementwise times the element-wise operations on one thread: each line of standard input, an operation and a
// number of seconds, gets a line of JSON. torch_elementwise.py is the same for PyTorch.
//
//	elementwise -list   prints the operations
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"

	"github.com/strata-ml/strata/benchmarks/clock"
	"github.com/strata-ml/strata/benchmarks/serve"
)

func main() {
	list := flag.Bool("list", false, "print the names of the operations")
	flag.Parse()
	ops := operations()
	if *list {
		for _, op := range ops {
			fmt.Println(op.name)
		}
		return
	}
	runtime.GOMAXPROCS(1)
	err := serve.Requests(os.Stdin, os.Stdout, func(fields []string) (any, error) {
		if len(fields) != 2 {
			return nil, errors.New("needs an operation and a number of seconds")
		}
		length, err := serve.Seconds(fields[1])
		if err != nil {
			return nil, err
		}
		for _, op := range ops {
			if op.name == fields[0] {
				return clock.Measure(op.repeated(), op.calls, length)
			}
		}
		return nil, fmt.Errorf("no operation %q", fields[0])
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "elementwise:", err)
		os.Exit(1)
	}
}
