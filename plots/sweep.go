package plots

import (
	"cmp"
	"errors"
	"maps"
	"math"
	"slices"

	"github.com/strata-ml/strata/train"
)

// A Trial is one run of a sweep: what became of it at one value of the key that was varied.
type Trial struct {
	*train.History
	X    float64 // the value of the key
	Line string  // trials of one line are joined; may be empty where there is one line
}

// Sweep draws the loss and each metric of runs over the value of a key, one figure each, and writes the figures into
// dir, which it creates where it is missing. Key is the name of the x axis, which is logarithmic where the values span
// more than a factor of twenty. A run counts with its best evaluation, the one that the run marked, or without
// evaluations with its last epoch; one that broke off before it had either is a value that cannot be drawn. Where
// several runs of a line share a value, such as those of several seeds, the line goes through their mean and a faint dot
// stands for each. It returns the paths of the files, figure by figure. It is an error if there are no trials or if one
// has no records.
func Sweep(key string, trials []Trial, dir string, o Options) ([]string, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if len(trials) == 0 {
		return nil, errors.New("plots: no runs to compare")
	}
	s := sweep{key: key, options: o}
	for _, t := range trials {
		v, err := newView(t.History)
		if err != nil {
			return nil, err
		}
		s.views = append(s.views, v)
		if !slices.Contains(s.names, t.Line) {
			s.names = append(s.names, t.Line)
		}
	}
	s.trials = trials
	figures := []named{{"loss", s.figure("loss", lossOf, true)}}
	metrics := comparison(s.views).metricNames()
	for i, file := range fileNames("metric_", metrics) {
		figures = append(figures, named{file, s.figure(metrics[i], metricOf(metrics[i]), false)})
	}
	return writeAll(figures, dir, o)
}

// A sweep is the runs of a figure over a key. Views lie beside the trials.
type sweep struct {
	key     string
	trials  []Trial
	views   []*view
	names   []string // of the lines, in the order of their first trials
	options Options
}

func (s *sweep) figure(what string, value func(*train.Record) *train.Number, lossLike bool) *figure {
	f := &figure{title: what + " by " + s.key, xlabel: s.key, ylabel: what, scale: s.options.Scale, wholeX: true}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, t := range s.trials {
		lo, hi = min(lo, t.X), max(hi, t.X)
		f.wholeX = f.wholeX && t.X == math.Trunc(t.X)
	}
	if f.logX = lo > 0 && hi/lo >= wideSpan; f.logX {
		f.xlabel += " (log)"
	}
	for i, name := range s.names {
		byX := map[float64][]float64{}
		for j, t := range s.trials {
			if t.Line == name {
				byX[t.X] = append(byX[t.X], s.views[j].outcome(value, lossLike))
			}
		}
		l := line{
			name: name, color: palette[i%len(palette)], width: lineWidth,
			dashes: runDashes[i/len(palette)%len(runDashes)], marker: markerSize,
		}
		for _, x := range slices.SortedFunc(maps.Keys(byX), cmp.Compare[float64]) {
			l.points = append(l.points, point{x, mean(byX[x])})
			if len(byX[x]) == 1 {
				continue
			}
			for _, y := range byX[x] {
				dot := line{points: []point{{x, y}}, color: faint(l.color), width: lineWidth, marker: markerSize, derived: true}
				f.lines = append(f.lines, dot)
			}
		}
		f.lines = append(f.lines, l)
	}
	return f
}

// outcome returns the value of the run's best evaluation, of its last epoch where it has no evaluations, or NaN.
func (v *view) outcome(value func(*train.Record) *train.Number, lossLike bool) float64 {
	if best, _, ok := v.best(value, lossLike); ok {
		return best.y
	}
	epochs := v.points(train.EpochRecord, value)
	if len(epochs) == 0 || len(v.points(train.EvalRecord, value)) > 0 {
		return math.NaN()
	}
	return epochs[len(epochs)-1].y
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
