package layerstest_test

import (
	"errors"
	"testing"

	"github.com/strata-ml/strata/layers"
	layerstest "github.com/strata-ml/strata/layers_test"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// The layers of this file are correct, and between them use everything that a layer may declare: the kit must find
// nothing.

func TestCorrectLayersPass(t *testing.T) {
	inputs := map[string][]tensor.Spec{
		"reference":       {layerstest.Real(7)},
		"reference_mean":  {layerstest.Real(6)},
		"reference_noise": {layerstest.Real(7)},
		"reference_table": {layerstest.Index(11, 3)},
		"reference_max":   {layerstest.Real(4), layerstest.Real(4)},
		"reference_pool":  {layerstest.Real(3, 5)},
	}
	for name, in := range inputs {
		t.Run(name, func(t *testing.T) { layerstest.Run(t, name, layerstest.Case{In: in}) })
	}
}

func init() {
	add[reference[float32], reference[float64]]("reference")
	add[mean[float32], mean[float64]]("reference_mean")
	add[noise[float32], noise[float64]]("reference_noise")
	add[table[float32], table[float64]]("reference_table")
	add[maximum[float32], maximum[float64]]("reference_max")
	add[pool[float32], pool[float64]]("reference_pool")
}

type noConfig struct{}

// add registers a layer whose zero value is ready to build.
func add[F32, F64 any, P32 interface {
	*F32
	layers.Layer[float32]
}, P64 interface {
	*F64
	layers.Layer[float64]
}](name string) {
	layers.Register(name, noConfig{},
		func(noConfig) layers.Layer[float32] { return P32(new(F32)) },
		func(noConfig) layers.Layer[float64] { return P64(new(F64)) })
}

// y = w·x² with a parameter for each element of a row, and a workspace. Every flawed layer is this one but for its flaw.
type reference[T tensor.Float] struct {
	w  layers.ParamID
	xx layers.WorkspaceID
	n  int
}

func (l *reference[T]) Build(b *layers.Builder[T]) error {
	if err := b.SameShape(); err != nil {
		return err
	}
	l.n = b.In(0).Size()
	l.w = b.Param("w", registry.Choose[layers.Initializer]("zeros"), l.n)
	l.xx = b.Workspace(l.n)
	b.BackwardReads(true, false)
	return nil
}

func (l *reference[T]) Forward(f *layers.Frame[T]) {
	x, y, w, xx := f.In(0), f.Out(), f.Param(l.w), f.Workspace(l.xx)
	for i := 0; i < len(x); i += l.n {
		tensor.Mul(xx, x[i:i+l.n], x[i:i+l.n])
		tensor.Mul(y[i:i+l.n], xx, w)
	}
}

func (l *reference[T]) Backward(f *layers.Frame[T]) {
	x, w, dy, dx, dw := f.In(0), f.Param(l.w), f.DOut(), f.DIn(0), f.DParam(l.w)
	for i := range x {
		dx[i] = 2 * dy[i] * w[i%l.n] * x[i]
		dw[i%l.n] += dy[i] * x[i] * x[i]
	}
}

// y = x − m, where m is the mean of the batch while training and a running mean otherwise.
type mean[T tensor.Float] struct {
	running layers.StateID
	batch   layers.WorkspaceID
	n       int
}

func (l *mean[T]) Build(b *layers.Builder[T]) error {
	if err := b.SameShape(); err != nil {
		return err
	}
	l.n = b.In(0).Size()
	l.running, l.batch = b.State("mean", 0, l.n), b.Workspace(l.n)
	b.RowsDepend()
	b.BackwardReads(false, false)
	return nil
}

func (l *mean[T]) Forward(f *layers.Frame[T]) {
	m := f.State(l.running)
	if f.Train {
		m = f.Workspace(l.batch)
		meanOfRows(m, f.In(0), f.Rows)
		for i, r := range f.State(l.running) {
			f.NextState(l.running)[i] = 0.9*r + 0.1*m[i]
		}
	}
	y := f.Out()
	for i, x := range f.In(0) {
		y[i] = x - m[i%l.n]
	}
}

func (l *mean[T]) Backward(f *layers.Frame[T]) {
	dm := f.Workspace(l.batch)
	clear(dm)
	if f.Train {
		meanOfRows(dm, f.DOut(), f.Rows)
	}
	dx := f.DIn(0)
	for i, dy := range f.DOut() {
		dx[i] = dy - dm[i%l.n]
	}
}

// meanOfRows sets m to the mean of the rows of x, zero where there are none.
func meanOfRows[T tensor.Float](m, x []T, rows int) {
	clear(m)
	if rows > 0 {
		tensor.SumRows(m, tensor.Accumulate, x)
		tensor.Scale(1/T(rows), m)
	}
}

// y = x·r with r uniform in [0, 2) while training, kept in scratch.
type noise[T tensor.Float] struct {
	r layers.ScratchID
	n int
}

func (l *noise[T]) Build(b *layers.Builder[T]) error {
	if err := b.SameShape(); err != nil {
		return err
	}
	l.n = b.In(0).Size()
	l.r = b.Scratch(l.n)
	b.BackwardReads(false, false)
	return nil
}

func (l *noise[T]) Forward(f *layers.Frame[T]) {
	x, y, r := f.In(0), f.Out(), f.Scratch(l.r)
	for i := range x {
		r[i] = 1
		if f.Train {
			r[i] = 2 * T(f.Rand(i/l.n).Float64(i%l.n))
		}
		y[i] = x[i] * r[i]
	}
}

func (l *noise[T]) Backward(f *layers.Frame[T]) { tensor.Mul(f.DIn(0), f.DOut(), f.Scratch(l.r)) }

// y = the rows of a table that the input numbers.
type table[T tensor.Float] struct{ w layers.ParamID }

const (
	tableRows = 11
	tableCols = 4
)

func (l *table[T]) Build(b *layers.Builder[T]) error {
	if err := b.OneInput(); err != nil {
		return err
	}
	b.Index(0, tableRows)
	l.w = b.Param("w", registry.Choose[layers.Initializer]("xavier_uniform"), tableRows, tableCols)
	b.Out(append(append([]int{}, b.In(0)...), tableCols)...)
	b.BackwardReads(true, false)
	return nil
}

func (l *table[T]) Forward(f *layers.Frame[T]) {
	for i, k := range f.Index(0) {
		copy(f.Out()[i*tableCols:(i+1)*tableCols], f.Param(l.w)[k*tableCols:])
	}
}

func (l *table[T]) Backward(f *layers.Frame[T]) {
	for i, k := range f.Index(0) {
		tensor.AddTo(f.DParam(l.w)[k*tableCols:(k+1)*tableCols], f.DOut()[i*tableCols:(i+1)*tableCols])
	}
}

// y = max(a, b), with the gradient to a where they are equal: two inputs and kinks.
type maximum[T tensor.Float] struct{}

func (l *maximum[T]) Build(b *layers.Builder[T]) error {
	if b.NumIn() != 2 || !b.In(0).Equal(b.In(1)) {
		return errors.New("takes two inputs of one shape")
	}
	b.Out(b.In(0)...)
	b.BackwardReads(true, false)
	return nil
}

func (l *maximum[T]) Forward(f *layers.Frame[T]) {
	y := f.Out()
	for i, a := range f.In(0) {
		y[i] = max(a, f.In(1)[i])
	}
}

func (l *maximum[T]) Backward(f *layers.Frame[T]) {
	da, db := f.DIn(0), f.DIn(1)
	for i, dy := range f.DOut() {
		da[i], db[i] = 0, 0
		if f.In(0)[i] >= f.In(1)[i] {
			da[i] = dy
		} else {
			db[i] = dy
		}
	}
}

// y = the largest number on the last axis; its place is kept in integer scratch.
type pool[T tensor.Float] struct {
	place layers.ScratchIntID
	n     int
}

func (l *pool[T]) Build(b *layers.Builder[T]) error {
	if err := b.OneInput(); err != nil {
		return err
	}
	shape := b.In(0)
	l.n = shape.Last()
	l.place = b.ScratchInt(shape.Size() / l.n)
	b.Out(shape[:max(0, len(shape)-1)]...)
	b.BackwardReads(false, false)
	return nil
}

func (l *pool[T]) Forward(f *layers.Frame[T]) {
	for i := range f.Out() {
		x, best := f.In(0)[i*l.n:(i+1)*l.n], 0
		for j, v := range x {
			if v > x[best] || v != v {
				best = j
			}
		}
		f.Out()[i], f.ScratchInt(l.place)[i] = x[best], int32(best)
	}
}

func (l *pool[T]) Backward(f *layers.Frame[T]) {
	clear(f.DIn(0))
	for i, j := range f.ScratchInt(l.place) {
		f.DIn(0)[i*l.n+int(j)] = f.DOut()[i]
	}
}
