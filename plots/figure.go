package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A line is one curve of a figure and its look.
type line struct {
	name   string // in the legend; a line without a name is not in it
	points []point
	color  color.NRGBA
	width  vg.Length
	dashes []vg.Length
	marker vg.Length // radius of the marker at each point; 0 draws none
	filled bool      // the area that the points go around is shaded
	faint  bool      // context behind another line: does not decide the scale
	// derived values come from another line, whose values that cannot be drawn are counted there.
	derived bool
	arrow   bool // has a head at its last point, and keeps its points in their order
}

// A ring marks the best point of a curve.
type ring struct {
	at    point
	color color.NRGBA
	label string // may be empty
	bare  bool   // is a label without a ring
}

// events are vertical lines at things that happened during a run.
type events struct {
	name   string // of one
	many   string // of several that are too many for lines of their own; follows their number
	xs     []float64
	labels []string // of each, beside its line; nil for none
	dashes []vg.Length
}

// maxEventLines is the number of vertical lines a figure bears; more shrink to ticks at its top edge.
const maxEventLines = 8

// A band is a range of y that the reader may hold the curves against.
type band struct {
	name   string
	lo, hi float64
}

// A figure is everything that one picture shows, in data units.
type figure struct {
	title          string
	xlabel, ylabel string
	wholeX         bool // x counts something: no ticks between whole numbers
	free           bool // no coordinate is special: the axes follow the points, with room on all sides
	scale          Scale
	logX           bool // x is logarithmic; all of it is positive
	lines          []line
	rings          []ring
	events         []events
	rows           []plot.Tick // names of heights, in the place of the ticks of the y axis; the axis ends a row above them
	band           *band
	keys           []legendEntry // legend entries that belong to no single line
}

// epochTicksFrom is the number of epochs from which an axis has ticks at whole epochs only.
const epochTicksFrom = 3

// A layout is a figure with its axes fixed and its curves cut and thinned for them. It does not depend on the format.
type layout struct {
	*figure
	x, y     axis
	segments [][][]point // of each line
	missing  missing
}

// missing counts the values that have no place on the axes.
type missing struct {
	nan, inf, nonPositive, outside int
	xs                             []float64
}

func (f *figure) layout() *layout {
	if f.free {
		return f.layoutOn(freeAxis(f.lines, func(p point) float64 { return p.x }), freeAxis(f.lines, func(p point) float64 { return p.y }))
	}
	axisLines := f.lines
	if f.band != nil {
		axisLines = append(slices.Clip(axisLines), line{faint: true, points: f.bandEdges()})
	}
	x := xAxis(f.lines)
	if f.logX {
		x = logXAxis(f.lines)
	}
	y := yAxis(axisLines, f.scale)
	if f.rows != nil {
		y = axis{min: -0.1, max: float64(len(f.rows))}
	}
	return f.layoutOn(x, y)
}

// layoutOn cuts and thins the curves for the given axes.
func (f *figure) layoutOn(x, y axis) *layout {
	l := &layout{figure: f, x: x, y: y}
	for i := range f.lines {
		if !f.lines[i].arrow {
			f.lines[i].points = sorted(f.lines[i].points)
		}
	}
	for _, curve := range f.lines {
		l.segments = append(l.segments, segments(curve.points, l.shows, l.x.min, l.x.max))
		if !curve.derived {
			l.count(curve.points)
		}
	}
	return l
}

// bandEdges are the edges of the band as points at an x that is on the axis.
func (f *figure) bandEdges() []point {
	for _, l := range f.lines {
		for _, p := range l.points {
			if drawable(p.x) {
				return []point{{p.x, f.band.lo}, {p.x, f.band.hi}}
			}
		}
	}
	return nil
}

// shows reports whether p has a place on the axes. All that is drawn asks it, because a rasterizer works through every
// pixel of a shape, on the canvas or not: a point far outside would take it for ever.
func (l *layout) shows(p point) bool { return l.x.holds(p.x) && l.y.holds(p.y) }

func (l *layout) count(points []point) {
	for _, p := range points {
		if l.shows(p) {
			continue
		}
		switch {
		case math.IsNaN(p.y) || math.IsNaN(p.x):
			l.missing.nan++
		case !drawable(p.y) || !drawable(p.x):
			l.missing.inf++
		case l.y.log && !drawableLog(p.y):
			l.missing.nonPositive++
		default:
			l.missing.outside++
		}
		if l.x.holds(p.x) {
			l.missing.xs = append(l.missing.xs, p.x)
		}
	}
}

func (m missing) String() string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{m.nan, "NaN"}, {m.inf, "Inf"}, {m.nonPositive, "≤ 0"}, {m.outside, "outside the axes"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return strings.Join(parts, ", ")
}

