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
	ok         bool
	box        vg.Rectangle
	distance   vg.Length // from the centre of the ring
	overEvents bool      // the label interrupts the line of an event
}

const (
	cellSize    = 2 * vg.Length(1)  // of the occupancy grid
	labelPad    = 3 * vg.Length(1)  // kept free around a label
	maxDistance = 70 * vg.Length(1) // from a ring to its label; beyond, the label goes into the legend
)

func ringLabelStyle() text.Style { return textStyle(legendSize, inkColor) }

// occupancy knows which cells of the data area have something drawn on them. A label must not cover data, but where
// nothing else is left it may interrupt the line of an event.
type occupancy struct {
	area         draw.Canvas
	cols, rows   int
	data, events []bool
}

func newOccupancy(area draw.Canvas) *occupancy {
	o := &occupancy{area: area}
	o.cols = max(1, int(math.Ceil(float64(area.Size().X/cellSize))))
	o.rows = max(1, int(math.Ceil(float64(area.Size().Y/cellSize))))
	o.data = make([]bool, o.cols*o.rows)
	o.events = make([]bool, o.cols*o.rows)
	return o
}

// occupied returns the occupancy of all curves, events, rings and gap ticks of the figure.
func (l *layout) occupied(area draw.Canvas, p *plot.Plot) *occupancy {
	o := newOccupancy(area)
	toX, toY := p.Transforms(&area)
	for _, curve := range l.segments {
		for _, segment := range curve {
			at := vg.Point{X: toX(segment[0].x), Y: toY(segment[0].y)}
			o.line(o.data, at, at)
			for _, q := range segment[1:] {
				to := vg.Point{X: toX(q.x), Y: toY(q.y)}
				o.line(o.data, at, to)
				at = to
			}
		}
	}
	for row, e := range l.events {
		lines := eventLines{e.within(l.x), row}
		bottom, top := lines.span(area)
		for _, x := range lines.xs {
			o.line(o.events, vg.Point{X: toX(x), Y: bottom}, vg.Point{X: toX(x), Y: top})
		}
	}
	for _, x := range l.missing.xs {
		o.line(o.data, vg.Point{X: toX(x), Y: area.Min.Y}, vg.Point{X: toX(x), Y: area.Min.Y + 6})
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
func (o *occupancy) line(cells []bool, from, to vg.Point) {
	d := to.Sub(from)
	steps := int(math.Hypot(float64(d.X), float64(d.Y))/float64(cellSize)*2) + 1
	for i := 0; i <= steps; i++ {
		at := from.Add(d.Scale(vg.Length(i) / vg.Length(steps)))
		cells[o.row(at.Y)*o.cols+o.col(at.X)] = true
	}
}

func (o *occupancy) fill(r vg.Rectangle) {
	for row := o.row(r.Min.Y); row <= o.row(r.Max.Y); row++ {
		for col := o.col(r.Min.X); col <= o.col(r.Max.X); col++ {
			o.data[row*o.cols+col] = true
		}
	}
}

func (o *occupancy) col(x vg.Length) int {
	return min(max(int((x-o.area.Min.X)/cellSize), 0), o.cols-1)
}

func (o *occupancy) row(y vg.Length) int {
	return min(max(int((y-o.area.Min.Y)/cellSize), 0), o.rows-1)
}

// place finds the free place nearest to the ring for its label and takes it. Every place within maxDistance is tried,
// so a label that finds none has none.
func (o *occupancy) place(r ring, p *plot.Plot) placement {
	toX, toY := p.Transforms(&o.area)
	at := vg.Point{X: toX(r.at.x), Y: toY(r.at.y)}
	style := ringLabelStyle()
	size := vg.Point{X: style.Width(r.label), Y: style.Font.Size * 1.1}
	events := o.prefixSums(func(i int) bool { return o.events[i] })
	best := o.nearestFree(o.prefixSums(func(i int) bool { return o.data[i] || o.events[i] }), events, at, size)
	if !best.ok {
		best = o.nearestFree(o.prefixSums(func(i int) bool { return o.data[i] }), events, at, size)
		best.overEvents = best.ok
	}
	if best.ok {
		o.fill(grown(best.box, labelPad))
	}
	return best
}

// nearestFree returns the box of the given size nearest to at that has no taken cell; above it rather than below, and
// centred over it rather than beside, where the distance is much the same. A cell of an event is worth a way of a point.
// taken and events are prefix sums.
func (o *occupancy) nearestFree(taken, events []int, at, size vg.Point) placement {
	const belowCost, offsetCost, eventCost = 2, 0.05, 1
	var best placement
	lowest := vg.Length(math.Inf(1))
	for y := o.area.Min.Y + labelPad; y+size.Y+labelPad <= o.area.Max.Y; y += cellSize {
		for x := o.area.Min.X + labelPad; x+size.X+labelPad <= o.area.Max.X; x += cellSize {
			box := vg.Rectangle{Min: vg.Point{X: x, Y: y}, Max: vg.Point{X: x + size.X, Y: y + size.Y}}
			d := distance(box, at)
			if d < ringSize+1.5 || d > maxDistance {
				continue
			}
			cost := d + offsetCost*vg.Length(math.Abs(float64(x+size.X/2-at.X)))
			if y < at.Y {
				cost += belowCost
			}
			padded := grown(box, labelPad)
			if cost >= lowest || o.count(taken, padded) > 0 {
				continue
			}
			if cost += eventCost * vg.Length(o.count(events, padded)); cost < lowest {
				best, lowest = placement{ok: true, box: box, distance: d}, cost
			}
		}
	}
	return best
}

func grown(r vg.Rectangle, by vg.Length) vg.Rectangle {
	d := vg.Point{X: by, Y: by}
	return vg.Rectangle{Min: r.Min.Sub(d), Max: r.Max.Add(d)}
}

// prefixSums returns s with s[r][c] taken cells in the rows before r and the columns before c, row by row.
func (o *occupancy) prefixSums(taken func(cell int) bool) []int {
	width := o.cols + 1
	s := make([]int, width*(o.rows+1))
	for r := range o.rows {
		for c := range o.cols {
			n := s[r*width+c+1] + s[(r+1)*width+c] - s[r*width+c]
			if taken(r*o.cols + c) {
				n++
			}
			s[(r+1)*width+c+1] = n
		}
	}
	return s
}

// count returns how many cells of a box the prefix sums count.
func (o *occupancy) count(sums []int, r vg.Rectangle) int {
	width := o.cols + 1
	c0, c1 := o.col(r.Min.X), o.col(r.Max.X)+1
	r0, r1 := o.row(r.Min.Y), o.row(r.Max.Y)+1
	return sums[r1*width+c1] - sums[r0*width+c1] - sums[r1*width+c0] + sums[r0*width+c0]
}

// nearest returns the point of the box that is nearest to at.
func nearest(box vg.Rectangle, at vg.Point) vg.Point {
	return vg.Point{X: min(max(at.X, box.Min.X), box.Max.X), Y: min(max(at.Y, box.Min.Y), box.Max.Y)}
}

func distance(box vg.Rectangle, at vg.Point) vg.Length {
	d := nearest(box, at).Sub(at)
	return vg.Length(math.Hypot(float64(d.X), float64(d.Y)))
}
