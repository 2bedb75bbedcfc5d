package plots

import (
	"fmt"
	"path/filepath"
	"strconv"

	"gonum.org/v1/plot/vg"
)

// LearningRates is what a search for a learning rate found, for WriteLearningRates.
type LearningRates struct {
	Name    string // of the experiment
	Rate    string // what was varied, such as lr
	Range   Series // the loss of each step of a range test, by rate
	Smooth  []float64
	Trials  Series  // the loss after short trainings, by rate; those that diverged left out
	Suggest float64 // 0 for none
}

// WriteLearningRates draws the loss over the learning rate, which is logarithmic, and writes the figure into dir, which
// it creates where it is missing. It returns the paths of the files.
func WriteLearningRates(s LearningRates, dir string, o Options) ([]string, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if len(s.Range.X) != len(s.Range.Y) || len(s.Range.X) != len(s.Smooth) || len(s.Trials.X) != len(s.Trials.Y) {
		return nil, fmt.Errorf("plots: %d rates with %d losses and %d smoothed ones, %d trials with %d losses",
			len(s.Range.X), len(s.Range.Y), len(s.Smooth), len(s.Trials.X), len(s.Trials.Y))
	}
	if len(s.Range.X)+len(s.Trials.X) == 0 {
		return nil, fmt.Errorf("plots: there are no learning rates to draw: %q", s.Name)
	}
	return writeAll([]named{{filepath.Base("find_" + s.Rate), s.figure(o)}}, dir, o)
}

func (s LearningRates) figure(o Options) *figure {
	raw, smooth, trials := pointsOf(s.Range.X, s.Range.Y), pointsOf(s.Range.X, s.Smooth), pointsOf(s.Trials.X, s.Trials.Y)
	f := &figure{title: s.Rate + " search", xlabel: s.Rate + " (log)", ylabel: "loss", scale: o.Scale, logX: true}
	if s.Name != "" {
		f.title = s.Name + " · " + f.title
	}
	f.lines = []line{
		{name: "step of the range test", points: raw, color: faint(trainColor), width: faintWidth, faint: true},
		{name: "smoothed", points: smooth, color: trainColor, width: lineWidth, derived: true},
		{name: s.Trials.Name, points: trials, color: evalColor, width: thinWidth, dashes: dotted, marker: markerSize + vg.Length(1)},
	}
	if s.Suggest > 0 {
		f.events = []events{{name: "suggested " + tidyExponent(strconv.FormatFloat(s.Suggest, 'g', 2, 64)), xs: []float64{s.Suggest}, dashes: dashed}}
	}
	return f
}

func pointsOf(x, y []float64) []point {
	points := make([]point, len(x))
	for i := range x {
		points[i] = point{x[i], y[i]}
	}
	return points
}
