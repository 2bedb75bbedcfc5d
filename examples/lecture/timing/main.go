// Command timing measures two claims of the lecture and draws them: that the backward pass costs the same order as the
// forward pass, and that vectorised code beats loops.
//
//	go run ./examples/lecture/timing -output DIR
package main

import (
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/plots"
	"github.com/strata-ml/strata/tensor"
)

func main() {
	output := flag.String("output", "plots", "directory `DIR` of the figures")
	format := flag.String("format", plots.SVG, "`FORMAT` of the figures: svg or png")
	flag.Parse()
	if err := run(*output, plots.Options{Formats: []string{*format}, LogX: true}); err != nil {
		log.Fatal(err)
	}
}

func run(dir string, o plots.Options) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	passes, err := timePasses([]int{16, 32, 64, 128, 256, 512, 1024})
	if err != nil {
		return err
	}
	passes.print()
	if err := passes.draw(dir, o); err != nil {
		return err
	}
	fmt.Println()
	products := timeProducts([]int{1, 4, 16, 64, 256, 1024})
	products.print()
	return products.draw(dir, o)
}

// timePasses times both passes of a net of four hidden layers on a batch of 64 rows, for several widths.
func timePasses(widths []int) (*measurement, error) {
	const rows = 64
	m := &measurement{
		file: "passes", title: "one pass over 64 rows", x: "width of four hidden layers",
		series: []string{"forward", "backward"}, ratio: "backward / forward", over: 1, under: 0,
	}
	for _, width := range widths {
		e, err := deepNet(rows, width)
		if err != nil {
			return nil, err
		}
		batch := &tensor.Batch[float32]{Rows: rows, Inputs: []tensor.Values[float32]{{Floats: random(rows * width)}}}
		forward := fastest(func() {
			if _, err = e.Forward(batch, true, model.Key{}, 0); err != nil {
				panic(err)
			}
		})
		copy(e.DOut(), random(len(e.DOut())))
		backward := fastest(func() {
			if err = e.Backward(); err != nil {
				panic(err)
			}
		})
		m.add(width, forward, backward)
	}
	return m, nil
}

func deepNet(rows, width int) (*model.Exec[float32], error) {
	var nodes []model.Node[float32]
	for i := range 4 {
		nodes = append(nodes,
			model.Node[float32]{Name: fmt.Sprintf("fc%d", i), Layer: layers.NewDense[float32](layers.DenseConfig{Units: width, Bias: true})},
			model.Node[float32]{Name: fmt.Sprintf("relu%d", i), Layer: layers.NewReLU[float32](layers.ReLUConfig{})})
	}
	m, err := model.NewSequential(tensor.Spec{Name: "x", Shape: tensor.Shape{width}}, nodes...)
	if err != nil {
		return nil, err
	}
	if err := m.Init(1); err != nil {
		return nil, err
	}
	return model.NewExec(m, rows, true), nil
}

// timeProducts times one layer of 100 units on vectors of 300 numbers: with three loops, a product for each vector, and
// one product for the matrix of them all.
func timeProducts(counts []int) *measurement {
	const in, out = 300, 100
	m := &measurement{
		file: "vectorised", title: "300 inputs, 100 units", x: "word vectors",
		series: []string{"three loops", "a product for each vector", "one product of matrices"},
		ratio:  "loops / matrices", over: 0, under: 2,
	}
	w := tensor.Mat(in, out, random(in*out))
	for _, n := range counts {
		x, y := random(n*in), make([]float32, n*out)
		m.add(n,
			fastest(func() { multiplyByLoops(y, x, w.Data, n, in, out) }),
			fastest(func() {
				for i := range n {
					tensor.MatMul(tensor.Mat(1, out, y[i*out:(i+1)*out]), tensor.Overwrite, tensor.Mat(1, in, x[i*in:(i+1)*in]), w)
				}
			}),
			fastest(func() { tensor.MatMul(tensor.Mat(n, out, y), tensor.Overwrite, tensor.Mat(n, in, x), w) }))
	}
	return m
}

// multiplyByLoops computes y = x·w as one writes it down. Shapes: x [n in], w [in out], y [n out].
func multiplyByLoops(y, x, w []float32, n, in, out int) {
	for i := range n {
		for j := range out {
			sum := float32(0)
			for k := range in {
				sum += x[i*in+k] * w[k*out+j]
			}
			y[i*out+j] = sum
		}
	}
}

func random(n int) []float32 {
	r := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// fastest returns the shortest time of a call in microseconds: other work on the machine only ever adds to it.
func fastest(f func()) float64 {
	const budget = 300 * time.Millisecond
	f()
	best := time.Duration(1 << 62)
	for began, calls := time.Now(), 0; time.Since(began) < budget || calls < 5; calls++ {
		t := time.Now()
		f()
		best = min(best, time.Since(t))
	}
	return float64(best.Nanoseconds()) / 1e3
}

// A measurement is times in microseconds over a size, a column for each way.
type measurement struct {
	file, title, x string
	series         []string
	ratio          string // of two of the series: times[over] / times[under]
	over, under    int
	sizes          []int
	times          [][]float64 // by size, then by series
}

func (m *measurement) add(size int, times ...float64) {
	m.sizes, m.times = append(m.sizes, size), append(m.times, times)
}

// print writes the times and their ratio as a table.
func (m *measurement) print() {
	fmt.Printf("%s, in µs\n%28s", m.title, m.x)
	for _, s := range m.series {
		fmt.Printf("  %26s", s)
	}
	fmt.Printf("  %18s\n", m.ratio)
	for i, size := range m.sizes {
		fmt.Printf("%28d", size)
		for _, t := range m.times[i] {
			fmt.Printf("  %26.1f", t)
		}
		fmt.Printf("  %18.2f\n", m.times[i][m.over]/m.times[i][m.under])
	}
}

func (m *measurement) draw(dir string, o plots.Options) error {
	lines := make([]plots.Series, len(m.series))
	for i, name := range m.series {
		lines[i].Name = name
		for j, size := range m.sizes {
			lines[i].X, lines[i].Y = append(lines[i].X, float64(size)), append(lines[i].Y, m.times[j][i])
		}
	}
	_, err := plots.Lines(filepath.Join(dir, m.file), m.title, m.x, "µs", lines, o)
	return err
}
