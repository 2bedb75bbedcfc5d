package plots

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// An Arrow goes from one point to another: something that moved.
type Arrow struct {
	Name           string
	X0, Y0, X1, Y1 float64
}

// Arrows draws arrows with their names at the heads as one figure and writes it to path with the extension of each of
// the formats. It returns the paths of the files. Where a name finds no free place it moves into the legend. It is an
// error if there is no arrow.
func Arrows(path, title, xlabel, ylabel string, arrows []Arrow, o Options) ([]string, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if len(arrows) == 0 {
		return nil, fmt.Errorf("plots: figure %q has no arrows", title)
	}
	return arrowFigure(title, xlabel, ylabel, arrows).write(path, o)
}

func arrowFigure(title, xlabel, ylabel string, arrows []Arrow) *figure {
	f := &figure{title: title, xlabel: xlabel, ylabel: ylabel, scale: LinearScale, free: true}
	for i, a := range arrows {
		col := palette[i%len(palette)]
		f.lines = append(f.lines, line{
			points: []point{{a.X0, a.Y0}, {a.X1, a.Y1}}, color: col, width: arrowWidth, arrow: true,
		})
		f.rings = append(f.rings, ring{at: point{a.X1, a.Y1}, color: col, label: a.Name, bare: true})
	}
	return f
}

// arrowWidth and headLength are the size of an arrow.
const (
	arrowWidth = 1.2 * vg.Length(1)
	headLength = 6 * vg.Length(1)
	headWidth  = 4.8 * vg.Length(1)
)

// drawArrow draws the head of an arrow at to, and a dot where it begins. An arrow shorter than its head is a dot.
func drawArrow(c draw.Canvas, style draw.LineStyle, from, to vg.Point) {
	dot(c, from, 1.6, style.Color)
	d := to.Sub(from)
	length := vg.Length(math.Hypot(float64(d.X), float64(d.Y)))
	if length < headLength {
		return
	}
	drawHead(c, style.Color, to, d.Scale(1/length))
}

// drawHead draws the head of an arrow that points at to, in a direction of length 1.
func drawHead(c draw.Canvas, col color.Color, to, direction vg.Point) {
	base := to.Sub(direction.Scale(headLength))
	side := vg.Point{X: -direction.Y, Y: direction.X}.Scale(headWidth / 2)
	c.FillPolygon(col, []vg.Point{to, base.Add(side), base.Sub(side)})
}

// freeAxis spans all drawable values with a twelfth to spare on both sides, for points of which no coordinate is
// special.
func freeAxis(lines []line, of func(point) float64) axis {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		for _, p := range l.points {
			if v := of(p); drawable(v) {
				lo, hi = math.Min(lo, v), math.Max(hi, v)
			}
		}
	}
	if lo > hi {
		return axis{min: 0, max: 1}
	}
	pad := (hi - lo) / 12
	if flat(lo, hi) {
		pad = math.Max(1, math.Abs(lo))
	}
	return axis{min: lo - pad, max: hi + pad}
}
