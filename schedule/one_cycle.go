package schedule

import (
	"fmt"

	"github.com/strata-ml/strata/registry"
)

// One cycle: a value that moves from start to peak over the part r of its length, and on to end over the rest; or, in
// three phases, back to start over the part r again, and then to end. From there on it stays.
//
// A momentum cycles the other way at the same time: {start: 0.95, peak: 0.85, end: 0.95}. Smith and Topin,
// "Super-convergence: very fast training of neural networks using large learning rates", 2018, section 3, where start
// is a tenth to a twentieth of the peak. See Timing for units and warm-up.

// OneCycleConfig configures one_cycle.
type OneCycleConfig struct {
	_           struct{} `doc:"one cycle: from start to peak and on to end, then constant"`
	Start       float64  `doc:"value at the start, such as a twentieth of the peak" is:"required,>=0"`
	Peak        float64  `doc:"value in the middle" is:"required,>=0"`
	End         float64  `doc:"value at the end of the length, and after it" is:">=0"`
	Length      int64    `doc:"units from start to end; 0 for the whole run" is:">=0"`
	Rise        float64  `doc:"part of the length from start to peak" is:">0,<1"`
	ThreePhases bool     `doc:"go back from peak to start as fast as up, and only then to end"`
	Curve       string   `doc:"form of the way: half a wave of the cosine, or a straight line" is:"one of cosine|linear"`
	Timing               // lends its keys
}

// Validate returns an error when three phases do not fit the length.
func (c OneCycleConfig) Validate() error {
	if c.ThreePhases && c.Rise > 0.5 {
		return &registry.FieldError{Key: "rise", Err: fmt.Errorf("must be <= 0.5 with three_phases, is %v", c.Rise)}
	}
	return nil
}

// OneCycle is one cycle.
type OneCycle struct{ config OneCycleConfig }

// NewOneCycle returns the schedule that c describes. It panics unless c passes registry.Check.
func NewOneCycle(c OneCycleConfig) Schedule { return OneCycle{registry.MustCheck(c)} }

func init() {
	Register("one_cycle", OneCycleConfig{Rise: 0.3, Curve: "cosine", Timing: timingDefaults}, NewOneCycle)
}

// At implements Schedule.
func (s OneCycle) At(p Progress) float64 {
	c := s.config
	x := c.part(p, c.Length)
	var value float64
	switch {
	case x < c.Rise:
		value = c.way(c.Start, c.Peak, x/c.Rise)
	case !c.ThreePhases:
		value = c.way(c.Peak, c.End, (x-c.Rise)/(1-c.Rise))
	case x < 2*c.Rise:
		value = c.way(c.Peak, c.Start, (x-c.Rise)/c.Rise)
	case c.Rise == 0.5: // the third phase has no length
		value = c.End
	default:
		value = c.way(c.Start, c.End, (x-2*c.Rise)/(1-2*c.Rise))
	}
	return c.warm(p) * value
}

func (c OneCycleConfig) way(from, to, x float64) float64 {
	if c.Curve != "linear" {
		x = halfWave(x)
	}
	return between(from, to, x)
}
