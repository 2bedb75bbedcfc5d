package layers

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// y = m ⊙ x        x, y, m [any shape], m[i] = 0 with probability rate, else 1/(1 − rate)
//
// dx = m ⊙ dy. Outside of training m is 1.
//
// Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way to prevent neural networks from
// overfitting", JMLR 15, 2014; here inverted: the scale 1/(1 − rate) keeps the expectation of y at x while training,
// so that prediction has nothing to correct.

// DropoutConfig is the configuration of dropout.
type DropoutConfig struct {
	_    struct{} `doc:"zeroes each element with probability rate while training, and scales the others by 1/(1 − rate)"`
	Rate float64  `doc:"probability that an element is dropped" is:">=0,<1"`
}

// Dropout zeroes elements at random while training.
type Dropout[T tensor.Float] struct {
	c DropoutConfig
	n int // elements per row
}

// NewDropout returns a dropout layer.
func NewDropout[T tensor.Float](c DropoutConfig) Layer[T] { return &Dropout[T]{c: c} }

func init() { Register("dropout", DropoutConfig{Rate: 0.5}, NewDropout[float32], NewDropout[float64]) }

// Build implements Layer.
func (l *Dropout[T]) Build(b *Builder[T]) error {
	if err := b.SameShape(); err != nil {
		return err
	}
	if err := registry.Check(l.c); err != nil {
		return err
	}
	l.n = b.In(0).Size()
	b.BackwardReads(false, false)
	return nil
}

// Forward implements Layer.
func (l *Dropout[T]) Forward(f *Frame[T]) { l.mask(f, f.Out(), f.In(0)) }

// Backward implements Layer.
func (l *Dropout[T]) Backward(f *Frame[T]) { l.mask(f, f.DIn(0), f.DOut()) }

// mask computes dst = m ⊙ src. The random numbers of a row are a pure function, so Backward draws the mask of Forward
// again instead of keeping it. A dropped element is multiplied by 0 and not set to it: a NaN stays one.
func (l *Dropout[T]) mask(f *Frame[T], dst, src []T) {
	if !f.Train || l.c.Rate == 0 {
		copy(dst, src)
		return
	}
	scale := T(1 / (1 - l.c.Rate))
	for row := range f.Rows {
		from, to := row*l.n, (row+1)*l.n
		tensor.Dropout(dst[from:to], src[from:to], f.Rand(row), l.c.Rate, scale)
	}
}
