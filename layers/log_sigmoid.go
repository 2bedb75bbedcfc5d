package layers

import "github.com/strata-ml/strata/tensor"

// y = log σ(x) = −log(1 + e⁻ˣ)        x, y [any shape]
//
// dx = dy·σ(−x)

// LogSigmoidConfig is the configuration of log_sigmoid.
type LogSigmoidConfig struct {
	_ struct{} `doc:"logarithm of the logistic function, which neither overflows nor loses its digits: -softplus(-x)"`
}

// LogSigmoid is the logarithm of the logistic function.
type LogSigmoid[T tensor.Float] struct{}

// NewLogSigmoid returns a log_sigmoid layer.
func NewLogSigmoid[T tensor.Float](LogSigmoidConfig) Layer[T] { return LogSigmoid[T]{} }

func init() {
	Register("log_sigmoid", LogSigmoidConfig{}, NewLogSigmoid[float32], NewLogSigmoid[float64])
}

// logSigmoidLine is −x from which on −x is what log(1 + e⁻ˣ) rounds to in float64.
const logSigmoidLine = 40

// Build implements Layer.
func (LogSigmoid[T]) Build(b *Builder[T]) error {
	b.BackwardReads(true, false)
	return b.SameShape()
}

// Forward implements Layer.
func (LogSigmoid[T]) Forward(f *Frame[T]) {
	y := f.Out()
	tensor.ScaleTo(y, -1, f.In(0))
	tensor.Softplus(y, y, 1, logSigmoidLine)
	tensor.Scale(-1, y)
}

// Backward implements Layer.
func (LogSigmoid[T]) Backward(f *Frame[T]) {
	dx := f.DIn(0)
	tensor.ScaleTo(dx, -1, f.In(0))
	tensor.SoftplusBackward(dx, dx, f.DOut(), 1, logSigmoidLine)
}
