package plots

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/strata-ml/strata/train"

	"gonum.org/v1/plot/vg"
)

func TestFlatAxisHoldsItsValue(t *testing.T) {
	for _, v := range []float64{-largest, -5.8e30, -1e6, -4.1, -1e-3, -1e-310, 0, 1e-310, 1e-3, 4.1, 1e6, largest} {
		if a := linearAxis(v, v); !(a.min <= v && v <= a.max) {
			t.Errorf("the axis of %g is from %g to %g", v, a.min, a.max)
		}
	}
}

// TestAxisHoldsItsValues checks on any values that the axis is a finite range with all of them on it.
func TestAxisHoldsItsValues(t *testing.T) {
	value := rapid.Custom(func(t *rapid.T) float64 {
		sign := rapid.SampledFrom([]float64{-1, 0, 1}).Draw(t, "sign")
		return sign * math.Pow(10, rapid.Float64Range(-320, 300).Draw(t, "exponent"))
	})
	rapid.Check(t, func(t *rapid.T) {
		first := value.Draw(t, "first")
		points := []point{{first, first}}
		for range rapid.IntRange(0, 4).Draw(t, "more") {
			p := point{value.Draw(t, "x"), value.Draw(t, "y")}
			if rapid.Bool().Draw(t, "near the first") {
				p.y = first * (1 + 1e-10*float64(len(points)))
			}
			points = append(points, p)
		}
		scale := Scale(rapid.IntRange(int(AutoScale), int(LogScale)).Draw(t, "scale"))
		lines := []line{{points: points}}
		x, y := xAxis(lines), yAxis(lines, scale)
		for _, p := range points {
			if !drawable(p.x) || !drawable(p.y) {
				continue
			}
			if !x.holds(p.x) {
				t.Fatalf("x = %g is not on the axis from %g to %g", p.x, x.min, x.max)
			}
			if !y.holds(p.y) && !(y.log && !drawableLog(p.y)) {
				t.Fatalf("y = %g is not on the axis from %g to %g", p.y, y.min, y.max)
			}
		}
		for _, a := range []axis{x, y} {
			if !(a.min < a.max) || math.IsInf(a.max-a.min, 0) {
				t.Fatalf("the axis from %g to %g is no range", a.min, a.max)
			}
		}
	})
}

// drawingTime bounds the drawing of a figure, which takes a tenth of a second.
const drawingTime = 20 * time.Second

// inDrawingTime fails the test where draw does not return in time.
func inDrawingTime(t *testing.T, draw func() error) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- draw() }()
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(drawingTime):
		t.Fatalf("the figure is not drawn after %v", drawingTime)
	}
}

func TestDivergedMetricIsDrawnInTime(t *testing.T) {
	for _, r2 := range []train.Number{-2.79, -1e6, -5.8e30, -1e300} {
		h := &train.History{Name: "run", Records: []train.Record{
			{Kind: train.EpochRecord, Step: 3, Epoch: 1, Loss: 5, Metrics: map[string]train.Number{"r2": r2}},
		}}
		t.Run(fmt.Sprint(r2), func(t *testing.T) {
			inDrawingTime(t, func() error { _, err := WriteRun(h, t.TempDir(), Options{}); return err })
			inDrawingTime(t, func() error { _, err := Compare([]*train.History{h, h}, t.TempDir(), Options{}); return err })
		})
	}
}

// TestValuesBesideAWrongAxisAreNotDrawn gives a figure axes that do not fit its values: such a mistake must neither
// draw outside the figure nor, where values are as large as here, take for ever.
func TestValuesBesideAWrongAxisAreNotDrawn(t *testing.T) {
	values := repeated(3000, func(i int) float64 { return -1e31 * float64(i%7) })
	v, err := newView(losses("run", values...))
	if err != nil {
		t.Fatal(err)
	}
	f := v.loss()
	f.rings = []ring{{at: point{3, -1e31}, label: "best"}}
	f.events = []events{{name: "resume", xs: []float64{-1e31, 1e31}}}
	l := f.layoutOn(axis{min: 1, max: 2}, axis{min: -1, max: 0})
	if l.missing.outside == 0 {
		t.Error("the legend does not say that values are missing")
	}
	for _, segments := range l.segments {
		for _, segment := range segments {
			for _, p := range segment {
				if !l.x.holds(p.x) || !l.y.holds(p.y) {
					t.Fatalf("%v is drawn outside the axes", p)
				}
			}
		}
	}
	o, err := Options{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range o.Formats {
		inDrawingTime(t, func() error {
			w, h := o.size()
			_, err := encode(format, vg.Point{X: w, Y: h}, o.DPI, l.draw)
			return err
		})
	}
}
