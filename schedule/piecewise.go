package schedule

import (
	"errors"
	"sort"

	"github.com/strata-ml/strata/registry"
)

// Chosen values at chosen times t₀ = 0 < t₁ < …: each holds until the next, or is joined to the next by a straight
// line. The last one holds for ever.
//
//	s(t) = vᵢ                                        for tᵢ ≤ t < tᵢ₊₁
//	s(t) = vᵢ + (vᵢ₊₁−vᵢ)·(t−tᵢ)/(tᵢ₊₁−tᵢ)           linear
//
// See Timing for units and warm-up.

// PiecewiseConfig configures piecewise.
type PiecewiseConfig struct {
	_      struct{} `doc:"chosen values at chosen times: points: [{at: 0, value: 0.1}, {at: 30, value: 0.01}]"`
	Points []Point  `doc:"the values, each with the time in units from which it holds; the first at 0" is:"required"`
	Linear bool     `doc:"join the points by straight lines, rather than hold each value until the next"`
	Timing          // lends its keys
}

// A Point is a value and the time from which it holds.
type Point struct {
	At    int64   `doc:"the time in units" is:"required,>=0"`
	Value float64 `doc:"the value" is:"required,>=0"`
}

// Validate returns an error unless the points begin at 0 and ascend.
func (c PiecewiseConfig) Validate() error {
	times := make([]int64, len(c.Points))
	for i, p := range c.Points {
		times[i] = p.At
	}
	if err := ascending("points", times); err != nil {
		return err
	}
	if times[0] != 0 {
		return &registry.FieldError{Key: "points", Err: errors.New("must begin at 0: what holds before the first is not said")}
	}
	return nil
}

// Piecewise is a row of chosen values.
type Piecewise struct{ config PiecewiseConfig }

// NewPiecewise returns the schedule that c describes. It panics unless c passes registry.Check.
func NewPiecewise(c PiecewiseConfig) Schedule { return Piecewise{registry.MustCheck(c)} }

func init() { Register("piecewise", PiecewiseConfig{Timing: timingDefaults}, NewPiecewise) }

// At implements Schedule.
func (s Piecewise) At(p Progress) float64 {
	c := s.config
	now := c.wholeUnits(p)
	next := sort.Search(len(c.Points), func(i int) bool { return c.Points[i].At > now })
	a := c.Points[next-1]
	if !c.Linear || next == len(c.Points) {
		return c.warm(p) * a.Value
	}
	b := c.Points[next]
	from := c.steps(p, a.At)
	x := float64(p.Step-from) / float64(c.steps(p, b.At)-from)
	return c.warm(p) * between(a.Value, b.Value, x)
}
