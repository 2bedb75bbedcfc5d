package plots

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A legendEntry is a small picture and what it stands for.
type legendEntry struct {
	label      string
	thumbWidth vg.Length
	thumb      func(c draw.Canvas, box vg.Rectangle)
}

const (
	lineThumb = 18 * vg.Length(1) // the width of a line in the legend
	thumbGap  = 4 * vg.Length(1)
	entryGap  = 13 * vg.Length(1)
	rowHeight = 13 * vg.Length(1)
	titleGap  = 5 * vg.Length(1) // below the title
	headerGap = 8 * vg.Length(1) // below the legend
)

func titleStyle() text.Style  { return bold(textStyle(titleSize, inkColor)) }
func legendStyle() text.Style { return textStyle(legendSize, labelColor) }

func (e legendEntry) width() vg.Length {
	return e.thumbWidth + thumbGap + legendStyle().Width(e.label)
}

// manyCurves is the number of named curves from which they come last in the legend, where its end may be cut.
const manyCurves = 8

// legend returns the entries for all that the figure shows.
func (l *layout) legend() []legendEntry {
	var curves []legendEntry
	for _, curve := range l.lines {
		if curve.name != "" {
			curves = append(curves, legendEntry{curve.name, lineThumb, curve.thumbnail})
		}
	}
	others := slices.Clone(l.keys)
	if l.band != nil && l.y.log {
		others = append(others, legendEntry{l.band.name, lineThumb, bandThumb})
	}
	for _, e := range l.events {
		if e = e.within(l.x); len(e.xs) > 0 {
			others = append(others, e.entry())
		}
	}
	if m := l.missing.String(); m != "" {
		others = append(others, legendEntry{"not drawn: " + m, 12, gapThumb})
	}
	entries := slices.Concat(curves, others)
	if len(curves) >= manyCurves {
		entries = slices.Concat(others, curves)
	}
	for i := range entries {
		entries[i].label = printable(entries[i].label)
	}
	return entries
}

func (e events) entry() legendEntry {
	style := e.style()
	if len(e.xs) <= maxEventLines {
		return legendEntry{label: e.name, thumbWidth: 4, thumb: func(c draw.Canvas, box vg.Rectangle) {
			x := (box.Min.X + box.Max.X) / 2
			c.StrokeLine2(style, x, box.Min.Y-1, x, box.Max.Y+1)
		}}
	}
	label := fmt.Sprintf("%d %s", len(e.xs), e.many)
	return legendEntry{label: label, thumbWidth: 12, thumb: func(c draw.Canvas, box vg.Rectangle) {
		for x := box.Min.X + 1; x < box.Max.X; x += 5 {
			c.StrokeLine2(style, x, box.Max.Y-1-eventTick, x, box.Max.Y-1)
		}
	}}
}

func bandThumb(c draw.Canvas, box vg.Rectangle) {
	c.FillPolygon(bandColor, []vg.Point{box.Min, {X: box.Max.X, Y: box.Min.Y}, box.Max, {X: box.Min.X, Y: box.Max.Y}})
}

func gapThumb(c draw.Canvas, box vg.Rectangle) {
	for x := box.Min.X + 1; x < box.Max.X; x += 5 {
		c.StrokeLine2(gapStyle, x, box.Min.Y, x, box.Min.Y+6)
	}
}

func ringEntry(r ring) legendEntry {
	if r.bare {
		return legendEntry{r.label, 0, func(draw.Canvas, vg.Rectangle) {}}
	}
	return legendEntry{r.label, 2 * ringSize, func(c draw.Canvas, box vg.Rectangle) {
		at := vg.Point{X: (box.Min.X + box.Max.X) / 2, Y: (box.Min.Y + box.Max.Y) / 2}
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: r.color, Radius: 4, Shape: boldRing{}}, at)
	}}
}

// rows breaks the entries into rows within the given size, the canvas of the whole figure. The legend takes at most a
// third of it; an entry in place of what goes beyond says how many that are.
func rows(entries []legendEntry, size vg.Point) [][]legendEntry {
	width, maxRows := size.X, max(1, int(size.Y/3/rowHeight))
	var out [][]legendEntry
	used := width
	for i, e := range entries {
		e.label = shorten(legendStyle(), e.label, width-e.thumbWidth-thumbGap)
		if used+entryGap+e.width() > width || i == 0 {
			if len(out) == maxRows {
				return withMore(out, len(entries)-i, width)
			}
			out = append(out, nil)
			used = -entryGap
		}
		out[len(out)-1] = append(out[len(out)-1], e)
		used += entryGap + e.width()
	}
	return out
}