// draw draws the figure on c. Its parts from the top: the title, the legend, the axes with the data. The label of a
// ring for which the data leave no room becomes an entry of the legend, which takes a second pass.
func (l *layout) draw(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	c = draw.Crop(c, outerMargin, -outerMargin, 0.5*outerMargin, -0.8*outerMargin)

	entries := l.legend()
	p, body := l.plot(c, entries)
	rings := append(slices.Clip(l.rings), l.eventLabels()...)
	labels := make([]placement, len(rings))
	unplaced := false
	for i, taken := 0, l.occupied(p.DataCanvas(body), p); i < len(rings); i++ {
		r := rings[i]
		if r.label == "" || !l.shows(r.at) {
			continue
		}
		if labels[i] = taken.place(r, p); !labels[i].ok {
			entries = append(entries, ringEntry(r))
			unplaced = true
		}
	}
	if unplaced {
		p, body = l.plot(c, entries)
	}
	l.drawHeader(c, entries)
	p.Draw(body)
	data := p.DataCanvas(body)
	l.drawYLabel(data, c.Min.X, c.Min.Y)
	for i, r := range rings {
		if l.shows(r.at) {
			drawRing(data, p, r, labels[i], !unplaced)
		}
	}
}

// plot returns the plot of the axes and the data, and the part of c below a header with the given entries.
func (l *layout) plot(c draw.Canvas, entries []legendEntry) (*plot.Plot, draw.Canvas) {
	body := draw.Crop(c, yLabelWidth, -4, 0, -l.headerHeight(c, entries))
	width, height := body.Size().X-35, body.Size().Y-35
	p := newPlot()
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = l.x.min, l.x.max, l.y.min, l.y.max
	p.X.Label.Text = printable(l.xlabel)
	p.X.Tick.Marker = linearTicks{length: width, spacing: 44, whole: l.wholeX, short: true}
	if l.x.log {
		p.X.Scale = plot.LogScale{}
		p.X.Tick.Marker = logTicks{length: width, spacing: 44}
	}
	if l.y.log {
		p.Y.Scale = plot.LogScale{}
		p.Y.Tick.Marker = logTicks{length: height, spacing: 15}
	} else {
		p.Y.Tick.Marker = linearTicks{length: height, spacing: 26}
	}
	if l.rows != nil {
		p.Y.Tick.Marker = plot.ConstantTicks(l.rows)
	}
	if l.isEmpty() {
		p.Y.Tick.Marker = plot.ConstantTicks(nil)
	}
	if l.band != nil && l.y.log {
		p.Add(bandArea{l.band.name, max(l.band.lo, l.y.min), min(l.band.hi, l.y.max)})
	}
	for row, e := range l.events {
		p.Add(eventLines{e.within(l.x), row})
	}
	for i, curve := range l.lines {
		p.Add(stroke{curve, l.segments[i]})
	}
	p.Add(gapTicks(l.missing.xs))
	return p, body
}

// yLabelWidth is the width of the strip to the left of the y axis.
const yLabelWidth = axisSize + 5

// drawYLabel writes the label of the y axis upwards at the given x, not below bottom. The library's own label is not for logarithmic
// axes: it keeps room for it around the mean of the limits, which lies near the top there, and squeezes the plot.
func (l *layout) drawYLabel(data draw.Canvas, x, bottom vg.Length) {
	label := printable(l.ylabel)
	if l.y.note != "" {
		label += " (" + l.y.note + ")"
	}
	style := centred(textStyle(axisSize, labelColor))
	style.Rotation = math.Pi / 2
	style.YAlign = draw.YTop
	top := data.Max.Y + 3
	label = shorten(style, label, top-bottom)
	// A label longer than the axis hangs down beside the x axis: above there is the legend.
	y := min(data.Center().Y, top-style.Width(label)/2)
	data.FillText(style, vg.Point{X: x - 2, Y: y}, label)
}

func (l *layout) isEmpty() bool {
	return !slices.ContainsFunc(l.segments, func(s [][]point) bool { return len(s) > 0 })
}

// within returns the events that are on the axis.
func (e events) within(x axis) events {
	var xs []float64
	var labels []string
	for i, v := range e.xs {
		if !(v >= x.min && v <= x.max) {
			continue
		}
		if xs = append(xs, v); e.labels != nil {
			labels = append(labels, e.labels[i])
		}
	}
	e.xs, e.labels = xs, labels
	return e
}

// eventLabels returns the labels of events, at the top ends of their lines. Events that shrink to ticks have none.
func (l *layout) eventLabels() []ring {
	var list []ring
	for _, e := range l.events {
		if e = e.within(l.x); len(e.xs) > maxEventLines {
			continue
		}
		for i, label := range e.labels {
			list = append(list, ring{at: point{e.xs[i], l.y.max}, color: eventColor, label: label, bare: true})
		}
	}
	return list
}

// printable replaces what has no glyph or would break an SVG file.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r >= 0xFFFE || r == '\uFFFD' {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}
