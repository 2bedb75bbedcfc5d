package schedule

import (
	"math"

	"github.com/strata-ml/strata/registry"
)

// Triangles: a value that moves from start to peak in a straight line over a units, and back over b, again and again.
// The height of a triangle shrinks by a factor γ with each one, or with each unit of time.
//
//	s(t) = start + (peak−start)·h·γ^⌊t/(a+b)⌋    factor_per: cycle
//	s(t) = start + (peak−start)·h·γ^t            factor_per: unit
//
// where h rises from 0 to 1 and falls to 0 within a triangle. Smith, "Cyclical learning rates for training neural
// networks", 2017: γ = 1 is triangular, γ = ½ per cycle triangular2, and γ per unit exp_range. See Timing for units and
// warm-up.

// CyclicConfig configures cyclic.
type CyclicConfig struct {
	_         struct{} `doc:"triangles: from start to peak and back, again and again"`
	Start     float64  `doc:"value at the start and the end of each triangle" is:"required,>=0"`
	Peak      float64  `doc:"value at the top of the first triangle" is:"required,>=0"`
	Rise      int64    `doc:"units from start to peak" is:"required,>=1"`
	Fall      int64    `doc:"units from peak to start; 0 for as many as rise" is:">=0"`
	Factor    float64  `doc:"what the height of the triangles shrinks by" is:">0,<=1"`
	FactorPer string   `doc:"when it shrinks: with each cycle, or smoothly with each unit" is:"one of cycle|unit"`
	Timing             // lends its keys
}

// Cyclic is a row of triangles.
type Cyclic struct{ config CyclicConfig }

// NewCyclic returns the schedule that c describes. It panics unless c passes registry.Check.
func NewCyclic(c CyclicConfig) Schedule { return Cyclic{registry.MustCheck(c)} }

func init() {
	Register("cyclic", CyclicConfig{Factor: 1, FactorPer: "cycle", Timing: timingDefaults}, NewCyclic)
}

// At implements Schedule.
func (s Cyclic) At(p Progress) float64 {
	c := s.config
	rise := c.steps(p, c.Rise)
	fall := rise
	if c.Fall > 0 {
		fall = c.steps(p, c.Fall)
	}
	cycle, at := p.Step/(rise+fall), p.Step%(rise+fall)
	height := float64(at) / float64(rise)
	if at > rise {
		height = float64(rise+fall-at) / float64(fall)
	}
	exponent := float64(cycle)
	if c.FactorPer == "unit" {
		exponent = c.units(p)
	}
	return c.warm(p) * between(c.Start, c.Peak, height*math.Pow(c.Factor, exponent))
}
