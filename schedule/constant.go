package schedule

import "github.com/strata-ml/strata/registry"

// A value that does not change after its warm-up: s(t) = value. See Timing for the warm-up.

// ConstantConfig configures constant.
type ConstantConfig struct {
	_      struct{} `doc:"one value, reached by a linear warm-up where there is one"`
	Value  float64  `doc:"the value" is:"required,>=0"`
	Timing          // lends its keys
}

// Constant is a constant, with a warm-up where there is one.
type Constant struct{ config ConstantConfig }

// NewConstant returns the schedule that c describes. It panics unless c passes registry.Check.
func NewConstant(c ConstantConfig) Schedule { return Constant{registry.MustCheck(c)} }

func init() { Register("constant", ConstantConfig{Timing: timingDefaults}, NewConstant) }

// At implements Schedule.
func (s Constant) At(p Progress) float64 { return s.config.warm(p) * s.config.Value }
