package schedule_test

import (
	"math"
	"testing"

	"github.com/strata-ml/strata/internal/golden"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/schedule"
)

// A goldenCase is a schedule of PyTorch's: its rate for each step, and the momentum of those that cycle both.
type goldenCase struct {
	Op, Name             string
	Attrs                map[string]any
	LR, Momentum, Metric []float64
}

func (c goldenCase) number(key string) float64 {
	v, _ := c.Attrs[key].(float64)
	return v
}

func (c goldenCase) steps(key string) int64 { return int64(c.number(key)) }

func (c goldenCase) list(key string) []int64 {
	var list []int64
	for _, v := range c.Attrs[key].([]any) {
		list = append(list, int64(v.(float64)))
	}
	return list
}

var inSteps = schedule.Timing{Unit: "step"}

// makers return the schedule that a case of PyTorch's is, with steps for units.
var makers = map[string]func(c goldenCase) schedule.Schedule{
	"step": func(c goldenCase) schedule.Schedule {
		return schedule.NewStep(schedule.StepConfig{Start: c.number("lr"), Factor: c.number("gamma"), Every: c.steps("step_size"), Timing: inSteps})
	},
	"halve_every": func(c goldenCase) schedule.Schedule {
		return schedule.NewStep(schedule.StepConfig{Start: c.number("lr"), Factor: 0.5, Every: c.steps("every"), Timing: inSteps})
	},
	"multistep": func(c goldenCase) schedule.Schedule {
		return schedule.NewMultiStep(schedule.MultiStepConfig{Start: c.number("lr"), Factor: c.number("gamma"), At: c.list("milestones"), Timing: inSteps})
	},
	"exponential": func(c goldenCase) schedule.Schedule {
		return schedule.NewExponential(schedule.ExponentialConfig{Start: c.number("lr"), Factor: c.number("gamma"), Every: 1, Timing: inSteps})
	},
	"exp_time": func(c goldenCase) schedule.Schedule {
		return schedule.NewExponential(schedule.ExponentialConfig{Start: c.number("lr"), Factor: math.Exp(-c.number("decay")), Every: 1, Timing: inSteps})
	},
	"inverse_time": func(c goldenCase) schedule.Schedule {
		return schedule.NewInverseTime(schedule.InverseTimeConfig{Start: c.number("lr"), Rate: c.number("decay"), Timing: inSteps})
	},
	"constant": func(c goldenCase) schedule.Schedule {
		return schedule.NewPiecewise(schedule.PiecewiseConfig{Points: []schedule.Point{
			{At: 0, Value: c.number("lr") * c.number("factor")}, {At: c.steps("total_iters"), Value: c.number("lr")},
		}, Timing: inSteps})
	},
	"linear": func(c goldenCase) schedule.Schedule {
		return schedule.NewConstant(schedule.ConstantConfig{Value: c.number("lr"), Timing: schedule.Timing{
			Unit: "step", Warmup: c.steps("total_iters"), WarmupFrom: c.number("start_factor"),
		}})
	},
	"polynomial": func(c goldenCase) schedule.Schedule {
		return schedule.NewPolynomial(schedule.PolynomialConfig{Start: c.number("lr"), Length: c.steps("total_iters"), Power: c.number("power"), Timing: inSteps})
	},
	"cosine": func(c goldenCase) schedule.Schedule {
		// PyTorch's wave goes on after its length, back up and down again; here that is a chain.
		high, low, n := c.number("lr"), c.number("eta_min"), c.steps("T_max")
		half := func(from, to float64) registry.Number {
			return schedule.Number(schedule.NewCosine(schedule.CosineConfig{Start: from, End: to, Length: n, Timing: inSteps}))
		}
		return schedule.NewChain(schedule.ChainConfig{First: half(high, low), Unit: "step", Then: []schedule.Link{
			{After: n, Use: half(low, high)}, {After: 2 * n, Use: half(high, low)},
		}})
	},
	"cosine_restarts": func(c goldenCase) schedule.Schedule {
		return schedule.NewCosineRestarts(schedule.CosineRestartsConfig{Start: c.number("lr"), End: c.number("eta_min"), Length: c.steps("T_0"), Growth: c.steps("T_mult"), Timing: inSteps})
	},
	"warmup_cosine": func(c goldenCase) schedule.Schedule {
		warm := schedule.Timing{Unit: "step", Warmup: c.steps("warmup"), WarmupFrom: c.number("start_factor")}
		return schedule.NewChain(schedule.ChainConfig{
			First: schedule.Number(schedule.NewConstant(schedule.ConstantConfig{Value: c.number("lr"), Timing: warm})), Unit: "step",
			Then: []schedule.Link{{After: c.steps("warmup"), Use: schedule.Number(schedule.NewCosine(schedule.CosineConfig{
				Start: c.number("lr"), End: c.number("eta_min"), Length: c.steps("T_max"), Timing: inSteps,
			}))}},
		})
	},
	"onecycle": func(c goldenCase) schedule.Schedule { return oneCycle(c, c.LR, c.number("max_lr")) },
	"cyclic":   func(c goldenCase) schedule.Schedule { return cyclic(c, c.number("base_lr"), c.number("max_lr")) },
	"plateau": func(c goldenCase) schedule.Schedule {
		mode := map[string]string{"rel": "relative", "abs": "absolute"}[c.Attrs["threshold_mode"].(string)]
		return schedule.NewPlateau(schedule.PlateauConfig{
			Start: c.number("lr"), Factor: c.number("factor"), Metric: "loss", Patience: c.steps("patience"), Threshold: c.number("threshold"),
			ThresholdMode: mode, Cooldown: c.steps("cooldown"), Min: c.number("min_lr"), Timing: inSteps,
		})
	},
}

