package plots

import (
	"image/color"
	"math"
	"sync"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The palette of Okabe and Ito without its yellow, which is hard to see on white, in an order that keeps neighbours
// far apart.
var palette = []color.NRGBA{
	{0x00, 0x72, 0xB2, 0xFF}, // blue
	{0xD5, 0x5E, 0x00, 0xFF}, // vermilion
	{0x00, 0x9E, 0x73, 0xFF}, // bluish green
	{0xCC, 0x79, 0xA7, 0xFF}, // reddish purple
	{0xE6, 0x9F, 0x00, 0xFF}, // orange
	{0x56, 0xB4, 0xE9, 0xFF}, // sky blue
	{0x33, 0x33, 0x33, 0xFF}, // near black
}

var (
	trainColor = palette[0]
	evalColor  = palette[1]
	inkColor   = color.NRGBA{0x22, 0x22, 0x22, 0xFF}
	labelColor = color.NRGBA{0x44, 0x44, 0x44, 0xFF}
	axisColor  = color.NRGBA{0x8C, 0x8C, 0x8C, 0xFF}
	eventColor = color.NRGBA{0x77, 0x77, 0x77, 0xFF}
	gridColor  = color.NRGBA{0xE4, 0xE4, 0xE4, 0xFF}
	bandColor  = color.NRGBA{0x00, 0x9E, 0x73, 0x26}
	alertColor = color.NRGBA{0xB2, 0x18, 0x2B, 0xFF}
)

const (
	faintAlpha  = 0x4C // of the line through every single step
	faintWidth  = 0.6 * vg.Length(1)
	lineWidth   = 1.7 * vg.Length(1)
	thinWidth   = 1.0 * vg.Length(1)
	markerSize  = 2.3 * vg.Length(1) // radius
	ringSize    = 5 * vg.Length(1)   // radius
	maxMarkers  = 60                 // a curve of more points is drawn without markers
	titleSize   = 12 * vg.Length(1)
	axisSize    = 9.5 * vg.Length(1)
	tickSize    = 9 * vg.Length(1)
	legendSize  = 9 * vg.Length(1)
	outerMargin = 10 * vg.Length(1)
)

var (
	dashed = []vg.Length{4, 3}
	dotted = []vg.Length{1, 2.5}
)

// runDashes tell runs apart that share a colour.
var runDashes = [][]vg.Length{nil, {5, 2}, {1.5, 1.5}, {6, 2, 1.5, 2}}

// textHandler keeps its own font cache: plot.DefaultFont and font.DefaultCache belong to the whole program.
var textHandler = sync.OnceValue(func() text.Handler {
	return text.Plain{Fonts: font.NewCache(liberation.Collection())}
})

func textStyle(size vg.Length, c color.Color) text.Style {
	return text.Style{
		Color:   c,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		XAlign:  draw.XLeft,
		YAlign:  draw.YBottom,
		Handler: textHandler(),
	}
}

func bold(s text.Style) text.Style {
	s.Font.Weight = stdfont.WeightBold
	return s
}

func faint(c color.NRGBA) color.NRGBA {
	c.A = faintAlpha
	return c
}

// ramp returns n colours from dark violet over teal to olive, for curves that have an order; it stays dark enough to
// be seen on white. Its stops are spaced like those of viridis (Smith and van der Walt, 2015).
func ramp(n int) []color.NRGBA {
	stops := []color.NRGBA{
		{0x44, 0x01, 0x54, 0xFF},
		{0x3B, 0x52, 0x8B, 0xFF},
		{0x21, 0x91, 0x8C, 0xFF},
		{0x4A, 0xB8, 0x5C, 0xFF},
		{0xB8, 0xB6, 0x1E, 0xFF},
	}
	mix := func(a, b uint8, t float64) uint8 { return uint8(math.Round(float64(a)*(1-t) + float64(b)*t)) }
	out := make([]color.NRGBA, n)
	for i := range out {
		t := float64(i) / float64(max(n-1, 1)) * float64(len(stops)-1)
		k := min(int(t), len(stops)-2)
		a, b, f := stops[k], stops[k+1], t-float64(k)
		out[i] = color.NRGBA{mix(a.R, b.R, f), mix(a.G, b.G, f), mix(a.B, b.B, f), 0xFF}
	}
	return out
}

// newPlot returns an empty plot in the house style. Its title and legend stay empty: figure draws its own header.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle = centred(textStyle(axisSize, labelColor))
		a.Label.Padding = 4
		a.Tick.LineStyle = draw.LineStyle{Color: axisColor, Width: 0.6}
		a.Tick.Length = 4
		a.LineStyle = draw.LineStyle{Color: axisColor, Width: 0.8}
		a.Padding = 0
	}
	p.X.Tick.Label = textStyle(tickSize, labelColor)
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XCenter, draw.YTop
	p.Y.Tick.Label = textStyle(tickSize, labelColor)
	p.Y.Tick.Label.XAlign, p.Y.Tick.Label.YAlign = draw.XRight, draw.YCenter

	grid := plotter.NewGrid()
	grid.Vertical = draw.LineStyle{Color: gridColor, Width: 0.5}
	grid.Horizontal = draw.LineStyle{Color: gridColor, Width: 0.5}
	p.Add(grid)
	return p
}

func centred(s text.Style) text.Style {
	s.XAlign = draw.XCenter
	return s
}
