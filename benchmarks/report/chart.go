package report

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"math"
	"os"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The look is that of package plots.
var (
	fasterColor = color.NRGBA{0x00, 0x72, 0xB2, 0xFF}
	slowerColor = color.NRGBA{0xD5, 0x5E, 0x00, 0xFF}
	inkColor    = color.NRGBA{0x22, 0x22, 0x22, 0xFF}
	labelColor  = color.NRGBA{0x44, 0x44, 0x44, 0xFF}
	axisColor   = color.NRGBA{0x8C, 0x8C, 0x8C, 0xFF}
	gridColor   = color.NRGBA{0xE4, 0xE4, 0xE4, 0xFF}
)

const (
	chartWidth = 16 * vg.Centimeter
	rowHeight  = 15 * vg.Length(1)
	headHeight = 34 * vg.Length(1)
	footHeight = 40 * vg.Length(1)
	margin     = 10 * vg.Length(1)
	valueWidth = 34 * vg.Length(1) // to the right of the axis, for the numbers
)

// draw writes the ratios as bars from a line at 1 to base.png and base.svg. The axis is logarithmic, so that twice as
// fast and half as fast lie equally far from the line.
func (d *Document) draw(base string) error {
	if len(d.Comparisons) == 0 {
		return nil
	}
	height := headHeight + footHeight + rowHeight*vg.Length(len(d.Comparisons))
	png := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(chartWidth, height), vgimg.UseDPI(144))}
	svg := vgsvg.New(chartWidth, height)
	for _, file := range []struct {
		name   string
		canvas interface {
			vg.CanvasSizer
			io.WriterTo
		}
	}{{base + ".png", png}, {base + ".svg", svg}} {
		d.chart(draw.New(file.canvas))
		var b bytes.Buffer
		if _, err := file.canvas.WriteTo(&b); err != nil {
			return err
		}
		// A viewer of the SVG file may lack the font.
		image := bytes.ReplaceAll(b.Bytes(), []byte(`"font-family:Liberation Sans;`), []byte(`"font-family:Liberation Sans,Arial,sans-serif;`))
		if err := os.WriteFile(file.name, image, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func style(size vg.Length, c color.Color) text.Style {
	return text.Style{
		Color:   c,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		XAlign:  draw.XLeft,
		YAlign:  draw.YCenter,
		Handler: text.Plain{Fonts: font.NewCache(liberation.Collection())},
	}
}

// An axis maps ratios to places on the canvas.
type axis struct {
	low, high   float64 // ratios at its ends
	left, right vg.Length
}

func (a axis) at(ratio float64) vg.Length {
	part := math.Log(ratio/a.low) / math.Log(a.high/a.low)
	return a.left + vg.Length(part)*(a.right-a.left)
}

// ratioTicks are the ratios that may stand below the axis.
var ratioTicks = []float64{0.1, 0.2, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 5, 10, 20, 50, 100}

func (d *Document) chart(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	label := style(9, labelColor)
	title := style(12, inkColor)
	title.Font.Weight = stdfont.WeightBold
	c.FillText(title, vg.Point{X: c.Min.X + margin, Y: c.Max.Y - headHeight/2}, d.Title)

	a := axis{low: 0.8, high: 1.25}
	names := make([]string, len(d.Comparisons))
	widest := vg.Length(0)
	for i, row := range d.Comparisons {
		names[i] = fmt.Sprintf("%s, %d thread", row.Case, row.Threads)
		if row.Threads != 1 {
			names[i] += "s"
		}
		widest = max(widest, label.Width(names[i]))
		a.low, a.high = min(a.low, row.Low/1.05), max(a.high, row.High*1.05)
	}
	a.left, a.right = c.Min.X+margin+widest+8, c.Max.X-margin-valueWidth
	top := c.Max.Y - headHeight
	bottom := top - rowHeight*vg.Length(len(names))

	drawAxis(c, a, top, bottom)
	for i, row := range d.Comparisons {
		y := top - rowHeight*(vg.Length(i)+0.5)
		right := label
		right.XAlign = draw.XRight
		c.FillText(right, vg.Point{X: a.left - 6, Y: y}, names[i])
		drawBar(c, a, row, y)
		c.FillText(label, vg.Point{X: a.right + 5, Y: y}, fmt.Sprintf("%.2f×", row.Ratio))
	}
}

// drawAxis draws the grid, the line at 1 and what stands below them.
func drawAxis(c draw.Canvas, a axis, top, bottom vg.Length) {
	label := style(9, labelColor)
	label.XAlign, label.YAlign = draw.XCenter, draw.YTop
	for i, last := 0, a.left-30; i < len(ratioTicks); i++ {
		tick := ratioTicks[i]
		if tick < a.low || tick > a.high {
			continue
		}
		x := a.at(tick)
		if tick != 1 {
			c.StrokeLine2(draw.LineStyle{Color: gridColor, Width: 0.5}, x, bottom, x, top)
		}
		if x-last >= 22 {
			c.FillText(label, vg.Point{X: x, Y: bottom - 4}, fmt.Sprintf("%g", tick))
			last = x
		}
	}
	one := a.at(1)
	c.StrokeLine2(draw.LineStyle{Color: inkColor, Width: 1}, one, bottom-3, one, top)
	c.StrokeLine2(draw.LineStyle{Color: axisColor, Width: 0.8}, a.left, bottom, a.right, bottom)
	c.FillText(label, vg.Point{X: (a.left + a.right) / 2, Y: bottom - 18},
		"times as fast as the peer: median of the rounds, line from their least to their greatest")
}

// drawBar draws a ratio as a bar from the line at 1, and the range of its rounds as a line.
func drawBar(c draw.Canvas, a axis, row Comparison, y vg.Length) {
	fill := fasterColor
	if row.Ratio < 1 {
		fill = slowerColor
	}
	from, to := a.at(min(1, row.Ratio)), a.at(max(1, row.Ratio))
	half := 0.3 * rowHeight
	c.FillPolygon(fill, []vg.Point{{X: from, Y: y - half}, {X: to, Y: y - half}, {X: to, Y: y + half}, {X: from, Y: y + half}})
	line := draw.LineStyle{Color: inkColor, Width: 0.8}
	low, high := a.at(row.Low), a.at(row.High)
	c.StrokeLine2(line, low, y, high, y)
	for _, x := range []vg.Length{low, high} {
		c.StrokeLine2(line, x, y-2, x, y+2)
	}
}
