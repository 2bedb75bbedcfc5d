package plots

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/strata-ml/strata/train"
)

// Compare draws the loss and each metric of several runs, a colour per run; of runs that log their activations the share
// of saturated outputs or dead units of each (saturation_<node>, dead_units_<node>); and of runs that log their weights
// the share of exact zeros of each parameter (zeros_<param>) and its last histogram (weights_<param>). It writes the figures into
// dir, which it creates where it is missing. The runs may differ in length, and some may have no evaluations or not all
// metrics. It returns the paths of the files, figure by figure. It is an error if there is no run or one without records.
func Compare(hs []*train.History, dir string, o Options) ([]string, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if len(hs) == 0 {
		return nil, errors.New("plots: no runs to compare")
	}
	c := make(comparison, len(hs))
	epochs := false
	for i, h := range hs {
		if c[i], err = newView(h); err != nil {
			return nil, err
		}
		c[i].options = o
		epochs = epochs || c[i].epochs
	}
	for _, v := range c {
		v.epochs = epochs
	}
	figures := []named{{"loss", c.figure("loss", lossOf, true)}}
	names := c.metricNames()
	files := fileNames("metric_", names)
	for i, metric := range names {
		figures = append(figures, named{files[i], c.figure(metric, metricOf(metric), false)})
	}
	return writeAll(slices.Concat(figures, c.activations(), c.weights()), dir, o)
}

// A comparison is the runs of one figure. They share the unit of the x axis.
type comparison []*view

func (c comparison) metricNames() []string {
	set := make(map[string]bool)
	for _, v := range c {
		for _, name := range v.metricNames() {
			set[name] = true
		}
	}
	return slices.SortedFunc(maps.Keys(set), naturalCompare)
}

// evalWidth sets evaluations off from the training curves of the same colour.
const evalWidth = lineWidth + 0.3

// figure draws one quantity of all runs: the training thin, the evaluations thick and with markers, the best of them
// in a ring.
func (c comparison) figure(what string, value func(*train.Record) *train.Number, lossLike bool) *figure {
	f := &figure{xlabel: c[0].unit(), ylabel: what, scale: c[0].options.Scale}
	names := c.runNames()
	hasTrain, hasEval, shown := false, false, 0
	for i, v := range c {
		f.wholeX = f.wholeX || v.wholeTicks()
		col := palette[i%len(palette)]
		dashes := runDashes[i/len(palette)%len(runDashes)]

		trained, evaluated := v.comparedTraining(value, lossLike), v.points(train.EvalRecord, value)
		if len(trained)+len(evaluated) == 0 {
			continue
		}
		shown++
		hasTrain, hasEval = hasTrain || len(trained) > 0, hasEval || len(evaluated) > 0
		thin := line{points: trained, color: col, width: thinWidth, dashes: dashes}
		thin.color.A = 0xB0
		thick := line{points: evaluated, color: col, width: evalWidth, dashes: dashes, marker: markerSize}
		if len(c) > len(palette) {
			thick.marker = 0 // markers would hide the dashes, which tell runs of one colour apart
		}
		if len(evaluated) == 0 {
			thin.name = names[i]
		} else {
			thick.name = names[i]
		}
		f.lines = append(f.lines, thin, thick)
		if best, _, ok := v.best(value, lossLike); ok {
			f.rings = append(f.rings, ring{at: best, color: col})
		}
	}
	f.title = fmt.Sprintf("%s · %d runs", what, shown)
	if hasTrain && hasEval {
		f.keys = []legendEntry{
			neutralKey("train", thinWidth, 0),
			neutralKey("eval", evalWidth, f.lines[1].marker),
		}
	}
	return f
}

// comparedTraining returns the training curve of a run among others: smoothed where it has every step, for several
// raw curves would hide each other.
func (v *view) comparedTraining(value func(*train.Record) *train.Number, lossLike bool) []point {
	p := v.points(train.EpochRecord, value)
	if len(p) == 0 || lossLike {
		p = v.trainPoints(value)
	}
	p = sorted(p)
	if beta := v.smoothing(p); beta > 0 {
		return smooth(p, beta)
	}
	return p
}

// runNames returns the names of the runs, with a number where two have the same.
func (c comparison) runNames() []string {
	used := make(map[string]int)
	names := make([]string, len(c))
	for i, v := range c {
		name := v.Name
		if name == "" {
			name = "run"
		}
		used[name]++
		names[i] = name
		if n := used[name]; n > 1 {
			names[i] = fmt.Sprintf("%s (%d)", name, n)
		}
	}
	return names
}
