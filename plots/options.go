package plots

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// The formats of a figure.
const (
	PNG = "png"
	SVG = "svg"
)

// A Scale says how values are laid out on the y axis.
type Scale int

// The scales of the y axis.
const (
	AutoScale   Scale = iota // logarithmic where the curves span more than a factor of twenty
	LinearScale              // linear
	LogScale                 // logarithmic, unless more than one value in twenty is not positive
)

// Options are the choices that figures leave open. The zero value draws the house style.
type Options struct {
	Formats []string // PNG, SVG; none means both

	// Only names the figures to draw, by their files without the extension: loss, metric_accuracy. None means all. A
	// name that the history has no figure for is an error.
	Only []string

	// Width and Height are the size of the figure in centimetres; 0 means 16 and 9.
	Width, Height float64
	// DPI is the resolution of PNG files in dots per inch; 0 means 144.
	DPI float64

	// Scale lays out the y axis of the loss, the metrics and the gradient norm. The learning rate and the update
	// ratio have a natural scale of their own.
	Scale Scale

	// LogX lays out the x axis of Lines on a logarithmic scale; all of it must be positive.
	LogX bool

	// Smooth is the factor β of the moving average e ← β·e + (1−β)·y over the values of each step, in (0, 1). 0 takes
	// one that averages over about a fortieth of the run (0.98 for 2,000 steps); a negative factor draws none.
	Smooth float64

	// HideResumes leaves out the lines where the run was resumed. They come from wall-clock marks, so without them a
	// run that was cut and one that was not give the same bytes.
	HideResumes bool
}

const (
	defaultWidth, defaultHeight = 16, 9
	defaultDPI                  = 144
	maxPixels                   = 1 << 26
)

// withDefaults checks o and fills in what it leaves open.
func (o Options) withDefaults() (Options, error) {
	if len(o.Formats) == 0 {
		o.Formats = []string{PNG, SVG}
	}
	var errs []error
	for i, f := range o.Formats {
		if f != PNG && f != SVG {
			errs = append(errs, fmt.Errorf("plots: format is not %q or %q: %q", PNG, SVG, f))
		} else if slices.Contains(o.Formats[:i], f) {
			errs = append(errs, fmt.Errorf("plots: format is given twice: %q", f))
		}
	}
	bounded := func(name string, v *float64, fallback, lo, hi float64) {
		if *v == 0 {
			*v = fallback
		}
		if !(*v >= lo && *v <= hi) {
			errs = append(errs, fmt.Errorf("plots: %s is not within %g and %g: %g", name, lo, hi, *v))
		}
	}
	bounded("width in cm", &o.Width, defaultWidth, 8, 200)
	bounded("height in cm", &o.Height, defaultHeight, 5, 200)
	bounded("dpi", &o.DPI, defaultDPI, 36, 1200)
	const inch = 2.54
	if pixels := o.Width / inch * o.DPI * o.Height / inch * o.DPI; pixels > maxPixels {
		errs = append(errs, fmt.Errorf("plots: figure has more than %d pixels: %g", maxPixels, math.Ceil(pixels)))
	}
	if o.Scale < AutoScale || o.Scale > LogScale {
		errs = append(errs, fmt.Errorf("plots: unknown scale: %d", o.Scale))
	}
	if !(o.Smooth < 1) {
		errs = append(errs, fmt.Errorf("plots: smoothing factor is not below 1: %g", o.Smooth))
	}
	return o, errors.Join(errs...)
}

func (o Options) size() (w, h vg.Length) {
	return vg.Length(o.Width) * vg.Centimeter, vg.Length(o.Height) * vg.Centimeter
}
