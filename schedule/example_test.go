package schedule_test

import (
	"fmt"
	"math"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/schedule"
)

// The inverse square root of the time after a warm-up, as a schedule of another module. Vaswani et al., "Attention is all
// you need", 2017, equation 3.

type InverseRootConfig struct {
	_      struct{} `doc:"rises to peak over warmup steps, and falls with the inverse square root of the steps"`
	Peak   float64  `doc:"largest value" is:"required,>=0"`
	Warmup int64    `doc:"steps until the peak" is:"required,>=1"`
}

type InverseRoot struct{ config InverseRootConfig }

func init() {
	schedule.Register("inverse_root", InverseRootConfig{}, func(c InverseRootConfig) schedule.Schedule { return InverseRoot{c} })
}

func (s InverseRoot) At(p schedule.Progress) float64 {
	t := float64(p.Step+1) / float64(s.config.Warmup)
	return s.config.Peak * min(t, 1/math.Sqrt(t))
}

// A schedule is a pure function of progress: a plot can draw it before training, and a resumed run continues it.
func Example_customSchedule() {
	lr := schedule.Number(InverseRoot{InverseRootConfig{Peak: 0.1, Warmup: 10}})
	for _, step := range []int64{0, 4, 9, 39, 999} {
		fmt.Printf("%.4f\n", schedule.Of(lr).At(schedule.Progress{Step: step, StepsPerEpoch: 10, Steps: 1000}))
	}
	// Output:
	// 0.0100
	// 0.0500
	// 0.1000
	// 0.0500
	// 0.0100
}

// Warm up, hold, and fall along a cosine: one schedule takes over from the other, each on a clock of its own.
func ExampleNewChain() {
	flat := schedule.NewConstant(schedule.ConstantConfig{Value: 0.1, Timing: schedule.Timing{Warmup: 2}})
	fall := schedule.NewCosine(schedule.CosineConfig{Start: 0.1, Length: 4})
	s := schedule.NewChain(schedule.ChainConfig{
		First: schedule.Number(flat),
		Then:  []schedule.Link{{After: 6, Use: schedule.Number(fall)}},
	})
	for _, epoch := range []int64{0, 1, 2, 6, 8, 10, 12} {
		fmt.Printf("epoch %2d: %.4f\n", epoch, s.At(schedule.Progress{Step: epoch * 100, StepsPerEpoch: 100}))
	}
	// Output:
	// epoch  0: 0.0000
	// epoch  1: 0.0500
	// epoch  2: 0.1000
	// epoch  6: 0.1000
	// epoch  8: 0.0500
	// epoch 10: 0.0000
	// epoch 12: 0.0000
}

// Halve the learning rate every five epochs, after a warm-up over the first.
func ExampleNewStep() {
	config := registry.Defaults[schedule.StepConfig]()
	config.Start, config.Every, config.Warmup = 0.1, 5, 1
	s := schedule.NewStep(config)
	for _, step := range []int64{0, 50, 100, 500, 1000} {
		p := schedule.Progress{Step: step, StepsPerEpoch: 100}
		fmt.Printf("epoch %4.1f: %.4f\n", p.Epoch(), s.At(p))
	}
	// Output:
	// epoch  0.0: 0.0100
	// epoch  0.5: 0.0550
	// epoch  1.0: 0.1000
	// epoch  5.0: 0.0500
	// epoch 10.0: 0.0250
}
