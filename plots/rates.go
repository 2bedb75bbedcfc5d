package plots

import (
	"errors"
	"fmt"
	"strings"
)

// A Rate is a hyperparameter, such as the learning rate, over the steps of a run that is yet to come.
type Rate struct {
	Name   string  // of the files: schedule_<name>
	Title  string  // of the figure and its y axis
	Steps  []int64 // in ascending order: the value is that of the step that begins when so many are finished
	Values []float64
	Note   string // in the legend: what is not known of it yet; may be empty
}

// WriteRates draws each of the rates and writes the figures into dir, which it creates where it is
// missing. It returns the paths of the files, figure by figure. Name is that of the experiment.
func WriteRates(name string, stepsPerEpoch int64, rates []Rate, dir string, o Options) ([]string, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if stepsPerEpoch < 1 {
		return nil, fmt.Errorf("plots: steps per epoch must be positive, is %d", stepsPerEpoch)
	}
	var figures []named
	for _, r := range rates {
		if len(r.Steps) == 0 || len(r.Steps) != len(r.Values) {
			return nil, fmt.Errorf("plots: rate %q has %d steps and %d values", r.Name, len(r.Steps), len(r.Values))
		}
		if strings.ContainsAny(r.Name, `/\`) {
			return nil, fmt.Errorf("plots: the name of a rate names a file: %q", r.Name)
		}
		figures = append(figures, named{"schedule_" + r.Name, r.figure(name, stepsPerEpoch)})
	}
	if len(figures) == 0 {
		return nil, errors.New("plots: there are no rates to draw")
	}
	return writeAll(figures, dir, o)
}

func (r Rate) figure(name string, stepsPerEpoch int64) *figure {
	last := r.Steps[len(r.Steps)-1] + 1
	f := &figure{title: r.Title + " schedule", xlabel: "step", ylabel: r.Title, wholeX: true}
	if name != "" {
		f.title = name + " · " + f.title
	}
	perUnit := 1.0
	if last >= stepsPerEpoch {
		f.xlabel, f.wholeX, perUnit = "epoch", last >= epochTicksFrom*stepsPerEpoch, float64(stepsPerEpoch)
	}
	points := []point{{0, r.Values[0]}}
	for i, step := range r.Steps {
		points = append(points, point{float64(step+1) / perUnit, r.Values[i]})
	}
	f.drawRate(points)
	f.lines[0].name = r.Note
	return f
}

// drawRate draws a rate whose value at each point holds since the point before: upright where it jumps, and on an axis
// that is logarithmic only where it does.
func (f *figure) drawRate(p []point) {
	at := jumps(p)
	f.scale = LinearScale
	if len(at) > 0 {
		f.scale = AutoScale
	}
	f.lines = []line{{points: stairs(p, at), color: trainColor, width: lineWidth}}
}
