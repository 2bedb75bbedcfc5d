package plots_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/strata-ml/strata/plots"
	"github.com/strata-ml/strata/train"
)

func Example() {
	dir, err := os.MkdirTemp("", "plots")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	// A run directory gives the same history with train.ReadHistory.
	history := &train.History{Name: "spirals"}
	for epoch := 1.0; epoch <= 5; epoch++ {
		history.Records = append(history.Records, train.Record{
			Kind:    train.EvalRecord,
			Step:    int64(100 * epoch),
			Epoch:   train.Number(epoch),
			Loss:    train.Number(math.Exp(-epoch)),
			Metrics: map[string]train.Number{"accuracy": train.Number(1 - math.Exp(-epoch))},
		})
	}
	paths, err := plots.WriteRun(history, dir, plots.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, path := range paths {
		fmt.Println(filepath.Base(path))
	}
	// Output:
	// loss.png
	// loss.svg
	// metric_accuracy.png
	// metric_accuracy.svg
}

func ExampleLines() {
	dir, err := os.MkdirTemp("", "plots")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	batch := []float64{1, 8, 64, 512}
	paths, err := plots.Lines(filepath.Join(dir, "throughput"), "Throughput", "batch size", "examples per second",
		[]plots.Series{
			{Name: "1 thread", X: batch, Y: []float64{9e3, 4e4, 9e4, 1.1e5}},
			{Name: "4 threads", X: batch, Y: []float64{9e3, 6e4, 2.6e5, 4.1e5}},
		}, plots.Options{Formats: []string{plots.SVG}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(filepath.Base(paths[0]))
	// Output: throughput.svg
}
