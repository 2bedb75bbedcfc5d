package schedule

import (
	"math"

	"github.com/strata-ml/strata/registry"
)

// Decay on a plateau: a value that is multiplied by a factor γ when more than patience evaluations in a row were no
// better than the best one. After that, cooldown evaluations are not counted. It never falls below min.
//
// An evaluation is better than the best one b when it is
//
//	below b·(1−threshold), or above b·(1+threshold)    threshold_mode: relative
//	below b−threshold, or above b+threshold            threshold_mode: absolute
//
// of a score that improves downwards, or upwards; NaN never is. The value is computed from all evaluations that were
// recorded so far, and nothing else is remembered. See Timing for the warm-up.

// PlateauConfig configures plateau.
type PlateauConfig struct {
	_             struct{} `doc:"decay on a plateau: the value is multiplied by factor when evaluations no longer improve"`
	Start         float64  `doc:"value at the start" is:"required,>=0"`
	Factor        float64  `doc:"what each drop multiplies the value by" is:">0,<1"`
	Metric        string   `doc:"loss, or the name of a metric; which direction is better follows from it"`
	Patience      int64    `doc:"evaluations in a row without improvement that are borne; the next one makes the value drop" is:">=0"`
	Threshold     float64  `doc:"a change up to this size is no improvement" is:">=0"`
	ThresholdMode string   `doc:"what threshold is: a part of the best evaluation, or a difference to it" is:"one of relative|absolute"`
	Cooldown      int64    `doc:"evaluations after a drop that are not counted" is:">=0"`
	Min           float64  `doc:"lower bound of the value" is:">=0"`
	Timing                 // lends its keys
}

// Plateau is decay on a plateau.
type Plateau struct{ config PlateauConfig }

// NewPlateau returns the schedule that c describes. It panics unless c passes registry.Check.
func NewPlateau(c PlateauConfig) Schedule { return Plateau{registry.MustCheck(c)} }

func init() {
	Register("plateau", PlateauConfig{
		Factor: 0.1, Metric: "loss", Patience: 10, Threshold: 1e-4, ThresholdMode: "relative", Timing: timingDefaults,
	}, NewPlateau)
}

// Watches implements Watcher.
func (s Plateau) Watches() []string { return []string{s.config.Metric} }

// At implements Schedule.
func (s Plateau) At(p Progress) float64 {
	c := s.config
	e := p.Evaluations[c.Metric]
	value, best, bad, cooling := c.Start, math.Inf(1), int64(0), int64(0)
	if e.HigherIsBetter {
		best = math.Inf(-1)
	}
	for i, v := range e.Values {
		if e.Steps[i] <= p.from || e.Steps[i] > p.from+p.Step {
			continue
		}
		if bad++; c.better(v, best, e.HigherIsBetter) {
			best, bad = v, 0
		}
		if cooling > 0 {
			cooling--
			bad = 0
		}
		if bad > c.Patience {
			value = max(value*c.Factor, min(c.Min, value))
			bad, cooling = 0, c.Cooldown
		}
	}
	return c.warm(p) * value
}

// better reports whether an evaluation is better than the best one before it.
func (c PlateauConfig) better(v, best float64, higher bool) bool {
	margin := c.Threshold
	if c.ThresholdMode != "absolute" {
		margin = best * c.Threshold
		if math.IsInf(best, 0) {
			margin = 0
		}
	}
	if higher {
		return v > best+margin
	}
	return v < best-margin
}
