package plots

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
)

// A Sample is what a node of a model put out for some rows.
type Sample struct {
	Node   string
	Values []float64
}

// WriteOutputs draws a histogram of each sample, one below the other on one x axis, and writes the figure, outputs, into
// dir, which it creates where it is missing. Each histogram is as high as its row, and beside the name of the node stands
// the standard deviation. Values that are not finite are in no histogram. Name is that of the experiment. It returns the
// paths of the files. It is an error if there are no samples or one is empty.
func WriteOutputs(name string, samples []Sample, dir string, o Options) ([]string, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if len(samples) == 0 {
		return nil, fmt.Errorf("plots: there are no outputs to draw: %q", name)
	}
	for _, s := range samples {
		if len(s.Values) == 0 {
			return nil, fmt.Errorf("plots: there are no outputs of node %q", s.Node)
		}
	}
	return writeAll([]named{{"outputs", outputsFigure(name, samples)}}, dir, o)
}

const (
	outputBins   = 80
	outputHeight = 0.85 // of the distance between two rows
)

func outputsFigure(name string, samples []Sample) *figure {
	f := &figure{title: "outputs before training", xlabel: "output", ylabel: "node, standard deviation", scale: LinearScale}
	if name != "" {
		f.title = name + " · " + f.title
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, s := range samples {
		for _, v := range s.Values {
			if drawable(v) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	if !(hi > lo) {
		lo, hi = lo-1, lo+1
	}
	colors := ramp(len(samples))
	for i, s := range samples {
		base := float64(len(samples) - 1 - i)
		f.lines = append(f.lines, line{points: outline(s.Values, lo, hi, base), color: colors[i], width: thinWidth, filled: true})
		label := fmt.Sprintf("%s  %.2g", s.Node, deviation(s.Values))
		f.rows = append(f.rows, plot.Tick{Value: base, Label: printable(label)})
	}
	return f
}

// outline returns the outline of a histogram of the values between lo and hi that stands on base.
func outline(values []float64, lo, hi, base float64) []point {
	counts := make([]float64, outputBins)
	width := (hi - lo) / outputBins
	for _, v := range values {
		if drawable(v) {
			counts[min(int((v-lo)/width), outputBins-1)]++
		}
	}
	highest := max(slices.Max(counts), 1)
	points := []point{{lo, base}}
	for i, n := range counts {
		y := base + outputHeight*n/highest
		points = append(points, point{lo + float64(i)*width, y}, point{lo + float64(i+1)*width, y})
	}
	return append(points, point{lo + outputBins*width, base})
}

// deviation returns the standard deviation of the finite values.
func deviation(values []float64) float64 {
	n, sum := 0.0, 0.0
	for _, v := range values {
		if drawable(v) {
			n, sum = n+1, sum+v
		}
	}
	mean, squares := sum/n, 0.0
	for _, v := range values {
		if drawable(v) {
			squares += (v - mean) * (v - mean)
		}
	}
	return math.Sqrt(squares / n)
}
