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
		if len(path) > 1 {
			c.StrokeLines(style, path)
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

// eventLines draws events as vertical lines, or as ticks at the top edge where they are many.
type eventLines events

// Plot implements plot.Plotter.
func (e eventLines) Plot(c draw.Canvas, p *plot.Plot) {
	toX, _ := p.Transforms(&c)
	style := draw.LineStyle{Color: eventColor, Width: 0.9, Dashes: e.dashes}
	bottom := c.Min.Y
	if len(e.xs) > maxEventLines {
		style.Dashes = nil
		bottom = c.Max.Y - 5
	}
	previous := vg.Length(-1)
	for _, v := range e.xs {
		if x := toX(v); x-previous >= 1 || len(e.xs) <= maxEventLines {
			c.StrokeLine2(style, x, bottom, x, c.Max.Y)
			previous = x
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
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: color.White, Radius: ringSize - 1, Shape: haloGlyph{}}, at)
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: r.color, Radius: ringSize, Shape: haloGlyph{}}, at)
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
	c.FillText(style, textOrigin(label.box, style), r.label)
}

// haloGlyph is a ring with a line of 1.2 points; the library's ring is thinner than the curves that it must stand out
// from.
type haloGlyph struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (haloGlyph) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	c.SetLineStyle(draw.LineStyle{Color: s.Color, Width: 1.2})
	var path vg.Path
	path.Move(vg.Point{X: at.X + s.Radius, Y: at.Y})
	path.Arc(at, s.Radius, 0, 2*math.Pi)
	path.Close()
	c.Stroke(path)
}
