package plots

import (
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"

	"github.com/strata-ml/strata/train"
)

// TestRingLabelKeepsClear checks over all sample runs that the label of the best lies within the data area and covers
// no cell with data, wherever it found a place.
func TestRingLabelKeepsClear(t *testing.T) {
	placed := 0
	for _, s := range sampleRuns() {
		s.steps = min(s.steps, 100)
		v, err := newView(s.history())
		if err != nil {
			t.Fatal(err)
		}
		l := v.loss().layout()
		canvas := draw.NewCanvas(new(recorder.Canvas), 16*vg.Centimeter, 9*vg.Centimeter)
		p, body := l.plot(canvas, l.legend())
		area := p.DataCanvas(body)
		label := l.occupied(area, p).place(l.rings[0], p)
		if !label.ok {
			continue
		}
		placed++
		if !area.Contains(label.box.Min) || !area.Contains(label.box.Max) {
			t.Errorf("%s: the label leaves the data area", s.name)
		}
		taken := l.occupied(area, p)
		for row := taken.row(label.box.Min.Y); row <= taken.row(label.box.Max.Y); row++ {
			for col := taken.col(label.box.Min.X); col <= taken.col(label.box.Max.X); col++ {
				if taken.data[row*taken.cols+col] {
					t.Fatalf("%s: the label covers data", s.name)
				}
			}
		}
	}
	if placed < 6 {
		t.Errorf("%d labels found a place, want at least 6", placed)
	}
}

// TestRingLabelInterruptsFewEvents leaves no place but one that is narrower than the label between two events.
func TestRingLabelInterruptsFewEvents(t *testing.T) {
	area := draw.Canvas{Rectangle: vg.Rectangle{Max: vg.Point{X: 400, Y: 200}}}
	r := ring{at: point{200, 100}, label: "best 0.9 @ epoch 16"}
	width := ringLabelStyle().Width(r.label)
	left, right := 200-width/2+2, 200+width/2-2
	o := newOccupancy(area)
	o.fill(vg.Rectangle{Max: vg.Point{X: left - 30, Y: 200}})
	o.fill(vg.Rectangle{Min: vg.Point{X: right + 30}, Max: area.Max})
	for _, x := range []vg.Length{left, right} {
		o.line(o.events, vg.Point{X: x}, vg.Point{X: x, Y: 200})
	}
	p := newPlot()
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 400, 0, 200
	label := o.place(r, p)
	if !label.ok || !label.overEvents {
		t.Fatalf("got %+v", label)
	}
	if label.box.Min.X < left && label.box.Max.X > right {
		t.Errorf("the label from %g to %g interrupts the events at %g and %g", label.box.Min.X, label.box.Max.X, left, right)
	}
}

func TestRingLabelWithoutRoomGoesIntoTheLegend(t *testing.T) {
	values := repeated(1500, func(i int) float64 { return float64(i % 2) })
	h := losses("full", values...)
	h.Records = append(h.Records, train.Record{Kind: train.EvalRecord, Step: 1500, Epoch: 150, Loss: 0.5})
	v, err := newView(h)
	if err != nil {
		t.Fatal(err)
	}
	var recorded recorder.Canvas
	v.loss().layout().draw(draw.NewCanvas(&recorded, 16*vg.Centimeter, 9*vg.Centimeter))
	found := 0
	for _, a := range recorded.Actions {
		if text, ok := a.(*recorder.FillString); ok && text.String == "best 0.5 @ epoch 150" {
			found++
			if text.Point.Y < 8*vg.Centimeter {
				t.Errorf("the label stands at a height of %g, want it in the legend", text.Point.Y)
			}
		}
	}
	if found != 1 {
		t.Errorf("the label is drawn %d times, want once", found)
	}
}