// withMore ends the last row with the number of entries that are left out, and drops as many more as that needs.
func withMore(rows [][]legendEntry, left int, width vg.Length) [][]legendEntry {
	last := rows[len(rows)-1]
	for {
		more := legendEntry{fmt.Sprintf("and %d more", left), 0, func(draw.Canvas, vg.Rectangle) {}}
		used := more.width()
		for _, e := range last {
			used += e.width() + entryGap
		}
		if used <= width || len(last) == 0 {
			rows[len(rows)-1] = append(slices.Clip(last), more)
			return rows
		}
		last = last[:len(last)-1]
		left++
	}
}

// besideTitle reports whether the legend fits to the right of the title.
func (l *layout) besideTitle(c draw.Canvas, entries []legendEntry) bool {
	width := titleStyle().Width(printable(l.title)) + 2*entryGap
	for _, e := range entries {
		width += e.width() + entryGap
	}
	return width-entryGap <= c.Size().X
}

func (l *layout) headerHeight(c draw.Canvas, entries []legendEntry) vg.Length {
	height := titleStyle().Height("X") + headerGap
	if len(entries) > 0 && !l.besideTitle(c, entries) {
		height += titleGap + rowHeight*vg.Length(len(rows(entries, c.Size())))
	}
	return height
}

// drawHeader draws the title at the top left of c, and the legend beside it where there is room, else below it.
func (l *layout) drawHeader(c draw.Canvas, entries []legendEntry) {
	style := titleStyle()
	height := style.Height("X")
	top := c.Max.Y
	title := shorten(style, printable(l.title), c.Size().X)
	box := vg.Rectangle{Min: vg.Point{X: c.Min.X, Y: top - height}, Max: vg.Point{X: c.Max.X, Y: top}}
	c.FillText(style, textOrigin(box, style), title)
	if len(entries) == 0 {
		return
	}
	if l.besideTitle(c, entries) {
		width := -entryGap
		for _, e := range entries {
			width += e.width() + entryGap
		}
		drawRow(c, entries, vg.Point{X: c.Max.X - width, Y: top - height/2})
		return
	}
	for i, row := range rows(entries, c.Size()) {
		drawRow(c, row, vg.Point{X: c.Min.X, Y: top - height - titleGap - rowHeight*(vg.Length(i)+0.5)})
	}
}

// drawRow draws entries from left to right around the height of at.
func drawRow(c draw.Canvas, entries []legendEntry, at vg.Point) {
	style := legendStyle()
	for _, e := range entries {
		e.thumb(c, vg.Rectangle{
			Min: vg.Point{X: at.X, Y: at.Y - 4},
			Max: vg.Point{X: at.X + e.thumbWidth, Y: at.Y + 4},
		})
		box := vg.Rectangle{Min: vg.Point{X: at.X + e.thumbWidth + thumbGap, Y: at.Y - rowHeight/2}}
		box.Max = box.Min.Add(vg.Point{X: style.Width(e.label), Y: rowHeight})
		c.FillText(style, textOrigin(box, style), e.label)
		at.X += e.width() + entryGap
	}
}

// textOrigin returns where to draw text of the given style, aligned left and bottom, so that the middle of its small
// letters with ascenders is the middle of the box.
func textOrigin(box vg.Rectangle, style text.Style) vg.Point {
	const capHeight = 0.72 // of the font size, for Liberation Sans
	baseline := (box.Min.Y+box.Max.Y)/2 - capHeight*style.Font.Size/2
	// The plain text handler puts the baseline of a line one font size above the ascent below the given point.
	return vg.Point{X: box.Min.X, Y: baseline + style.FontExtents().Ascent - style.Font.Size}
}

// shorten cuts the middle out of a text that is wider than the given width.
func shorten(style text.Style, s string, width vg.Length) string {
	if style.Width(s) <= width {
		return s
	}
	runes := []rune(s)
	for keep := min(len(runes)-1, 500); keep > 0; keep-- {
		head := (keep + 1) / 2
		short := strings.TrimSpace(string(runes[:head])) + "…" + strings.TrimSpace(string(runes[len(runes)-keep/2:]))
		if style.Width(short) <= width {
			return short
		}
	}
	return "…"
}

// neutralKey explains a look that all runs of a comparison share.
func neutralKey(label string, width, marker vg.Length) legendEntry {
	return legendEntry{label, lineThumb, line{color: eventColor, width: width, marker: marker}.thumbnail}
}
