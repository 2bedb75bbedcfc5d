package plots

import (
	"cmp"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var (
	valueColor    = palette[0]
	gradientColor = palette[1]
	givenFill     = color.NRGBA{0xFF, 0xFF, 0xFF, 0xFF}
	trainedFill   = color.NRGBA{0xFB, 0xF1, 0xDC, 0xFF}
	computedFill  = color.NRGBA{0xEE, 0xF2, 0xF6, 0xFF}
)

const (
	minLayerGap     = 46 * vg.Length(1)
	itemGap         = 13 * vg.Length(1)
	bendRoom        = 7 * vg.Length(1)
	edgeLabelMargin = 20 * vg.Length(1) // from a label to the boxes on both sides
	boxPadding      = 9 * vg.Length(1)
	boxGap          = 3 * vg.Length(1) // between a box and the text above or below
	minBoxWidth     = 34 * vg.Length(1)
	maxTextWidth    = 170 * vg.Length(1)
	portGap         = 9 * vg.Length(1)  // between the heads of edges into one box
	parallelBow     = 18 * vg.Length(1) // between edges that share both boxes
	headerLine      = 14 * vg.Length(1)
)

func nameStyle() text.Style   { return centred(bold(textStyle(10, inkColor))) }
func detailStyle() text.Style { return centred(textStyle(8, labelColor)) }
func edgeStyle() text.Style   { return centred(textStyle(8.5, gradientColor)) }

func numberStyle(c color.Color) text.Style { return centred(bold(textStyle(9, c))) }

// A graphBox is a node with the room that it takes.
type graphBox struct {
	GraphNode
	inner        vg.Point  // size of the box itself
	width        vg.Length // with the text above and below
	above, below vg.Length // from the middle of the box
}

func newGraphBox(n GraphNode) graphBox {
	fit := func(style text.Style, s *string) vg.Length {
		*s = shorten(style, printable(*s), maxTextWidth)
		return style.Width(*s)
	}
	b := graphBox{GraphNode: n}
	b.inner.X = max(minBoxWidth, max(fit(nameStyle(), &b.Name), fit(detailStyle(), &b.Detail))+2*boxPadding)
	b.inner.Y = 20
	if b.Detail != "" {
		b.inner.Y = 31
	}
	b.width = max(b.inner.X, fit(numberStyle(valueColor), &b.Value), fit(numberStyle(gradientColor), &b.Gradient))
	b.above, b.below = b.inner.Y/2, b.inner.Y/2
	line := numberStyle(valueColor).Height("X") + boxGap + 1
	if b.Value != "" {
		b.above += line
	}
	if b.Gradient != "" {
		b.below += line
	}
	return b
}

// header returns the lines above the graph, and their height.
func (p *graphPicture) header() (width, height vg.Length) {
	width, height = titleStyle().Width(printable(p.Title)), headerLine+3
	width, height = max(width, p.keyWidth()), height+headerLine
	if p.Caption != "" {
		width, height = max(width, legendStyle().Width(printable(p.Caption))), height+headerLine
	}
	return width, height + headerLine
}

// size returns the size of the whole figure.
func (p *graphPicture) size() vg.Point {
	last := len(p.left) - 1
	width, height := p.header()
	return vg.Point{
		X: max(width, p.left[last]+p.widths[last]) + 2*outerMargin, Y: height + p.height + 2*outerMargin,
	}
}

// draw draws the graph on a canvas of its size.
func (p *graphPicture) draw(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	p.drawHeader(c)
	last := len(p.left) - 1
	origin := vg.Point{
		X: c.Min.X + (c.Size().X-p.left[last]-p.widths[last])/2, Y: c.Min.Y + outerMargin,
	}
	curves := p.curves(origin)
	for _, curve := range curves {
		curve.draw(c)
	}
	for i := range p.boxes {
		p.boxes[i].draw(c, p.centre(i, origin))
	}
	p.labelEdges(c, curves, origin)
}

// keys explain the colours.
var graphKeys = []struct {
	label string
	color color.NRGBA
}{{"value", valueColor}, {"gradient", gradientColor}}

const keyGap = 14 * vg.Length(1)

func (p *graphPicture) keyWidth() vg.Length {
	width := edgeStyle().Width(printable(p.EdgeKey))
	for _, k := range graphKeys {
		width += numberStyle(k.color).Width(k.label) + keyGap
	}
	return width
}

func (p *graphPicture) drawHeader(c draw.Canvas) {
	at := vg.Point{X: c.Min.X + outerMargin, Y: c.Max.Y - outerMargin}
	line := func(style text.Style, s string) {
		at.Y -= headerLine
		c.FillText(style, at, printable(s))
	}
	line(titleStyle(), p.Title)
	at.Y -= 3
	if p.Caption != "" {
		line(legendStyle(), p.Caption)
	}
	at.Y -= headerLine
	x := at.X
	for _, k := range graphKeys {
		style := bold(textStyle(9, k.color))
		c.FillText(style, vg.Point{X: x, Y: at.Y}, k.label)
		x += style.Width(k.label) + keyGap
	}
	c.FillText(textStyle(8.5, gradientColor), vg.Point{X: x, Y: at.Y}, printable(p.EdgeKey))
}

// centre returns the middle of the box of a node.
func (p *graphPicture) centre(node int, origin vg.Point) vg.Point {
	it := p.items[node]
	return vg.Point{X: origin.X + p.left[it.layer] + p.widths[it.layer]/2, Y: origin.Y + it.y}
}

func (b *graphBox) draw(c draw.Canvas, at vg.Point) {
	radius, fill, width := vg.Length(5), computedFill, vg.Length(0.9)
	switch b.Kind {
	case GraphInput:
		radius, fill = b.inner.Y/2, givenFill
	case GraphParam:
		radius, fill = b.inner.Y/2, trainedFill
	case GraphResult:
		width = 2
	}
	box := roundedBox(at, b.inner, min(radius, b.inner.X/2))
	c.SetColor(fill)
	c.Fill(box)
	c.SetLineStyle(draw.LineStyle{Color: axisColor, Width: width})
	c.Stroke(box)
	middle := func(style text.Style, s string, y vg.Length) {
		style.YAlign = draw.YCenter
		c.FillText(style, vg.Point{X: at.X, Y: y}, s)
	}
	if b.Detail == "" {
		middle(nameStyle(), b.Name, at.Y)
	} else {
		middle(nameStyle(), b.Name, at.Y+6)
		middle(detailStyle(), b.Detail, at.Y-7)
	}
	half := numberStyle(valueColor).Height("X") / 2
	middle(numberStyle(valueColor), b.Value, at.Y+b.inner.Y/2+boxGap+half)
	middle(numberStyle(gradientColor), b.Gradient, at.Y-b.inner.Y/2-boxGap-half-1)
}

// roundedBox returns the outline of a box around a point.
func roundedBox(at, size vg.Point, r vg.Length) vg.Path {
	x0, x1, y0, y1 := at.X-size.X/2, at.X+size.X/2, at.Y-size.Y/2, at.Y+size.Y/2
	var path vg.Path
	path.Move(vg.Point{X: x1, Y: y0 + r})
	path.Line(vg.Point{X: x1, Y: y1 - r})
	path.Arc(vg.Point{X: x1 - r, Y: y1 - r}, r, 0, math.Pi/2)
	path.Line(vg.Point{X: x0 + r, Y: y1})
	path.Arc(vg.Point{X: x0 + r, Y: y1 - r}, r, math.Pi/2, math.Pi/2)
	path.Line(vg.Point{X: x0, Y: y0 + r})
	path.Arc(vg.Point{X: x0 + r, Y: y0 + r}, r, math.Pi, math.Pi/2)
	path.Line(vg.Point{X: x1 - r, Y: y0})
	path.Arc(vg.Point{X: x1 - r, Y: y0 + r}, r, 3*math.Pi/2, math.Pi/2)
	path.Close()
	return path
}

// A graphCurve is an edge: cubic curves with level ends, joined by level lines through the layers that it passes.
type graphCurve struct{ pieces []curvePiece }

// A curvePiece is a cubic Bézier curve. Its controls lie half-way, each at the height of its end and above it by bow,
// which keeps edges apart that lead from one box to the same other.
type curvePiece struct {
	from, to vg.Point
	bow      vg.Length
}

// at returns the point of the curve at t in [0, 1].
func (p curvePiece) at(t float64) vg.Point {
	x := 1.5*t - 1.5*t*t + t*t*t
	y := t * t * (3 - 2*t)
	return vg.Point{
		X: p.from.X + (p.to.X-p.from.X)*vg.Length(x),
		Y: p.from.Y + (p.to.Y-p.from.Y)*vg.Length(y) + p.bow*vg.Length(3*t*(1-t)),
	}
}

// curves returns the edges. Those that leave a box begin at one point, the branch; those that enter one end side by side.
func (p *graphPicture) curves(origin vg.Point) []graphCurve {
	ports := p.ports()
	curves := make([]graphCurve, len(p.Edges))
	for i, path := range p.paths {
		at := p.centre(p.Edges[i].From, origin)
		at.X += p.boxes[p.Edges[i].From].inner.X / 2
		for k, it := range path[1:] {
			var end vg.Point
			if k == len(path)-2 {
				end = p.centre(p.Edges[i].To, origin)
				end.X -= p.boxes[p.Edges[i].To].inner.X/2 + headLength
				end.Y += ports[i]
			} else {
				end = vg.Point{X: origin.X + p.left[p.items[it].layer], Y: origin.Y + p.items[it].y}
			}
			curves[i].pieces = append(curves[i].pieces, curvePiece{at, end, p.bow(i)})
			at = end
			if k < len(path)-2 {
				at.X += p.widths[p.items[it].layer]
			}
		}
	}
	return curves
}

// bow returns how far an edge bends upwards: 0 unless others lead from its tail straight to its head.
func (p *graphPicture) bow(edge int) vg.Length {
	if len(p.paths[edge]) > 2 {
		return 0
	}
	place, total := 0, 0
	for i, e := range p.Edges {
		if e.From == p.Edges[edge].From && e.To == p.Edges[edge].To {
			if i < edge {
				place++
			}
			total++
		}
	}
	return parallelBow * (vg.Length(total-1)/2 - vg.Length(place))
}

// ports returns for each edge how far above the middle of the box it enters, so that edges do not cross before it.
func (p *graphPicture) ports() []vg.Length {
	ports := make([]vg.Length, len(p.Edges))
	for node := range p.Nodes {
		var into []int
		for i, e := range p.Edges {
			if e.To == node {
				into = append(into, i)
			}
		}
		before := func(i int) vg.Length { path := p.paths[i]; return p.items[path[len(path)-2]].y }
		slices.SortStableFunc(into, func(a, b int) int { return cmp.Compare(before(b), before(a)) })
		gap := min(portGap, (p.boxes[node].inner.Y-6)/vg.Length(max(len(into)-1, 1)))
		for k, i := range into {
			ports[i] = gap * (vg.Length(len(into)-1)/2 - vg.Length(k))
		}
	}
	return ports
}

func (g graphCurve) draw(c draw.Canvas) {
	c.SetLineStyle(draw.LineStyle{Color: eventColor, Width: 1})
	var path vg.Path
	path.Move(g.pieces[0].from)
	for k, piece := range g.pieces {
		a, b := piece.from, piece.to
		if k > 0 {
			path.Line(a)
		}
		middle := (a.X + b.X) / 2
		path.CubeTo(vg.Point{X: middle, Y: a.Y + piece.bow}, vg.Point{X: middle, Y: b.Y + piece.bow}, b)
	}
	c.Stroke(path)
	end := g.pieces[len(g.pieces)-1].to
	drawHead(c, eventColor, vg.Point{X: end.X + headLength, Y: end.Y}, vg.Point{X: 1})
}

// labelEdges writes the gradients on the first piece of each edge, where they hide least of what else is there.
func (p *graphPicture) labelEdges(c draw.Canvas, curves []graphCurve, origin vg.Point) {
	var taken []vg.Rectangle
	for i := range p.boxes {
		at := p.centre(i, origin)
		b := p.boxes[i]
		taken = append(taken, vg.Rectangle{
			Min: vg.Point{X: at.X - b.width/2, Y: at.Y - b.below}, Max: vg.Point{X: at.X + b.width/2, Y: at.Y + b.above},
		})
	}
	style := edgeStyle()
	style.YAlign = draw.YCenter
	half := style.Height("X")/2 + 1.5
	for i, e := range p.Edges {
		if e.Gradient == "" {
			continue
		}
		label := printable(e.Gradient)
		wide := style.Width(label)/2 + 2
		best, least := vg.Rectangle{}, math.Inf(1)
		for _, t := range []float64{0.5, 0.45, 0.55, 0.4, 0.6, 0.35, 0.65, 0.3, 0.7, 0.25, 0.75} {
			at := curves[i].pieces[0].at(t)
			box := vg.Rectangle{Min: vg.Point{X: at.X - wide, Y: at.Y - half}, Max: vg.Point{X: at.X + wide, Y: at.Y + half}}
			if n := hides(box, taken, curves, i) + math.Abs(t-0.5); n < least {
				best, least = box, n
			}
		}
		taken = append(taken, best)
		c.FillPolygon(color.White, []vg.Point{best.Min, {X: best.Max.X, Y: best.Min.Y}, best.Max, {X: best.Min.X, Y: best.Max.Y}})
		c.FillText(style, vg.Point{X: (best.Min.X + best.Max.X) / 2, Y: (best.Min.Y + best.Max.Y) / 2}, label)
	}
}

// hides says how much a label would hide: texts and boxes count most, points of other edges less.
func hides(box vg.Rectangle, taken []vg.Rectangle, curves []graphCurve, own int) float64 {
	n := 0.0
	for _, other := range taken {
		w := min(box.Max.X, other.Max.X) - max(box.Min.X, other.Min.X)
		h := min(box.Max.Y, other.Max.Y) - max(box.Min.Y, other.Min.Y)
		if w > 0 && h > 0 {
			n += 100 + float64(w*h)
		}
	}
	for i, curve := range curves {
		if i == own {
			continue
		}
		for _, piece := range curve.pieces {
			for t := 0.0; t <= 1; t += 1. / 32 {
				if at := piece.at(t); at.X >= box.Min.X && at.X <= box.Max.X && at.Y >= box.Min.Y && at.Y <= box.Max.Y {
					n++
				}
			}
		}
	}
	return n
}
