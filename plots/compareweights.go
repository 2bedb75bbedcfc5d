package plots

import (
	"maps"
	"slices"

	"github.com/strata-ml/strata/train"
)

// weights returns two figures for each parameter that any of the runs logs: its share of exact zeros in the course of
// the runs, and its last histograms.
func (c comparison) weights() []named {
	of := func(r *train.Record) map[string]train.Number { return r.Zeros }
	params := c.keys(of)
	zeros, weights := fileNames("zeros_", params), fileNames("weights_", params)
	var figures []named
	for i, param := range params {
		figures = append(figures, named{zeros[i], c.shares(param, "exact zeros", train.EpochRecord, of)}, named{weights[i], c.histograms(param)})
	}
	return figures
}

// activations returns a figure for each activation whose saturated outputs or dead units any of the runs logs.
func (c comparison) activations() []named {
	var figures []named
	for _, share := range []struct {
		prefix, what string
		of           func(r *train.Record) map[string]train.Number
	}{
		{"saturation_", "saturated outputs", func(r *train.Record) map[string]train.Number { return r.Saturation }},
		{"dead_units_", "dead units", func(r *train.Record) map[string]train.Number { return r.Dead }},
	} {
		nodes := c.keys(share.of)
		for i, file := range fileNames(share.prefix, nodes) {
			figures = append(figures, named{file, c.shares(nodes[i], share.what, train.StepRecord, share.of)})
		}
	}
	return figures
}

// keys returns what any of the runs has a value of, in natural order.
func (c comparison) keys(of func(*train.Record) map[string]train.Number) []string {
	set := map[string]bool{}
	for _, v := range c {
		for _, key := range v.keys(of) {
			set[key] = true
		}
	}
	return slices.SortedFunc(maps.Keys(set), naturalCompare)
}

// shares draws the values of a key, from 0 to 1, in the course of the runs.
func (c comparison) shares(key, what, kind string, of func(*train.Record) map[string]train.Number) *figure {
	f := &figure{title: key + " · " + what, xlabel: c[0].unit(), ylabel: "share of " + what, scale: LinearScale}
	for i, v := range c {
		p := v.points(kind, func(r *train.Record) *train.Number { return entry(of(r), key) })
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
