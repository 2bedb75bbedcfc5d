package schedule

import (
	"math"

	"github.com/strata-ml/strata/registry"
)

// Polynomial decay: a value that moves from one to another over k units along a power, where x is the part of the
// length that is over. From there on it stays. The power 1 is a straight line.
//
//	s = end + (start−end)·(1−x)^power
//
// See Timing for units and warm-up.

// PolynomialConfig configures polynomial.
type PolynomialConfig struct {
	_      struct{} `doc:"polynomial decay: from start to end along a power of the part that is left, a straight line by default; then constant"`
	Start  float64  `doc:"value at the start" is:"required,>=0"`
	End    float64  `doc:"value at the end of the length, and after it" is:">=0"`
	Length int64    `doc:"units from start to end; 0 for the whole run" is:">=0"`
	Power  float64  `doc:"power of the part that is left; 1 is a straight line" is:">0"`
	Timing          // lends its keys
}

// Polynomial is polynomial decay.
type Polynomial struct{ config PolynomialConfig }

// NewPolynomial returns the schedule that c describes. It panics unless c passes registry.Check.
func NewPolynomial(c PolynomialConfig) Schedule { return Polynomial{registry.MustCheck(c)} }

func init() {
	Register("polynomial", PolynomialConfig{Power: 1, Timing: timingDefaults}, NewPolynomial)
}

// At implements Schedule.
func (s Polynomial) At(p Progress) float64 {
	c := s.config
	return c.warm(p) * between(c.Start, c.End, 1-math.Pow(1-c.part(p, c.Length), c.Power))
}
