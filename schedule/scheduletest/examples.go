package scheduletest

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/schedule"
)

// Examples returns cases of the built-in schedules by name: for the tests that look at all of them, such as that of
// resuming a run. Lengths are a few epochs, and a plateau is hard to
// leave, so that a short run sees the schedule change.
func Examples() map[string][]Case {
	return map[string][]Case{
		"constant": {
			{Config: configOf(func(c *schedule.ConstantConfig) { c.Value = 0.1 })},
			{Config: configOf(func(c *schedule.ConstantConfig) { c.Value, c.Warmup = 0.1, 2 }), Rises: []Span{{0, 60}}},
		},
		"step": {
			{Config: configOf(func(c *schedule.StepConfig) { c.Start, c.Every = 0.1, 1 }), Falls: []Span{{0, 60}}},
			{Config: configOf(func(c *schedule.StepConfig) { c.Start, c.Every, c.Warmup, c.Unit = 0.1, 5, 4, "step" }), Rises: []Span{{0, 4}}, Falls: []Span{{4, 60}}},
		},
		"multi_step": {
			{Config: configOf(func(c *schedule.MultiStepConfig) { c.Start, c.At = 0.1, []int64{1, 2, 30} }), Falls: []Span{{0, 60}}},
		},
		"exponential": {
			{Config: configOf(func(c *schedule.ExponentialConfig) { c.Start = 0.1 }), Falls: []Span{{0, 60}}},
			{Config: configOf(func(c *schedule.ExponentialConfig) { c.Start, c.Every, c.Staircase = 0.1, 2, true }), Falls: []Span{{0, 60}}},
		},
		"inverse_time": {
			{Config: configOf(func(c *schedule.InverseTimeConfig) { c.Start, c.Rate = 0.1, 0.5 }), Falls: []Span{{0, 60}}},
		},
		"polynomial": {
			{Config: configOf(func(c *schedule.PolynomialConfig) { c.Start = 0.1 }), Falls: []Span{{0, 60}}},
			{Config: configOf(func(c *schedule.PolynomialConfig) { c.Start, c.End, c.Length, c.Power = 0.01, 0.1, 7, 2 }), Rises: []Span{{0, 60}}},
		},
		"cosine": {
			{Config: configOf(func(c *schedule.CosineConfig) { c.Start, c.End = 0.1, 0.001 }), Falls: []Span{{0, 60}}},
			{Config: configOf(func(c *schedule.CosineConfig) { c.Start, c.Length, c.Warmup = 0.1, 20, 1 }), Rises: []Span{{0, 1}}, Falls: []Span{{1, 60}}},
		},
		"cosine_restarts": {
			{Config: configOf(func(c *schedule.CosineRestartsConfig) { c.Start, c.Length, c.Growth, c.Unit = 0.1, 5, 2, "step" }), Falls: []Span{{0, 4}, {5, 14}, {15, 34}}},
			{Config: configOf(func(c *schedule.CosineRestartsConfig) { c.Start, c.End, c.Length = 0.1, 0.01, 1 })},
		},
		"one_cycle": {
			{Config: configOf(func(c *schedule.OneCycleConfig) { c.Start, c.Peak = 0.01, 0.2 }), Rises: []Span{{0, 18}}, Falls: []Span{{18, 60}}},
			{Config: configOf(func(c *schedule.OneCycleConfig) {
				c.Start, c.Peak, c.Length, c.Rise, c.ThreePhases, c.Curve = 0.01, 0.2, 20, 0.4, true, "linear"
			}), Rises: []Span{{0, 8}}, Falls: []Span{{8, 60}}},
			{Config: configOf(func(c *schedule.OneCycleConfig) { c.Start, c.Peak, c.End = 0.95, 0.85, 0.95 }), Falls: []Span{{0, 18}}, Rises: []Span{{18, 60}}},
		},
		"cyclic": {
			{Config: configOf(func(c *schedule.CyclicConfig) { c.Start, c.Peak, c.Rise, c.Unit = 0.01, 0.1, 3, "step" }), Rises: []Span{{0, 3}, {6, 9}}, Falls: []Span{{3, 6}, {9, 12}}},
			{Config: configOf(func(c *schedule.CyclicConfig) {
				c.Start, c.Peak, c.Rise, c.Fall, c.Factor, c.FactorPer = 0.01, 0.1, 2, 3, 0.9, "unit"
			})},
		},
		"piecewise": {
			{Config: configOf(func(c *schedule.PiecewiseConfig) { c.Points = points(0, 0.1, 1, 0.02, 9, 0.05) }), Falls: []Span{{0, 8}}, Rises: []Span{{1, 60}}},
			{Config: configOf(func(c *schedule.PiecewiseConfig) {
				c.Points, c.Linear = points(0, 0.1, 2, 0.02, 9, 0.05), true
			}), Falls: []Span{{0, 2}}, Rises: []Span{{2, 60}}},
		},
		"plateau": {
			{Config: configOf(func(c *schedule.PlateauConfig) { c.Start, c.Factor, c.Patience, c.Threshold = 0.1, 0.5, 0, 0.9 }), Falls: []Span{{0, 60}}},
			{Config: configOf(func(c *schedule.PlateauConfig) {
				c.Start, c.Metric, c.Patience, c.Cooldown, c.Min = 0.1, "accuracy", 2, 3, 0.001
			}), Falls: []Span{{0, 60}}},
		},
		"chain": {{Config: chain()}},
	}
}

// points returns the points of times and values in turn.
func points(list ...float64) []schedule.Point {
	var points []schedule.Point
	for i := 0; i < len(list); i += 2 {
		points = append(points, schedule.Point{At: int64(list[i]), Value: list[i+1]})
	}
	return points
}

// chain is a chain of a number, a schedule on the clock of its own, and one that watches evaluations.
func chain() any {
	cosine := schedule.NewCosine(schedule.CosineConfig{Start: 0.1})
	plateau := registry.Defaults[schedule.PlateauConfig]()
	plateau.Start, plateau.Patience, plateau.Threshold = 0.05, 0, 0.9
	return configOf(func(c *schedule.ChainConfig) {
		c.First = registry.Const(0.05)
		c.Then = []schedule.Link{{After: 1, Use: schedule.Number(cosine)}, {After: 2, Use: schedule.Number(schedule.NewPlateau(plateau))}}
	})
}
