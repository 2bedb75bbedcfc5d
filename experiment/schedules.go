package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/schedule"
	"go.yaml.in/yaml/v4"
)

// A watchedScore is a score that a schedule depends on, and the place that names it.
type watchedScore struct {
	rate, name string // the rate as "optimizer: lr"
	node       *yaml.Node
}

// watchedScores lists the scores that the schedules of the optimizer and of the regularizers watch.
func (c *checker) watchedScores() (list []watchedScore) {
	add := func(part string, rates []optim.Rate, path ...string) {
		for _, rate := range rates {
			for _, name := range schedule.WatchedBy(schedule.Of(rate.Value)) {
				node := c.at(append(slices.Clone(path), rate.Name)...)
				if named := findText(node, name); named != nil {
					node = named
				}
				list = append(list, watchedScore{part + ": " + rate.Name, name, node})
			}
		}
	}
	if !c.config.Optimizer.IsZero() {
		add("optimizer", optim.Make[float64](c.config.Optimizer.New()).Rates(), "optimizer")
	}
	for i, r := range c.config.Regularizers {
		if !r.Part.IsZero() {
			add("regularizers: "+r.Part.Name, optim.MakeRegularizer[float64](r.Part.New()).Rates(), "regularizers", strconv.Itoa(i))
		}
	}
	return list
}

// checkWatchedNames checks that schedules watch what is reported.
func (c *checker) checkWatchedNames(known []string) {
	for _, w := range c.watchedScores() {
		if !slices.Contains(known, w.name) {
			c.fail(w.node, fmt.Sprintf("%s: the schedule watches %q, which is neither loss nor one of the metrics", w.rate, w.name), hintForScore(w.name, known))
		}
	}
}

// checkWatchedRows checks that there are evaluations where schedules watch them.
func (c *checker) checkWatchedRows() {
	for _, w := range c.watchedScores() {
		c.fail(w.node, fmt.Sprintf("%s: the schedule watches evaluations, and there are no evaluation rows", w.rate), "set aside some under data, or use a schedule that depends on time alone")
	}
}

// hintForScore is the remedy for the name of a score that is not reported.
func hintForScore(name string, known []string) string {
	if k, err := registry.FindKind("metric"); err == nil && slices.Contains(k.Names(), name) {
		return "add it to metrics"
	}
	return (&registry.UnknownError{Name: name, Known: known}).Hint()
}

// A ScheduledRate is a hyperparameter of the optimizer as it changes in the course of a run.
type ScheduledRate struct {
	Name     string
	Constant bool     // no schedule, the same value in every step
	Watches  []string // scores of the evaluations that it depends on; before a run they are not known, and Values goes without
	Steps    []int64  // of the values, from 0, the last one included
	Values   []float64
}

// A Timetable is every hyperparameter of the optimizer over a whole run.
type Timetable struct {
	StepsPerEpoch, Steps int64
	Rates                []ScheduledRate
}

// maxTimetable bounds the values of a rate in a Timetable: a longer run gives those of steps at equal distances.
const maxTimetable = 100_000

// Timetable returns what the schedules of the experiment give to each step of a run that ends by its epochs or steps. It
// is an error where a value is outside the range of its rate.
func (e *Experiment) Timetable() (*Timetable, error) {
	if e.Splits == nil {
		return nil, errors.New("experiment: it was read without its data")
	}
	t := &Timetable{}
	t.StepsPerEpoch, t.Steps = e.Config.Train.StepCount(e.Splits.Train.Len())
	stride := max(1, (t.Steps+maxTimetable-1)/maxTimetable)
	for _, rate := range optim.Make[float64](e.Config.Optimizer.New()).Rates() {
		s := schedule.Of(rate.Value)
		r := ScheduledRate{Name: rate.Name, Constant: rate.Value.Schedule == nil, Watches: schedule.WatchedBy(s)}
		for step := int64(0); step < t.Steps; step += stride {
			v := s.At(schedule.Progress{Step: step, StepsPerEpoch: t.StepsPerEpoch, Steps: t.Steps})
			if err := rate.Check(v); err != nil {
				return nil, fmt.Errorf("optimizer: %s: step %d: the schedule's %w", e.Config.Optimizer.Name, step, err)
			}
			r.Steps, r.Values = append(r.Steps, step), append(r.Values, v)
		}
		t.Rates = append(t.Rates, r)
	}
	return t, nil
}
