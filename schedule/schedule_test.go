package schedule_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/schedule"
)

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
		{"cosine over a run without an end", schedule.NewCosine(schedule.CosineConfig{Start: 2}), map[int64]float64{0: 2, 1e6: 2}},
		{"cosine with a length", schedule.NewCosine(schedule.CosineConfig{Start: 2, End: 1, Length: 2}), map[int64]float64{0: 2, 10: 1.5, 20: 1, 21: 1, 1e9: 1}},
		{"polynomial", schedule.NewPolynomial(schedule.PolynomialConfig{Start: 1, End: 0.2, Length: 2, Power: 2}), map[int64]float64{0: 1, 10: 0.4, 20: 0.2, 30: 0.2}},
		{"multi_step", schedule.NewMultiStep(schedule.MultiStepConfig{Start: 1, Factor: 0.5, At: []int64{1, 3}}), map[int64]float64{9: 1, 10: 0.5, 29: 0.5, 30: 0.25, 1e9: 0.25}},
		{"piecewise", schedule.NewPiecewise(schedule.PiecewiseConfig{Points: []schedule.Point{{At: 0, Value: 3}, {At: 2, Value: 1}}}), map[int64]float64{0: 3, 19: 3, 20: 1, 1e9: 1}},
		{"piecewise, linear", schedule.NewPiecewise(schedule.PiecewiseConfig{Linear: true, Points: []schedule.Point{{At: 0, Value: 3}, {At: 2, Value: 1}}}), map[int64]float64{0: 3, 5: 2.5, 19: 1.1, 20: 1, 1e9: 1}},
		{"restarts beyond counting", schedule.NewCosineRestarts(schedule.CosineRestartsConfig{Start: 1, Length: 3e18, Growth: 9e18}), map[int64]float64{0: 1, 100: 1}},
		{"cyclic with a slow fall", schedule.NewCyclic(schedule.CyclicConfig{Start: 1, Peak: 2, Rise: 1, Fall: 4, Factor: 0.5}), map[int64]float64{0: 1, 5: 1.5, 10: 2, 30: 1.5, 50: 1, 60: 1.5, 70: 1.375}},
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

// whole returns the progress of a run of 100 steps with ten per epoch, and the losses of its first epochs.
func whole(step int64, losses ...float64) schedule.Progress {
	e := schedule.Evaluations{Values: losses}
	for i := range losses {
		e.Steps = append(e.Steps, int64(i+1)*10)
	}
	return schedule.Progress{Step: step, StepsPerEpoch: 10, Steps: 100, Evaluations: map[string]schedule.Evaluations{"loss": e}}
}

func TestWholeRun(t *testing.T) {
	rest := schedule.NewChain(schedule.ChainConfig{First: registry.Const(3), Then: []schedule.Link{
		{After: 6, Use: schedule.Number(schedule.NewPolynomial(schedule.PolynomialConfig{Start: 1, Power: 1}))},
	}})
	cycle := schedule.NewOneCycle(schedule.OneCycleConfig{Start: 1, Peak: 3, End: 0.5, Rise: 0.5, ThreePhases: true, Curve: "linear"})
	for _, c := range []struct {
		s    schedule.Schedule
		at   int64
		want float64
	}{
		{schedule.NewCosine(schedule.CosineConfig{Start: 2}), 50, 1},
		{schedule.NewCosine(schedule.CosineConfig{Start: 2}), 100, 0},
		{rest, 59, 3},
		{rest, 60, 1}, // what is left of the run is the length of the second
		{rest, 80, 0.5},
		{rest, 100, 0},
		{cycle, 25, 2},
		{cycle, 75, 2},
		{cycle, 99, 1.04},
		{cycle, 100, 0.5}, // no room for the third phase
	} {
		if got := c.s.At(whole(c.at)); !(math.Abs(got-c.want) <= 1e-15*max(1, c.want)) {
			t.Errorf("%T at step %d: %v, want %v", c.s, c.at, got, c.want)
		}
	}
}

