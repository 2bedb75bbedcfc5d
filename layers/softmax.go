package layers

import "github.com/strata-ml/strata/tensor"

// y[j] = e^x[j] / Σ_l e^x[l]        x, y [… n], along the last axis
//
// dx[j] = y[j]·(dy[j] − Σ_l dy[l]·y[l])

// SoftmaxConfig is the configuration of softmax.
type SoftmaxConfig struct {
	_ struct{} `doc:"turns the last axis into probabilities that add up to 1; for classification train on the logits, with the loss that takes them: it stays exact where a probability rounds to 0 or 1"`
}

// Softmax turns the last axis into probabilities. In front of a cross-entropy it is the wrong choice: the loss on
// logits fuses the two and stays exact where a probability rounds to 0 or 1.
type Softmax[T tensor.Float] struct{ n int }

// NewSoftmax returns a softmax layer.
func NewSoftmax[T tensor.Float](SoftmaxConfig) Layer[T] { return &Softmax[T]{} }

func init() { Register("softmax", SoftmaxConfig{}, NewSoftmax[float32], NewSoftmax[float64]) }

// Build implements Layer.
func (l *Softmax[T]) Build(b *Builder[T]) error {
	if err := b.SameShape(); err != nil {
		return err
	}
	l.n = b.In(0).Last()
	b.BackwardReads(false, true)
	return nil
}

// Forward implements Layer.
func (l *Softmax[T]) Forward(f *Frame[T]) { tensor.Softmax(f.Out(), f.In(0), l.n) }

// Backward implements Layer.
func (l *Softmax[T]) Backward(f *Frame[T]) { tensor.SoftmaxBackward(f.DIn(0), f.Out(), f.DOut(), l.n) }
