package layers

import (
	"math"

	"github.com/strata-ml/strata/tensor"
)

// y[j] = x[j] − log Σ_l e^x[l]        x, y [… n], along the last axis
//
// dx[j] = dy[j] − e^y[j]·Σ_l dy[l]

// LogSoftmaxConfig is the configuration of log_softmax.
type LogSoftmaxConfig struct {
	_ struct{} `doc:"turns the last axis into logarithms of probabilities, for the losses nll and kl_divergence"`
}

// LogSoftmax is the logarithm of Softmax, without its underflow.
type LogSoftmax[T tensor.Float] struct {
	n   int
	exp WorkspaceID // e^(x − max x) of one row
}

// NewLogSoftmax returns a log_softmax layer.
func NewLogSoftmax[T tensor.Float](LogSoftmaxConfig) Layer[T] { return &LogSoftmax[T]{} }

func init() {
	Register("log_softmax", LogSoftmaxConfig{}, NewLogSoftmax[float32], NewLogSoftmax[float64])
}

// Build implements Layer.
func (l *LogSoftmax[T]) Build(b *Builder[T]) error {
	if err := b.SameShape(); err != nil {
		return err
	}
	l.n = b.In(0).Last()
	l.exp = b.Workspace(l.n)
	b.BackwardReads(false, true)
	return nil
}

// Forward implements Layer.
func (l *LogSoftmax[T]) Forward(f *Frame[T]) {
	x, y, e := f.In(0), f.Out(), f.Workspace(l.exp)
	for ; len(x) > 0; x, y = x[l.n:], y[l.n:] {
		m := tensor.Max(x[:l.n])
		for j, v := range x[:l.n] {
			y[j] = v - m
		}
		tensor.Exp(e, y[:l.n])
		log := T(math.Log(float64(tensor.Sum(e))))
		for j := range y[:l.n] {
			y[j] -= log
		}
	}
}

// Backward implements Layer.
func (l *LogSoftmax[T]) Backward(f *Frame[T]) {
	y, dx, dy := f.Out(), f.DIn(0), f.DOut()
	tensor.Exp(dx, y)
	for ; len(dx) > 0; dx, dy = dx[l.n:], dy[l.n:] {
		sum := tensor.Sum(dy[:l.n])
		for j, p := range dx[:l.n] {
			dx[j] = dy[j] - T(p*sum)
		}
	}
}