func TestPlateau(t *testing.T) {
	config := registry.Defaults[schedule.PlateauConfig]()
	config.Start, config.Factor, config.Patience, config.Min = 1, 0.5, 1, 0.2
	s := schedule.NewPlateau(config)
	nan := math.NaN()
	for _, c := range []struct {
		losses []float64
		want   float64
	}{
		{nil, 1},
		{[]float64{3, 2, 1}, 1},
		{[]float64{3, 3}, 1},
		{[]float64{3, 3, 3}, 0.5},
		{[]float64{3, 3, 2, 2}, 1},
		{[]float64{3, 2.9999, 2.9998}, 0.5}, // below the threshold
		{[]float64{nan, nan}, 0.5},
		{[]float64{nan, 3, nan, 2, nan}, 1},
		{[]float64{3, 3, 3, 3, 3, 3, 3}, 0.2}, // 0.125 is below min
	} {
		if got := s.At(whole(95, c.losses...)); got != c.want {
			t.Errorf("%v: %v, want %v", c.losses, got, c.want)
		}
	}
	if got := s.At(whole(29, 3, 3, 3)); got != 1 {
		t.Errorf("before the third evaluation: %v", got)
	}
	late := schedule.NewChain(schedule.ChainConfig{First: registry.Const(1), Then: []schedule.Link{{After: 2, Use: schedule.Number(s)}}})
	for step, want := range map[int64]float64{39: 1, 49: 1, 50: 0.5} { // the first two evaluations are none of its own
		if got := late.At(whole(step, 1, 1, 1, 1, 1)); got != want {
			t.Errorf("in a chain, at step %d: %v, want %v", step, got, want)
		}
	}
	if got := fmt.Sprint(schedule.WatchedBy(late)); got != "[loss]" {
		t.Errorf("a chain watches %s", got)
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
	for _, name := range []string{"constant", "step", "exponential", "multi_step", "cosine", "cosine_restarts", "polynomial", "inverse_time", "one_cycle", "cyclic", "plateau", "piecewise", "chain"} {
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
		"schedule.StepConfig: every must be >= 1, is 0":                          func() { schedule.NewStep(schedule.StepConfig{Start: 0.1, Factor: 0.5}) },
		"schedule.StepConfig: factor must be positive, is 0":                     func() { schedule.NewStep(schedule.StepConfig{Start: 0.1, Every: 1}) },
		"schedule.ExponentialConfig: factor must be positive":                    func() { schedule.NewExponential(schedule.ExponentialConfig{}) },
		"schedule.ConstantConfig: value must not be negative":                    func() { schedule.NewConstant(schedule.ConstantConfig{Value: -1}) },
		"schedule.MultiStepConfig: at must be in ascending order, is [3 3]":      func() { schedule.NewMultiStep(schedule.MultiStepConfig{Factor: 1, At: []int64{3, 3}}) },
		"schedule.MultiStepConfig: at must name at least one time":               func() { schedule.NewMultiStep(schedule.MultiStepConfig{Factor: 1}) },
		"schedule.PiecewiseConfig: points must begin at 0":                       func() { schedule.NewPiecewise(schedule.PiecewiseConfig{Points: []schedule.Point{{At: 1}}}) },
		"schedule.OneCycleConfig: rise must be <= 0.5 with three_phases, is 0.6": func() { schedule.NewOneCycle(schedule.OneCycleConfig{Rise: 0.6, ThreePhases: true}) },
		"schedule.ChainConfig: then must name at least one schedule":             func() { schedule.NewChain(schedule.ChainConfig{}) },
		"schedule.ChainConfig: then.0: use must not be negative, is -1": func() {
			schedule.NewChain(schedule.ChainConfig{Then: []schedule.Link{{After: 1, Use: registry.Const(-1)}}})
		},
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
