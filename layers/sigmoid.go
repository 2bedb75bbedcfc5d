package layers

import "github.com/strata-ml/strata/tensor"

// y = 1/(1 + e⁻ˣ)        x, y [any shape]
//
// dx = dy·y·(1 − y)

// SigmoidConfig is the configuration of sigmoid.
type SigmoidConfig struct {
	_ struct{} `doc:"logistic function of each element; for classification train on the logits, with the loss that takes them"`
}

// Sigmoid is the logistic function of each element.
type Sigmoid[T tensor.Float] struct{}

// NewSigmoid returns a sigmoid layer.
func NewSigmoid[T tensor.Float](SigmoidConfig) Layer[T] { return Sigmoid[T]{} }

func init() { Register("sigmoid", SigmoidConfig{}, NewSigmoid[float32], NewSigmoid[float64]) }

// Build implements Layer.
func (Sigmoid[T]) Build(b *Builder[T]) error {
	b.BackwardReads(false, true)
	return b.SameShape()
}

// Forward implements Layer.
func (Sigmoid[T]) Forward(f *Frame[T]) { tensor.Sigmoid(f.Out(), f.In(0)) }

// Backward implements Layer.
func (Sigmoid[T]) Backward(f *Frame[T]) { tensor.SigmoidBackward(f.DIn(0), f.Out(), f.DOut()) }
