package layers

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// y = x·W + b        x [… in], W [in units], b [units], y [… units]
//
// dx = dy·Wᵀ, dW = Σ xᵀ·dy, db = Σ dy, with the sums over the rows of the batch and the axes in front.

// DenseConfig is the configuration of dense.
type DenseConfig struct {
	_        struct{} `doc:"fully connected: y = x·W + b on the last axis, with the axes in front of it as further rows"`
	Units    int      `doc:"extent of the last axis of the output" is:"required,>0"`
	Bias     bool     `doc:"whether b is added"`
	Weights  Init     `doc:"initializer of W"`
	BiasInit Init     `doc:"initializer of b"`
}

// Dense is the fully connected layer. A single number as input counts as a row of one. Parameters: w [in units] and,
// with a bias, b [units].
type Dense[T tensor.Float] struct {
	c    DenseConfig
	in   int
	w, b ParamID
}

// NewDense returns a dense layer. Where no initializer is chosen, W takes xavier_uniform and b zeros. A configuration
// written in Go has no bias unless it says so; registry.Defaults[DenseConfig]() has one.
func NewDense[T tensor.Float](c DenseConfig) Layer[T] {
	c.Weights, c.BiasInit = c.Weights.Or("xavier_uniform"), c.BiasInit.Or("zeros")
	return &Dense[T]{c: c}
}

func init() {
	Register("dense", DenseConfig{
		Bias:     true,
		Weights:  registry.Choose[Initializer]("xavier_uniform"),
		BiasInit: registry.Choose[Initializer]("zeros"),
	}, NewDense[float32], NewDense[float64])
}

// Build implements Layer.
func (l *Dense[T]) Build(b *Builder[T]) error {
	if err := b.OneInput(); err != nil {
		return err
	}
	if err := registry.Check(l.c); err != nil {
		return err
	}
	shape := b.In(0)
	l.in = shape.Last()
	l.w = b.Param("w", l.c.Weights, l.in, l.c.Units)
	if l.c.Bias {
		l.b = b.Param("b", l.c.BiasInit, l.c.Units)
		b.SetsDParam(l.b)
	}
	b.SetsDParam(l.w)
	b.Out(withLast(shape, l.c.Units)...)
	b.BackwardReads(true, false)
	b.FLOPs(2 * shape.Size() * l.c.Units)
	return nil
}

// Forward implements Layer.
func (l *Dense[T]) Forward(f *Frame[T]) {
	rows, in, units := len(f.In(0))/l.in, l.in, l.c.Units
	x, w, y := tensor.Mat(rows, in, f.In(0)), tensor.Mat(in, units, f.Param(l.w)), tensor.Mat(rows, units, f.Out())
	if l.c.Bias {
		tensor.MatMulBias(y, x, w, f.Param(l.b))
	} else {
		tensor.MatMul(y, tensor.Overwrite, x, w)
	}
}

// Backward implements Layer.
func (l *Dense[T]) Backward(f *Frame[T]) {
	rows, in, units := len(f.In(0))/l.in, l.in, l.c.Units
	x, dy := tensor.Mat(rows, in, f.In(0)), tensor.Mat(rows, units, f.DOut())
	tensor.MatMulTN(tensor.Mat(in, units, f.DParam(l.w)), f.DParamMode(l.w), x, dy)
	if l.c.Bias {
		tensor.SumRows(f.DParam(l.b), f.DParamMode(l.b), f.DOut())
	}
	if f.NeedsDIn(0) {
		tensor.MatMulNT(tensor.Mat(rows, in, f.DIn(0)), tensor.Overwrite, dy, tensor.Mat(in, units, f.Param(l.w)))
	}
}
