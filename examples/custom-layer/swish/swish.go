package swish

import (
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/tensor"
)

type Config struct {
	_    struct{}    `doc:"x·σ(βx) of each element, with a trained β"`
	Beta layers.Init `doc:"initializer of β, ones without it"`
}

type Swish[T tensor.Float] struct {
	Config
	beta layers.ParamID
	s    layers.ScratchID // s = σ(βx), kept for Backward
}

func New[T tensor.Float](c Config) layers.Layer[T] { return &Swish[T]{Config: c} }

func init() { layers.Register("swish", Config{}, New[float32], New[float64]) }

func (l *Swish[T]) Build(b *layers.Builder[T]) error {
	if err := b.SameShape(); err != nil {
		return err
	}
	l.beta, l.s = b.Param("beta", l.Beta.Or("ones"), 1), b.Scratch(b.In(0).Size())
	return nil
}

func (l *Swish[T]) Forward(f *layers.Frame[T]) {
	copy(f.Scratch(l.s), f.In(0))
	tensor.Scale(f.Param(l.beta)[0], f.Scratch(l.s))
	tensor.Sigmoid(f.Scratch(l.s), f.Scratch(l.s))
	tensor.Mul(f.Out(), f.In(0), f.Scratch(l.s))
}

func (l *Swish[T]) Backward(f *layers.Frame[T]) {
	for i, x := range f.In(0) {
		s, dy, beta := f.Scratch(l.s)[i], f.DOut()[i], f.Param(l.beta)[0]
		f.DIn(0)[i] = dy * s * (1 + beta*x*(1-s))
		f.DParam(l.beta)[0] += dy * s * x * x * (1 - s)
	}
}
