// Package schedule holds the functions that change a number while training, above all the learning rate: what one is,
// their registration, and the built-in ones, one file each.
//
// A schedule is a pure function of progress. It has no state, so a resumed run continues it exactly, and a plot can
// draw it before training. What a run learns on its way, the values of its evaluations, is part of the progress: the
// trainer records them and keeps them in its checkpoints.
package schedule

import "github.com/strata-ml/strata/registry"

// Progress is how far a run is when a step begins.
type Progress struct {
	Step          int64 // steps finished
	StepsPerEpoch int64 // steps of one epoch, at least 1
	Steps         int64 // steps of the whole run, 0 when open-ended

	// Evaluations holds what the evaluations so far came to, by the name of the score: those that a Watcher asks for.
	// A schedule reads it and does not keep it.
	Evaluations map[string]Evaluations

	from int64 // steps before Step 0, where a Chain has begun another clock
}

// Evaluations are the values of one score in the order of the evaluations, those after the present step left out.
type Evaluations struct {
	HigherIsBetter bool
	Steps          []int64 // steps finished before each evaluation
	Values         []float64
}

// since returns the progress on a clock that begins at a step.
func (p Progress) since(step int64) Progress {
	p.Step -= step
	p.from += step
	if p.Steps > 0 {
		p.Steps = max(p.Steps-step, 1)
	}
	return p
}

// Epoch returns the epochs finished, with a fraction.
func (p Progress) Epoch() float64 { return float64(p.Step) / float64(max(p.StepsPerEpoch, 1)) }

// A Schedule is a number as a function of progress.
type Schedule interface {
	At(p Progress) float64
}

// A Watcher is a Schedule that depends on evaluations. Watches returns the names of the scores that it reads from
// Progress.Evaluations: loss, or metrics of the run. It is constant.
type Watcher interface {
	Schedule
	Watches() []string
}

// WatchedBy returns the scores that a schedule depends on, none for one that is no Watcher.
func WatchedBy(s Schedule) []string {
	if w, ok := s.(Watcher); ok {
		return w.Watches()
	}
	return nil
}

// Registry holds the schedules by name.
var Registry = registry.New[Schedule](registry.ScheduleKind, registry.Override)

// Register adds a schedule under a name. It panics when the name is empty or taken.
func Register[C any](name string, defaults C, build func(C) Schedule) {
	registry.Register(Registry, name, defaults, build)
}

// Number returns the number that follows a schedule made by the program.
func Number(s Schedule) registry.Number { return registry.Scheduled(s) }

// Of returns the schedule of a number: the one it names or was made with, or a Constant.
func Of(n registry.Number) Schedule {
	if s := n.Build(); s != nil {
		return s.(Schedule)
	}
	return Constant{ConstantConfig{Value: n.Value}}
}
