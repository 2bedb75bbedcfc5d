package schedule

import (
	"errors"
	"fmt"
	"math"
	"sort"

	"github.com/strata-ml/strata/registry"
)

// Step decay at chosen times: a value that is multiplied by a factor γ at each of the times t₁ < t₂ < …
//
//	s(t) = start·γ^n, where n of the times are not after t
//
// See Timing for units and warm-up.

// MultiStepConfig configures multi_step.
type MultiStepConfig struct {
	_      struct{} `doc:"step decay at chosen times: the value is multiplied by factor at each of them"`
	Start  float64  `doc:"value at the start" is:"required,>=0"`
	Factor float64  `doc:"what each drop multiplies the value by" is:">0"`
	At     []int64  `doc:"units after which the value drops, in ascending order: [30, 60, 80]" is:"required,>=1"`
	Timing          // lends its keys
}

// Validate returns an error unless there are times, in ascending order.
func (c MultiStepConfig) Validate() error { return ascending("at", c.At) }

// ascending returns a *registry.FieldError unless there are times and each is after the one before.
func ascending(key string, times []int64) error {
	if len(times) == 0 {
		return &registry.FieldError{Key: key, Err: errors.New("must name at least one time")}
	}
	for i := 1; i < len(times); i++ {
		if times[i] <= times[i-1] {
			return &registry.FieldError{Key: key, Err: fmt.Errorf("must be in ascending order, is %v", times)}
		}
	}
	return nil
}

// MultiStep is step decay at chosen times.
type MultiStep struct{ config MultiStepConfig }

// NewMultiStep returns the schedule that c describes. It panics unless c passes registry.Check.
func NewMultiStep(c MultiStepConfig) Schedule { return MultiStep{registry.MustCheck(c)} }

func init() {
	Register("multi_step", MultiStepConfig{Factor: 0.1, Timing: timingDefaults}, NewMultiStep)
}

// At implements Schedule.
func (s MultiStep) At(p Progress) float64 {
	c := s.config
	now := c.wholeUnits(p)
	drops := sort.Search(len(c.At), func(i int) bool { return c.At[i] > now })
	return c.warm(p) * c.Start * math.Pow(c.Factor, float64(drops))
}
