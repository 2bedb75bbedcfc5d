package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// stroke draws the segments of one line. A segment of one point is a dot.
type stroke struct {
	line
	segments [][]point
}

// Plot implements plot.Plotter.
func (s stroke) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	style := draw.LineStyle{Color: s.color, Width: s.width, Dashes: s.dashes}
	markers := 0
	for _, segment := range s.segments {
		markers += len(segment)
	}
	for _, segment := range s.segments {
		path := make([]vg.Point, len(segment))
		for i, q := range segment {
			path[i] = vg.Point{X: toX(q.x), Y: toY(q.y)}
		}
		if s.filled {
			c.FillPolygon(faint(s.color), path)
		}
		if len(path) > 1 {
			c.StrokeLines(style, path)
		}
		if s.arrow && len(path) > 1 {
			drawArrow(c, style, path[len(path)-2], path[len(path)-1])
		}
		radius := s.marker
		if markers > maxMarkers {
			radius = 0
		}
		if len(path) == 1 {
			radius = max(radius, s.width)
		}
		for _, at := range path {
			dot(c, at, radius, s.color)
		}
	}
}

func dot(c draw.Canvas, at vg.Point, radius vg.Length, col color.Color) {
	if radius > 0 {
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: col, Radius: radius, Shape: draw.CircleGlyph{}}, at)
	}
}

// thumbnail draws the line in its legend entry.
func (l line) thumbnail(c draw.Canvas, box vg.Rectangle) {
	y := (box.Min.Y + box.Max.Y) / 2
	c.StrokeLine2(draw.LineStyle{Color: l.color, Width: l.width, Dashes: l.dashes}, box.Min.X, y, box.Max.X, y)
	dot(c, vg.Point{X: (box.Min.X + box.Max.X) / 2, Y: y}, l.marker, l.color)
}

// eventLines draws events as vertical lines, or as ticks near the top edge where they are many: one row for each kind,
// counted from the top.
type eventLines struct {
	events
	row int
}

const eventTick = 6 * vg.Length(1)

// span returns the ends of the lines within the data area.
func (e eventLines) span(c draw.Canvas) (bottom, top vg.Length) {
	if len(e.xs) <= maxEventLines {
		return c.Min.Y, c.Max.Y
	}
	top = c.Max.Y - vg.Length(e.row)*(eventTick+2)
	return top - eventTick, top
}

func (e events) style() draw.LineStyle {
	return draw.LineStyle{Color: eventColor, Width: 0.9, Dashes: e.dashes}
}

// Plot implements plot.Plotter.
func (e eventLines) Plot(c draw.Canvas, p *plot.Plot) {
	toX, _ := p.Transforms(&c)
	bottom, top := e.span(c)
	drawn := make(map[int]bool) // by point: a million events need no million lines
	for _, v := range e.xs {
		if x := toX(v); len(e.xs) <= maxEventLines || !drawn[int(x)] {
			c.StrokeLine2(e.style(), x, bottom, x, top)
			drawn[int(x)] = true
		}
	}
}

// gapTicks draws a tick on the x axis at each value that could not be drawn.
type gapTicks []float64

var gapStyle = draw.LineStyle{Color: alertColor, Width: 1}

// Plot implements plot.Plotter.
func (g gapTicks) Plot(c draw.Canvas, p *plot.Plot) {
	toX, _ := p.Transforms(&c)
	drawn := make(map[int]bool)
	for _, v := range g {
		x := toX(v)
		if pixel := int(x); !drawn[pixel] {
			drawn[pixel] = true
			c.StrokeLine2(gapStyle, x, c.Min.Y, x, c.Min.Y+6)
		}
	}
}

// bandArea fills a band over the whole width.
type bandArea band

// Plot implements plot.Plotter.
func (b bandArea) Plot(c draw.Canvas, p *plot.Plot) {
	_, toY := p.Transforms(&c)
	lo, hi := toY(b.lo), toY(b.hi)
	c.FillPolygon(bandColor, []vg.Point{{X: c.Min.X, Y: lo}, {X: c.Max.X, Y: lo}, {X: c.Max.X, Y: hi}, {X: c.Min.X, Y: hi}})
}

// drawRing draws the ring and, where its label found a place, the label with a line to it if it is not close by.
func drawRing(c draw.Canvas, p *plot.Plot, r ring, label placement, withLabel bool) {
	toX, toY := p.Transforms(&c)
	at := vg.Point{X: toX(r.at.x), Y: toY(r.at.y)}
	if !r.bare {
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: r.color, Radius: ringSize, Shape: boldRing{}}, at)
	}
	if !withLabel || !label.ok {
		return
	}
	if label.distance > ringSize+8 {
		to := nearest(label.box, at)
		d := to.Sub(at)
		from := at.Add(d.Scale(ringSize / vg.Length(math.Hypot(float64(d.X), float64(d.Y)))))
		c.StrokeLine2(draw.LineStyle{Color: axisColor, Width: 0.7}, from.X, from.Y, to.X, to.Y)
	}
	style := ringLabelStyle()
	if label.overEvents {
		box := grown(label.box, 1)
		c.FillPolygon(color.White, []vg.Point{
			box.Min, {X: box.Max.X, Y: box.Min.Y}, box.Max, {X: box.Min.X, Y: box.Max.Y},
		})
	}
	c.FillText(style, textOrigin(label.box, style), r.label)
}

// boldRing is a ring with a line of 1.2 points; the library's ring is thinner than the curves that it must stand out
// from.
type boldRing struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (boldRing) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	c.SetLineStyle(draw.LineStyle{Color: s.Color, Width: 1.2})
	var path vg.Path
	path.Move(vg.Point{X: at.X + s.Radius, Y: at.Y})
	path.Arc(at, s.Radius, 0, 2*math.Pi)
	path.Close()
	c.Stroke(path)
}
