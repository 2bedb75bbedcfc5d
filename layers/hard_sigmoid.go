package layers

import "github.com/strata-ml/strata/tensor"

// y = min(max(x + 3, 0), 6)/6        x, y [any shape]
//
// dx = dy/6 where 0 < y < 1, else 0: at the two kinks the gradient is 0. The slope is that of PyTorch and of Keras 3;
// Courbariaux, Bengio and David, "BinaryConnect", NIPS 2015, have one of 1/2.

// HardSigmoidConfig is the configuration of hard_sigmoid.
type HardSigmoidConfig struct {
	_ struct{} `doc:"a sigmoid of three lines: 0 below -3, 1 above 3, x/6 + 1/2 between"`
}

// HardSigmoid is the logistic function drawn with three lines.
type HardSigmoid[T tensor.Float] struct{}

// NewHardSigmoid returns a hard_sigmoid layer.
func NewHardSigmoid[T tensor.Float](HardSigmoidConfig) Layer[T] { return HardSigmoid[T]{} }

func init() {
	Register("hard_sigmoid", HardSigmoidConfig{}, NewHardSigmoid[float32], NewHardSigmoid[float64])
}

// Build implements Layer.
func (HardSigmoid[T]) Build(b *Builder[T]) error {
	b.BackwardReads(false, true)
	return b.SameShape()
}

// Forward implements Layer.
func (HardSigmoid[T]) Forward(f *Frame[T]) {
	y := f.Out()
	for i, x := range f.In(0) {
		y[i] = (x + 3) / 6
	}
	tensor.Clip(y, y, 0, 1)
}

// Backward implements Layer.
func (HardSigmoid[T]) Backward(f *Frame[T]) {
	dx := f.DIn(0)
	tensor.ClipBackward(dx, f.Out(), f.DOut(), 0, 1)
	for i := range dx {
		dx[i] /= 6
	}
}
