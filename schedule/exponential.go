package schedule

import (
	"math"

	"github.com/strata-ml/strata/registry"
)

// Exponential decay: a value that falls by a factor γ over k units, where t counts units.
//
//	s(t) = start·γ^(t/k)      smooth: falls at every step
//	s(t) = start·γ^⌊t/k⌋      staircase: falls once every k units, which is step decay
//
// Decay at a rate r per unit, start·e^(−r·t), is γ = e^(−r) with k = 1. See Timing for units and warm-up.

// ExponentialConfig configures exponential.
type ExponentialConfig struct {
	_         struct{} `doc:"exponential decay: the value falls by factor over every so many epochs or steps"`
	Start     float64  `doc:"value at the start" is:"required,>=0"`
	Factor    float64  `doc:"what the value is multiplied by over that length; e^(-r) decays at rate r" is:">0"`
	Every     int64    `doc:"units over which the value falls by factor" is:">=1"`
	Staircase bool     `doc:"fall once after every so many units, rather than at every step"`
	Timing             // lends its keys
}

// Exponential is exponential decay.
type Exponential struct{ config ExponentialConfig }

// NewExponential returns the schedule that c describes. It panics unless c passes registry.Check.
func NewExponential(c ExponentialConfig) Schedule { return Exponential{registry.MustCheck(c)} }

func init() {
	Register("exponential", ExponentialConfig{Factor: 0.95, Every: 1, Timing: timingDefaults}, NewExponential)
}

// At implements Schedule.
func (s Exponential) At(p Progress) float64 {
	c := s.config
	exponent := c.units(p) / float64(c.Every)
	if c.Staircase {
		exponent = float64(c.wholeUnits(p) / c.Every)
	}
	return c.warm(p) * c.Start * math.Pow(c.Factor, exponent)
}
