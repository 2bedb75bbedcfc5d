package schedule_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/internal/golden"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/schedule"
)

// goldenSchedule returns the schedule that a case of PyTorch's is, with steps for units.
func goldenSchedule(op string, attrs map[string]float64) schedule.Schedule {
	steps := schedule.Timing{Unit: "step"}
	lr := attrs["lr"]
	switch op {
	case "step":
		return schedule.NewStep(schedule.StepConfig{Start: lr, Factor: attrs["gamma"], Every: int64(attrs["step_size"]), Timing: steps})
	case "halve_every":
		return schedule.NewStep(schedule.StepConfig{Start: lr, Factor: 0.5, Every: int64(attrs["every"]), Timing: steps})
	case "exponential":
		return schedule.NewExponential(schedule.ExponentialConfig{Start: lr, Factor: attrs["gamma"], Every: 1, Timing: steps})
	case "exp_time":
		return schedule.NewExponential(schedule.ExponentialConfig{Start: lr, Factor: math.Exp(-attrs["decay"]), Every: 1, Timing: steps})
	case "linear":
		return schedule.NewConstant(schedule.ConstantConfig{Value: lr, Timing: schedule.Timing{
			Unit: "step", Warmup: int64(attrs["total_iters"]), WarmupFrom: attrs["start_factor"],
		}})
	}
	panic("no schedule for " + op)
}

func TestGolden(t *testing.T) {
	type goldenCase struct {
		Op, Name string
		Attrs    map[string]any
		LR       []float64
	}
	for _, c := range golden.Cases[goldenCase](t, "schedules.json") {
		t.Run(c.Name, func(t *testing.T) {
			attrs := map[string]float64{}
			for key, v := range c.Attrs {
				if f, ok := v.(float64); ok {
					attrs[key] = f
				}
			}
			s := goldenSchedule(c.Op, attrs)
			for step, want := range c.LR {
				got := s.At(schedule.Progress{Step: int64(step), StepsPerEpoch: 7})
				if !(math.Abs(got-want) <= 1e-10) {
					t.Errorf("step %d: %v, want %v", step, got, want)
				}
			}
		})
	}
}

func TestValues(t *testing.T) {
	warm := func(unit string, length int64, from float64) schedule.Timing {
		return schedule.Timing{Unit: unit, Warmup: length, WarmupFrom: from}
	}
	epoch, step := warm("epoch", 0, 0), warm("step", 0, 0)
	constant := func(timing schedule.Timing) schedule.Schedule {
		return schedule.NewConstant(schedule.ConstantConfig{Value: 2, Timing: timing})
	}
	drops := func(timing schedule.Timing) schedule.Schedule {
		return schedule.NewStep(schedule.StepConfig{Start: 1, Factor: 0.5, Every: 3, Timing: timing})
	}
	decay := func(staircase bool, timing schedule.Timing) schedule.Schedule {
		return schedule.NewExponential(schedule.ExponentialConfig{Start: 1, Factor: 0.25, Every: 2, Staircase: staircase, Timing: timing})
	}
	const stepsPerEpoch = 10
	for _, c := range []struct {
		name string
		s    schedule.Schedule
		at   map[int64]float64 // value by steps finished
	}{
		{"constant", constant(epoch), map[int64]float64{0: 2, 1e9: 2}},
		{"constant, unit left out", constant(schedule.Timing{}), map[int64]float64{0: 2, 1e9: 2}},
		{"warm-up in epochs", constant(warm("epoch", 2, 0.1)), map[int64]float64{0: 0.2, 1: 0.29, 10: 1.1, 19: 1.91, 20: 2, 21: 2}},
		{"warm-up in steps", constant(warm("step", 4, 0)), map[int64]float64{0: 0, 1: 0.5, 3: 1.5, 4: 2, 5: 2}},
		{"warm-up from the whole value", constant(warm("step", 4, 1)), map[int64]float64{0: 2, 2: 2, 4: 2}},
		{"warm-up of one step", constant(warm("step", 1, 0.5)), map[int64]float64{0: 1, 1: 2}},
		{"step in epochs", drops(epoch), map[int64]float64{0: 1, 29: 1, 30: 0.5, 59: 0.5, 60: 0.25, 3000: math.Pow(0.5, 100)}},
		{"step in steps", drops(step), map[int64]float64{0: 1, 2: 1, 3: 0.5, 5: 0.5, 6: 0.25}},
		{"step with warm-up within the first stair", drops(warm("epoch", 2, 0)), map[int64]float64{0: 0, 5: 0.25, 20: 1, 29: 1, 30: 0.5}},
		{"step with warm-up over a drop", drops(warm("step", 4, 0)), map[int64]float64{2: 0.5, 3: 0.375, 4: 0.5}},
		{"exponential in epochs", decay(false, epoch), map[int64]float64{0: 1, 5: math.Pow(0.25, 0.25), 10: 0.5, 20: 0.25, 40: 0.0625}},
		{"exponential in steps", decay(false, step), map[int64]float64{0: 1, 1: 0.5, 2: 0.25, 3: 0.125}},
		{"staircase in epochs", decay(true, epoch), map[int64]float64{0: 1, 10: 1, 19: 1, 20: 0.25, 39: 0.25, 40: 0.0625}},
		{"staircase in steps", decay(true, step), map[int64]float64{0: 1, 1: 1, 2: 0.25, 3: 0.25, 4: 0.0625}},
		{"exponential with warm-up", decay(false, warm("step", 2, 0.5)), map[int64]float64{0: 0.5, 1: 0.75 * 0.5, 2: 0.25}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for at, want := range c.at {
				got := c.s.At(schedule.Progress{Step: at, StepsPerEpoch: stepsPerEpoch})
				if !(math.Abs(got-want) <= 1e-15*max(1, want)) {
					t.Errorf("step %d: %v, want %v", at, got, want)
				}
			}
		})
	}
}

