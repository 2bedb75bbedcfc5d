package schedule

import (
	"math"

	"github.com/strata-ml/strata/registry"
)

// Step decay: a value that is multiplied by a factor γ after every k units, where t counts units.
//
//	s(t) = start·γ^⌊t/k⌋
//
// With the default γ = ½ it halves every k units. See Timing for units and warm-up.

// StepConfig configures step.
type StepConfig struct {
	_      struct{} `doc:"step decay: the value is multiplied by factor after every so many epochs or steps"`
	Start  float64  `doc:"value at the start" is:"required,>=0"`
	Factor float64  `doc:"what each drop multiplies the value by" is:">0"`
	Every  int64    `doc:"units from one drop to the next" is:"required,>=1"`
	Timing          // lends its keys
}

// Step is step decay.
type Step struct{ config StepConfig }

// NewStep returns the schedule that c describes. It panics unless c passes registry.Check.
func NewStep(c StepConfig) Schedule { return Step{registry.MustCheck(c)} }

func init() { Register("step", StepConfig{Factor: 0.5, Timing: timingDefaults}, NewStep) }

// At implements Schedule.
func (s Step) At(p Progress) float64 {
	c := s.config
	drops := c.wholeUnits(p) / c.Every
	return c.warm(p) * c.Start * math.Pow(c.Factor, float64(drops))
}
