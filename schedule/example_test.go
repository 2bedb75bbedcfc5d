package schedule_test

import (
	"fmt"
	"math"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/schedule"
)

// Half a wave of the cosine over the whole run, as a schedule of another module.

type CosineConfig struct {
	_     struct{} `doc:"falls along half a cosine wave from start to 0 over the whole run"`
	Start float64  `doc:"value at the start" is:"required,>=0"`
}

type Cosine struct{ config CosineConfig }

func init() {
	schedule.Register("cosine_example", CosineConfig{}, func(c CosineConfig) schedule.Schedule { return Cosine{c} })
}

func (s Cosine) At(p schedule.Progress) float64 {
	if p.Steps == 0 { // an open-ended run
		return s.config.Start
	}
	return s.config.Start * (1 + math.Cos(math.Pi*float64(p.Step)/float64(p.Steps))) / 2
}

// A schedule is a pure function of progress: a plot can draw it before training, and a resumed run continues it.
func Example_customSchedule() {
	lr := schedule.Number(Cosine{CosineConfig{Start: 0.1}})
	for step := int64(0); step <= 100; step += 25 {
		fmt.Printf("%.4f\n", schedule.Of(lr).At(schedule.Progress{Step: step, StepsPerEpoch: 10, Steps: 100}))
	}
	// Output:
	// 0.1000
	// 0.0854
	// 0.0500
	// 0.0146
	// 0.0000
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