// A drop comes at the same step whatever floating point makes of fractions of an epoch.
func TestDropsAreExact(t *testing.T) {
	for _, stepsPerEpoch := range []int64{1, 3, 7, 49, 391, 1875} {
		s := schedule.NewStep(schedule.StepConfig{Start: 1, Factor: 0.5, Every: 3})
		for drop := range int64(40) {
			at := drop * 3 * stepsPerEpoch
			if got := s.At(schedule.Progress{Step: at, StepsPerEpoch: stepsPerEpoch}); got != math.Pow(0.5, float64(drop)) {
				t.Errorf("%d steps per epoch: %v at drop %d", stepsPerEpoch, got, drop)
			}
			if drop == 0 {
				continue
			}
			if got := s.At(schedule.Progress{Step: at - 1, StepsPerEpoch: stepsPerEpoch}); got != math.Pow(0.5, float64(drop-1)) {
				t.Errorf("%d steps per epoch: %v before drop %d", stepsPerEpoch, got, drop)
			}
		}
	}
}

func TestOf(t *testing.T) {
	p := schedule.Progress{Step: 6, StepsPerEpoch: 1}
	if got := schedule.Of(registry.Const(0.3)).At(p); got != 0.3 {
		t.Errorf("constant: %v", got)
	}
	halving := schedule.NewStep(schedule.StepConfig{Start: 1, Factor: 0.5, Every: 3})
	if got := schedule.Of(schedule.Number(halving)).At(p); got != 0.25 {
		t.Errorf("step: %v", got)
	}
}

func TestEveryPartIsDocumented(t *testing.T) {
	for _, name := range []string{"constant", "step", "exponential"} {
		if !slices.Contains(schedule.Registry.Names(), name) {
			t.Errorf("no schedule %s", name)
		}
	}
	for _, name := range schedule.Registry.Names() {
		d, err := schedule.Registry.Describe(name)
		if err != nil || d.Doc == "" {
			t.Errorf("%s: doc %q, error %v", name, d.Doc, err)
		}
		for _, f := range d.Fields {
			if f.Doc == "" {
				t.Errorf("%s: %s has no doc", name, f.Key)
			}
		}
	}
}

func TestTimingLendsItsKeys(t *testing.T) {
	d, err := schedule.Registry.Describe("step")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, f := range d.Fields {
		keys = append(keys, f.Key+"="+f.Default)
	}
	if got, want := fmt.Sprint(keys), "[start= factor=0.5 every= unit=epoch warmup=0 warmup_from=0.1]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestConstructorsPanic: a schedule has no error to return, and one that divides by zero would stop a run at its first
// step.
func TestConstructorsPanic(t *testing.T) {
	for want, build := range map[string]func(){
		"schedule.StepConfig: every must be >= 1, is 0":         func() { schedule.NewStep(schedule.StepConfig{Start: 0.1, Factor: 0.5}) },
		"schedule.StepConfig: factor must be positive, is 0":    func() { schedule.NewStep(schedule.StepConfig{Start: 0.1, Every: 1}) },
		"schedule.ExponentialConfig: factor must be positive":   func() { schedule.NewExponential(schedule.ExponentialConfig{}) },
		"schedule.ConstantConfig: value must not be negative":   func() { schedule.NewConstant(schedule.ConstantConfig{Value: -1}) },
		`schedule.ConstantConfig: unknown unit "epcoh"; did yo`: func() { schedule.NewConstant(schedule.ConstantConfig{Timing: schedule.Timing{Unit: "epcoh"}}) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
					t.Errorf("panic %q, want %q", got, want)
				}
			}()
			build()
		}()
	}
}
