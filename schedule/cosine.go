package schedule

import (
	"math"

	"github.com/strata-ml/strata/registry"
)

// Half a wave of the cosine: a value that moves from one to another over k units, slowly at both ends, where x is the
// part of the length that is over. From there on it stays.
//
//	s = end + (start−end)·(1 + cos(π·x))/2
//
// Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, equation 5. See Timing for units
// and warm-up.

// CosineConfig configures cosine.
type CosineConfig struct {
	_      struct{} `doc:"cosine annealing: from start to end along half a wave of the cosine, then constant"`
	Start  float64  `doc:"value at the start" is:"required,>=0"`
	End    float64  `doc:"value at the end of the length, and after it" is:">=0"`
	Length int64    `doc:"units from start to end; 0 for the whole run" is:">=0"`
	Timing          // lends its keys
}

// Cosine is cosine annealing.
type Cosine struct{ config CosineConfig }

// NewCosine returns the schedule that c describes. It panics unless c passes registry.Check.
func NewCosine(c CosineConfig) Schedule { return Cosine{registry.MustCheck(c)} }

func init() { Register("cosine", CosineConfig{Timing: timingDefaults}, NewCosine) }

// At implements Schedule.
func (s Cosine) At(p Progress) float64 {
	c := s.config
	return c.warm(p) * between(c.Start, c.End, halfWave(c.part(p, c.Length)))
}

// halfWave turns a part of a length into the part of the way that half a wave of the cosine has gone by then.
func halfWave(x float64) float64 { return (1 - math.Cos(math.Pi*x)) / 2 }