// oneCycle returns the cycle through the first of the values, a peak, and the last. PyTorch's has its peak one step
// earlier than the part of all steps that it is given, and its length ends with the last step.
func oneCycle(c goldenCase, values []float64, peak float64) schedule.Schedule {
	total, rise := c.number("total_steps"), 0.3
	if v, ok := c.Attrs["pct_start"].(float64); ok {
		rise = v
	}
	config := schedule.OneCycleConfig{
		Start: values[0], Peak: peak, End: values[len(values)-1], Length: int64(total) - 1, Rise: (rise*total - 1) / (total - 1),
		Curve: "cosine", Timing: inSteps,
	}
	config.ThreePhases, _ = c.Attrs["three_phase"].(bool)
	if curve, ok := c.Attrs["anneal_strategy"].(string); ok {
		config.Curve = curve
	}
	return schedule.NewOneCycle(config)
}

func cyclic(c goldenCase, start, peak float64) schedule.Schedule {
	config := schedule.CyclicConfig{Start: start, Peak: peak, Rise: c.steps("step_size_up"), Factor: 1, FactorPer: "cycle", Timing: inSteps}
	switch c.Attrs["mode"] {
	case "triangular2":
		config.Factor = 0.5
	case "exp_range":
		config.Factor, config.FactorPer = c.number("gamma"), "unit"
	}
	return schedule.NewCyclic(config)
}

func TestGolden(t *testing.T) {
	for _, c := range golden.Cases[goldenCase](t, "schedules.json") {
		t.Run(c.Name, func(t *testing.T) {
			maker := makers[c.Op]
			if maker == nil {
				t.Fatalf("no schedule for %s", c.Op)
			}
			compareGolden(t, maker(c), c, c.LR)
			switch {
			case len(c.Momentum) == 0:
			case c.Op == "onecycle":
				compareGolden(t, oneCycle(c, c.Momentum, 0.85), c, c.Momentum)
			default:
				compareGolden(t, cyclic(c, 0.9, 0.8), c, c.Momentum)
			}
		})
	}
}

func compareGolden(t *testing.T, s schedule.Schedule, c goldenCase, want []float64) {
	t.Helper()
	if len(want) != 101 {
		t.Fatalf("%d values", len(want))
	}
	e := schedule.Evaluations{HigherIsBetter: c.Attrs["mode"] == "max"}
	for step, want := range want {
		p := schedule.Progress{Step: int64(step), StepsPerEpoch: 7, Evaluations: map[string]schedule.Evaluations{"loss": e}}
		if got := s.At(p); !(math.Abs(got-want) <= 1e-10) {
			t.Errorf("step %d: %v, want %v", step, got, want)
		}
		if c.Metric != nil { // PyTorch hears of it after the step
			e.Steps, e.Values = append(e.Steps, int64(step)+1), append(e.Values, c.Metric[step])
		}
	}
}
