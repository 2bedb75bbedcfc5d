// Package schedule holds the functions that change a number while training, above all the learning rate: what one is,
// their registration, and the built-in ones, one file each.
//
// A schedule is a pure function of progress. It has no state, so a resumed run continues it exactly, and a plot can
// draw it before training.
package schedule

import "github.com/strata-ml/strata/registry"

// Progress is how far a run is when a step begins.
type Progress struct {
	Step          int64 // steps finished
	StepsPerEpoch int64 // steps of one epoch, at least 1
	Steps         int64 // steps of the whole run, 0 when open-ended
}

// Epoch returns the epochs finished, with a fraction.
func (p Progress) Epoch() float64 { return float64(p.Step) / float64(max(p.StepsPerEpoch, 1)) }

// A Schedule is a number as a function of progress.
type Schedule interface {
	At(p Progress) float64
}

// Registry holds the schedules by name.
var Registry = registry.New[Schedule](registry.ScheduleKind)

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
