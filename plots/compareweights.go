package plots

import (
	"maps"
	"slices"

	"github.com/strata-ml/strata/train"
)

// weights returns two figures for each parameter that any of the runs logs: its share of exact zeros in the course of
// the runs, and its last histograms.
func (c comparison) weights() []named {
	set := map[string]bool{}
	for _, v := range c {
		for _, param := range v.keys(func(r *train.Record) map[string]train.Number { return r.Zeros }) {
			set[param] = true
		}
	}
	params := slices.SortedFunc(maps.Keys(set), naturalCompare)
	zeros, weights := fileNames("zeros_", params), fileNames("weights_", params)
	var figures []named
	for i, param := range params {
		figures = append(figures, named{zeros[i], c.zeros(param)}, named{weights[i], c.histograms(param)})
	}
	return figures
}

func (c comparison) zeros(param string) *figure {
	f := &figure{title: param + " · exact zeros", xlabel: c[0].unit(), ylabel: "share of exact zeros", scale: LinearScale}
	for i, v := range c {
		p := v.points(train.EpochRecord, func(r *train.Record) *train.Number { return entry(r.Zeros, param) })
		if len(p) == 0 {
			continue
		}
		f.wholeX = f.wholeX || v.wholeTicks()
		f.lines = append(f.lines, c.line(i, p))
	}
	return f
}

// histograms draws the last histogram of each run.
func (c comparison) histograms(param string) *figure {
	f := &figure{title: param, xlabel: "value", ylabel: "share of the elements per unit of value", scale: LinearScale}
	for i, v := range c {
		for _, r := range slices.Backward(v.Records) {
			h, ok := r.Histograms[param]
			if !ok || len(h.Counts) == 0 || !drawable(float64(h.Min)) || !drawable(float64(h.Max)) {
				continue
			}
			l := c.line(i, density(h))
			l.marker = 0
			f.lines = append(f.lines, l)
			break
		}
	}
	if len(f.lines) == 0 {
		return nil
	}
	return f
}

// line returns a line in the look of run i.
func (c comparison) line(i int, p []point) line {
	return line{
		name: c.runNames()[i], points: p, color: palette[i%len(palette)], width: lineWidth,
		dashes: runDashes[i/len(palette)%len(runDashes)], marker: markerSize,
	}
}
