package plots

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A placement is where the label of a ring goes.
type placement struct {
	ok       bool
	box      vg.Rectangle
	distance vg.Length // from the centre of the ring
}

const (
	cellSize    = 2 * vg.Length(1)  // of the occupancy grid
	labelPad    = 3 * vg.Length(1)  // kept free around a label
	maxDistance = 70 * vg.Length(1) // from a ring to its label; beyond, the label goes into the legend
)

func ringLabelStyle() text.Style { return textStyle(legendSize, inkColor) }

// occupancy knows which cells of the data area have something drawn on them.
type occupancy struct {
	area       draw.Canvas
	cols, rows int
	taken      []bool
}

func newOccupancy(area draw.Canvas) *occupancy {
	o := &occupancy{area: area}
	o.cols = max(1, int(math.Ceil(float64(area.Size().X/cellSize))))
	o.rows = max(1, int(math.Ceil(float64(area.Size().Y/cellSize))))
	o.taken = make([]bool, o.cols*o.rows)
	return o
}

// occupied returns the occupancy of all curves, events, rings and gap ticks of the figure.
func (l *layout) occupied(area draw.Canvas, p *plot.Plot) *occupancy {
	o := newOccupancy(area)
	toX, toY := p.Transforms(&area)
	for _, curve := range l.segments {
		for _, segment := range curve {
			at := vg.Point{X: toX(segment[0].x), Y: toY(segment[0].y)}
			o.line(at, at)
			for _, q := range segment[1:] {
				to := vg.Point{X: toX(q.x), Y: toY(q.y)}
				o.line(at, to)
				at = to
			}
		}
	}
	for _, e := range l.events {
		e = e.within(l.x)
		bottom := area.Min.Y
		if len(e.xs) > maxEventLines {
			bottom = area.Max.Y - 5
		}
		for _, x := range e.xs {
			o.line(vg.Point{X: toX(x), Y: bottom}, vg.Point{X: toX(x), Y: area.Max.Y})
		}
	}
	for _, x := range l.missing.xs {
		o.line(vg.Point{X: toX(x), Y: area.Min.Y}, vg.Point{X: toX(x), Y: area.Min.Y + 6})
	}
	for _, r := range l.rings {
		if l.shows(r.at) {
			at := vg.Point{X: toX(r.at.x), Y: toY(r.at.y)}
			o.fill(vg.Rectangle{
				Min: vg.Point{X: at.X - ringSize, Y: at.Y - ringSize},
				Max: vg.Point{X: at.X + ringSize, Y: at.Y + ringSize},
			})
		}
	}
	return o
}

// line takes the cells along a straight line.
func (o *occupancy) line(from, to vg.Point) {
	d := to.Sub(from)
	steps := int(math.Hypot(float64(d.X), float64(d.Y))/float64(cellSize)*2) + 1
	for i := 0; i <= steps; i++ {
		at := from.Add(d.Scale(vg.Length(i) / vg.Length(steps)))
		o.taken[o.row(at.Y)*o.cols+o.col(at.X)] = true
	}
}

func (o *occupancy) fill(r vg.Rectangle) {
	for row := o.row(r.Min.Y); row <= o.row(r.Max.Y); row++ {
		for col := o.col(r.Min.X); col <= o.col(r.Max.X); col++ {
			o.taken[row*o.cols+col] = true
		}
	}
}

func (o *occupancy) col(x vg.Length) int {
	return min(max(int((x-o.area.Min.X)/cellSize), 0), o.cols-1)
}

func (o *occupancy) row(y vg.Length) int {
	return min(max(int((y-o.area.Min.Y)/cellSize), 0), o.rows-1)
}

// place finds the free place nearest to the ring for its label, above it rather than below where both are as near, and
// takes it. Every place within maxDistance is tried, so a label that finds none has none.
func (o *occupancy) place(r ring, p *plot.Plot) placement {
	toX, toY := p.Transforms(&o.area)
	at := vg.Point{X: toX(r.at.x), Y: toY(r.at.y)}
	style := ringLabelStyle()
	size := vg.Point{X: style.Width(r.label), Y: style.Font.Size * 1.1}
	best := placement{distance: maxDistance}
	counts := o.prefixSums()
	for y := o.area.Min.Y + labelPad; y+size.Y+labelPad <= o.area.Max.Y; y += cellSize {
		for x := o.area.Min.X + labelPad; x+size.X+labelPad <= o.area.Max.X; x += cellSize {
			box := vg.Rectangle{Min: vg.Point{X: x, Y: y}, Max: vg.Point{X: x + size.X, Y: y + size.Y}}
			d := distance(box, at)
			if d < ringSize+1.5 {
				continue
			}
			// A label centred over its ring reads better than one that a corner touches.
			offset := math.Abs(float64(x + size.X/2 - at.X))
			cost := d + vg.Length(offset)*0.05
			if y < at.Y {
				cost += 2
			}
			if cost < best.distance && o.free(counts, grown(box, labelPad)) {
				best = placement{ok: true, box: box, distance: cost}
			}
		}
	}
	if best.ok {
		best.distance = distance(best.box, at)
		o.fill(grown(best.box, labelPad))
	}
	return best
}

func grown(r vg.Rectangle, by vg.Length) vg.Rectangle {
	d := vg.Point{X: by, Y: by}
	return vg.Rectangle{Min: r.Min.Sub(d), Max: r.Max.Add(d)}
}

// prefixSums returns s with s[r][c] taken cells in the rows before r and the columns before c, row by row.
func (o *occupancy) prefixSums() []int {
	width := o.cols + 1
	s := make([]int, width*(o.rows+1))
	for r := range o.rows {
		for c := range o.cols {
			n := s[r*width+c+1] + s[(r+1)*width+c] - s[r*width+c]
			if o.taken[r*o.cols+c] {
				n++
			}
			s[(r+1)*width+c+1] = n
		}
	}
	return s
}

func (o *occupancy) free(sums []int, r vg.Rectangle) bool {
	width := o.cols + 1
	c0, c1 := o.col(r.Min.X), o.col(r.Max.X)+1
	r0, r1 := o.row(r.Min.Y), o.row(r.Max.Y)+1
	return sums[r1*width+c1]-sums[r0*width+c1]-sums[r1*width+c0]+sums[r0*width+c0] == 0
}

// nearest returns the point of the box that is nearest to at.
func nearest(box vg.Rectangle, at vg.Point) vg.Point {
	return vg.Point{X: min(max(at.X, box.Min.X), box.Max.X), Y: min(max(at.Y, box.Min.Y), box.Max.Y)}
}

func distance(box vg.Rectangle, at vg.Point) vg.Length {
	d := nearest(box, at).Sub(at)
	return vg.Length(math.Hypot(float64(d.X), float64(d.Y)))
}
