package plots

import (
	"fmt"
	"maps"
	"slices"

	"github.com/strata-ml/strata/train"
)

// diagnostics returns the figures of what a run records only when it is asked to.
func (v *view) diagnostics() []named {
	figures := []named{
		{"saturation", v.shares("saturation", "share of saturated outputs", func(r *train.Record) map[string]train.Number { return r.Saturation })},
		{"dead_units", v.shares("dead units", "share of dead units", func(r *train.Record) map[string]train.Number { return r.Dead })},
		{"grad_norms", v.perKey("gradient norms", "gradient norm", func(r *train.Record) map[string]train.Number { return r.GradNorms })},
		{"zeros", v.shares("exact zeros", "share of exact zeros", func(r *train.Record) map[string]train.Number { return r.Zeros })},
	}
	set := map[string]bool{}
	for i := range v.Records {
		for param := range v.Records[i].Histograms {
			set[param] = true
		}
	}
	params := slices.SortedFunc(maps.Keys(set), naturalCompare)
	for i, file := range fileNames("weights_", params) {
		figures = append(figures, named{file, v.histogram(params[i])})
	}
	return figures
}

// shares draws values from 0 to 1 on a linear axis.
func (v *view) shares(what, ylabel string, of func(*train.Record) map[string]train.Number) *figure {
	f := v.perKey(what, ylabel, of)
	if f != nil {
		f.scale = LinearScale
	}
	return f
}

// maxHistograms is the number of histograms on one figure: the first, the last, and some between at equal distances.
const maxHistograms = 6

// histogram draws the distribution of a parameter at several times, the later the lighter.
func (v *view) histogram(param string) *figure {
	var found []*train.Record
	for i := range v.Records {
		if h, ok := v.Records[i].Histograms[param]; ok && len(h.Counts) > 0 && drawable(float64(h.Min)) && drawable(float64(h.Max)) {
			found = append(found, &v.Records[i])
		}
	}
	if len(found) == 0 {
		return nil
	}
	f := v.new(param, "share of the elements per unit of value")
	f.xlabel, f.wholeX, f.events = "value", false, nil
	n := min(len(found), maxHistograms)
	colors := ramp(n)
	for i := range n {
		rec := found[i*(len(found)-1)/max(n-1, 1)]
		f.lines = append(f.lines, line{
			name: fmt.Sprintf("%s %s", v.unit(), formatValue(v.x(rec.Step, rec.Epoch))), points: density(rec.Histograms[param]),
			color: colors[i], width: lineWidth,
		})
	}
	f.scale = LinearScale
	return f
}

// density returns the outline of a histogram: the share of the elements of each bin over its width. A histogram without
// a width is a spike of width 1.
func density(h train.Histogram) []point {
	width := float64(h.Max-h.Min) / float64(len(h.Counts))
	if !(width > 0) {
		width = 1 / float64(len(h.Counts))
	}
	total := int64(0)
	for _, c := range h.Counts {
		total += c
	}
	points := []point{{float64(h.Min), 0}}
	for i, c := range h.Counts {
		y := float64(c) / float64(max(total, 1)) / width
		left := float64(h.Min) + float64(i)*width
		points = append(points, point{left, y}, point{left + width, y})
	}
	return append(points, point{float64(h.Min) + width*float64(len(h.Counts)), 0})
}
