package layers

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// y = x where x > 0, else a·x        x, y [… channels], a [1] or [channels]
//
// dx = dy where x > 0, else a·dy; da = Σ x·dy over the elements that a applies to where x ≤ 0.
//
// He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV 2015, section 2.1.

// PReLUConfig is the configuration of prelu.
type PReLUConfig struct {
	_        struct{} `doc:"leaky_relu with a slope that is learned; the channels are the last axis"`
	Init     float64  `doc:"first value of each slope"`
	Channels string   `doc:"whether all channels share one slope, or each has its own" is:"one of shared|per_channel"`
}

// PReLU is a leaky_relu whose slope is learned. Parameter: a [1], or a [channels] with a slope for each index of the
// last axis.
type PReLU[T tensor.Float] struct {
	c    PReLUConfig
	n    int // channels
	step int // from the slope of one channel to the next: 0 when they share it
	a    ParamID
}

// NewPReLU returns a prelu layer. Where Channels is empty, they share the slope.
func NewPReLU[T tensor.Float](c PReLUConfig) Layer[T] { return &PReLU[T]{c: c} }

func init() {
	Register("prelu", PReLUConfig{Init: 0.25, Channels: "shared"}, NewPReLU[float32], NewPReLU[float64])
}

// Build implements Layer.
func (l *PReLU[T]) Build(b *Builder[T]) error {
	if err := b.SameShape(); err != nil {
		return err
	}
	if err := registry.Check(l.c); err != nil {
		return err
	}
	l.n = b.In(0).Last()
	slopes := 1
	if l.c.Channels == "per_channel" {
		slopes, l.step = l.n, 1
	}
	l.a = b.Param("a", Init{Name: "constant", Config: Constant{Value: l.c.Init}}, slopes)
	b.BackwardReads(true, false)
	return nil
}

// Forward implements Layer.
func (l *PReLU[T]) Forward(f *Frame[T]) {
	a, x, y := f.Param(l.a), f.In(0), f.Out()
	for ; len(x) > 0; x, y = x[l.n:], y[l.n:] {
		for j, v := range x[:l.n] {
			if v > 0 {
				y[j] = v
			} else {
				y[j] = a[j*l.step] * v
			}
		}
	}
}

// Backward implements Layer.
func (l *PReLU[T]) Backward(f *Frame[T]) {
	a, da, x, dx, dy := f.Param(l.a), f.DParam(l.a), f.In(0), f.DIn(0), f.DOut()
	for ; len(x) > 0; x, dx, dy = x[l.n:], dx[l.n:], dy[l.n:] {
		for j, v := range x[:l.n] {
			if v > 0 {
				dx[j] = dy[j]
			} else {
				dx[j] = a[j*l.step] * dy[j]
				da[j*l.step] += T(v * dy[j])
			}
		}
	}
}
