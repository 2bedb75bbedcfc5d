package schedule

import "github.com/strata-ml/strata/registry"

// Inverse time decay: a value that falls with one over the time, where t counts units.
//
//	s(t) = start / (1 + rate·t)
//
// Robbins and Monro, "A stochastic approximation method", 1951: its steps add up to infinity and their squares do not.
// See Timing for units and warm-up.

// InverseTimeConfig configures inverse_time.
type InverseTimeConfig struct {
	_      struct{} `doc:"inverse time decay: start / (1 + rate · time)"`
	Start  float64  `doc:"value at the start" is:"required,>=0"`
	Rate   float64  `doc:"how fast it falls: after 1/rate units the value is half of start" is:"required,>=0"`
	Timing          // lends its keys
}

// InverseTime is inverse time decay.
type InverseTime struct{ config InverseTimeConfig }

// NewInverseTime returns the schedule that c describes. It panics unless c passes registry.Check.
func NewInverseTime(c InverseTimeConfig) Schedule { return InverseTime{registry.MustCheck(c)} }

func init() { Register("inverse_time", InverseTimeConfig{Timing: timingDefaults}, NewInverseTime) }

// At implements Schedule.
func (s InverseTime) At(p Progress) float64 {
	c := s.config
	return c.warm(p) * c.Start / (1 + float64(c.Rate*c.units(p)))
}
