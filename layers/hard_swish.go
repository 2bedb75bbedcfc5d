package layers

import "github.com/strata-ml/strata/tensor"

// y = x·min(max(x + 3, 0), 6)/6        x, y [any shape]
//
// dx = dy·(2·x + 3)/6 where -3 < x < 3, 0 below and dy above: at the two kinks the slope is that of the line outside.
//
// Howard and others, "Searching for MobileNetV3", ICCV 2019, section 5.2.

// HardSwishConfig is the configuration of hard_swish.
type HardSwishConfig struct {
	_ struct{} `doc:"each element times hard_sigmoid of it: 0 below -3, x above 3, x*(x + 3)/6 between"`
}

// HardSwish is silu with three pieces in the place of the logistic function.
type HardSwish[T tensor.Float] struct{}

// NewHardSwish returns a hard_swish layer.
func NewHardSwish[T tensor.Float](HardSwishConfig) Layer[T] { return HardSwish[T]{} }

func init() { Register("hard_swish", HardSwishConfig{}, NewHardSwish[float32], NewHardSwish[float64]) }

// Build implements Layer.
func (HardSwish[T]) Build(b *Builder[T]) error {
	b.BackwardReads(true, false)
	return b.SameShape()
}

// Forward implements Layer.
func (HardSwish[T]) Forward(f *Frame[T]) {
	y := f.Out()
	for i, x := range f.In(0) {
		switch {
		case x <= -3:
			y[i] = 0
		case x >= 3:
			y[i] = x
		default: // NaN too
			y[i] = x * (x + 3) / 6
		}
	}
}

// Backward implements Layer.
func (HardSwish[T]) Backward(f *Frame[T]) {
	dx, dy := f.DIn(0), f.DOut()
	for i, x := range f.In(0) {
		switch {
		case x <= -3:
			dx[i] = 0
		case x >= 3:
			dx[i] = dy[i]
		default:
			dx[i] = dy[i] * ((2*x + 3) / 6)
		}
	}
}
