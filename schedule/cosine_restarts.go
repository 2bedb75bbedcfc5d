package schedule

import "github.com/strata-ml/strata/registry"

// Half a wave of the cosine, again and again, each m times as long as the one before, where x is the part of the
// current wave that is over.
//
//	s = end + (start−end)·(1 + cos(π·x))/2
//
// Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, section 3. See Timing for units
// and warm-up.

// CosineRestartsConfig configures cosine_restarts.
type CosineRestartsConfig struct {
	_      struct{} `doc:"cosine annealing with restarts: from start to end along half a wave, and from start again"`
	Start  float64  `doc:"value at the start of each wave" is:"required,>=0"`
	End    float64  `doc:"value that each wave moves to" is:">=0"`
	Length int64    `doc:"units of the first wave" is:"required,>=1"`
	Growth int64    `doc:"how many times as long as the one before each further wave is" is:">=1"`
	Timing          // lends its keys
}

// CosineRestarts is cosine annealing with restarts.
type CosineRestarts struct{ config CosineRestartsConfig }

// NewCosineRestarts returns the schedule that c describes. It panics unless c passes registry.Check.
func NewCosineRestarts(c CosineRestartsConfig) Schedule {
	return CosineRestarts{registry.MustCheck(c)}
}

func init() {
	Register("cosine_restarts", CosineRestartsConfig{Growth: 1, Timing: timingDefaults}, NewCosineRestarts)
}

// At implements Schedule.
func (s CosineRestarts) At(p Progress) float64 {
	c := s.config
	done, length := p.Step, c.steps(p, c.Length)
	if c.Growth == 1 {
		done %= length
	}
	for done >= length {
		done -= length
		length = min(length, endless/c.Growth) * c.Growth
	}
	return c.warm(p) * between(c.Start, c.End, halfWave(float64(done)/float64(length)))
}
