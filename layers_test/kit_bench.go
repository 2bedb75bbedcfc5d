package layerstest

import (
	"fmt"
	"math"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/tensor"
)

const (
	fence     = 8          // elements of canary on either side of a buffer
	spareRows = 2          // rows that the frame has room for beyond those of the batch
	canary    = -77.625    // in a fence of real numbers; exact in float32
	intCanary = -0x5a5a5a5 // in a fence of integers
	intPoison = -0x4d4d4d4 // in integers that were not set: no index of anything
)

// A bench is a frame over fenced buffers, loaded with a sample.
type bench[T tensor.Float] struct {
	h      *harness[T]
	rows   int
	buf    layers.Buffers[T]
	frame  *layers.Frame[T]
	floats []area[T]
	ints   []area[int32]
}

// An area is a buffer with its fences. Elements outside live must stay as they are.
type area[E any] struct {
	name string
	all  []E
	live []E
}

// load returns a bench for the sample. Everything that the layer is to fill starts as zero.
func (h *harness[T]) load(s *sample[T]) *bench[T] {
	b := &bench[T]{h: h, rows: s.rows}
	d := h.decl
	for i, spec := range d.In {
		n := spec.Shape.Size()
		var in, din []T
		var index []int32
		if spec.IsIndex() {
			index = b.newInts(fmt.Sprintf("Index(%d)", i), n*s.rows, n*spareRows, s.index[i])
		} else {
			in = b.newFloats(fmt.Sprintf("In(%d)", i), n*s.rows, n*spareRows, s.in[i])
			din = b.newFloats(fmt.Sprintf("DIn(%d)", i), n*s.rows, n*spareRows, nil)
		}
		b.buf.In, b.buf.DIn, b.buf.Index = append(b.buf.In, in), append(b.buf.DIn, din), append(b.buf.Index, index)
		b.buf.NeedsDIn = append(b.buf.NeedsDIn, !spec.IsIndex())
	}
	n := d.Out.Size()
	b.buf.Out = b.newFloats("Out", n*s.rows, n*spareRows, nil)
	b.buf.DOut = b.newFloats("DOut", n*s.rows, n*spareRows, s.dout)
	for i, p := range d.Params {
		b.buf.Param = append(b.buf.Param, b.newFloats("Param "+p.Name, p.Shape.Size(), 0, s.param[i]))
		var dense []T
		var sparse *tensor.RowGradient[T]
		if p.IsTable() {
			sparse = tensor.NewRowGradient[T](p.Shape[0], p.Shape[1], s.rows*p.RowsPerExample)
		} else {
			dense = b.newFloats("DParam "+p.Name, p.Shape.Size(), 0, nil)
		}
		b.buf.DParam, b.buf.DRows = append(b.buf.DParam, dense), append(b.buf.DRows, sparse)
	}
	for i, st := range d.States {
		b.buf.State = append(b.buf.State, b.newFloats("State "+st.Name, st.Shape.Size(), 0, s.state[i]))
		b.buf.NextState = append(b.buf.NextState, b.newFloats("NextState "+st.Name, st.Shape.Size(), 0, nil))
	}
	for i, n := range d.Scratch {
		b.buf.Scratch = append(b.buf.Scratch, b.newFloats(fmt.Sprintf("Scratch %d", i), n*s.rows, n*spareRows, nil))
	}
	for i, n := range d.ScratchInts {
		b.buf.ScratchInt = append(b.buf.ScratchInt, b.newInts(fmt.Sprintf("ScratchInt %d", i), n*s.rows, n*spareRows, nil))
	}
	for i, n := range d.Workspaces {
		b.buf.Workspace = append(b.buf.Workspace, b.newFloats(fmt.Sprintf("Workspace %d", i), n, 0, nil))
	}
	b.frame = layers.NewFrame(d, b.buf)
	return b
}

// newFloats returns a buffer of n elements and spare more. Its capacity reaches into the fence behind it, so that an
// append or a reslice past its end shows.
func (b *bench[T]) newFloats(name string, n, spare int, content []T) []T {
	buffer, a := fenced[T](name, n, spare, canary, content)
	b.floats = append(b.floats, a)
	return buffer
}

func (b *bench[T]) newInts(name string, n, spare int, content []int32) []int32 {
	buffer, a := fenced[int32](name, n, spare, intCanary, content)
	b.ints = append(b.ints, a)
	return buffer
}

func fenced[E any](name string, n, spare int, mark E, content []E) ([]E, area[E]) {
	all := make([]E, fence+n+spare+fence)
	fill(all, mark)
	live := all[fence : fence+n]
	clear(live)
	copy(live, content)
	return all[fence : fence+n+spare], area[E]{name, all, live}
}

// checkFences returns an error when something outside the live part of a buffer has changed.
func (b *bench[T]) checkFences() error {
	for _, a := range b.floats {
		if err := a.check(func(v T) bool { return v == canary }); err != nil {
			return err
		}
	}
	for _, a := range b.ints {
		if err := a.check(func(v int32) bool { return v == intCanary }); err != nil {
			return err
		}
	}
	return nil
}

func (a area[E]) check(untouched func(E) bool) error {
	for i, v := range a.all {
		at := i - fence
		if (at < 0 || at >= len(a.live)) && !untouched(v) {
			return fmt.Errorf("%s has %d elements, and element %d was written: it became %v", a.name, len(a.live), at, v)
		}
	}
	return nil
}

// stepKey is the source of random numbers of the step that the rules run.
func stepKey() tensor.Random { return tensor.NewRandom(42).WithName("step") }

// begin starts a batch whose first row is row first of the whole batch.
func (b *bench[T]) begin(train bool, first int, key tensor.Random) *bench[T] {
	b.frame.Begin(b.rows, first, train, key)
	return b
}

func (b *bench[T]) forward() *bench[T] {
	b.h.layer.Forward(b.frame)
	return b
}

func (b *bench[T]) backward() *bench[T] {
	b.h.layer.Backward(b.frame)
	return b
}

// step runs Forward and Backward on a sample, from fresh memory.
func (h *harness[T]) step(s *sample[T], train bool) *bench[T] {
	return h.load(s).begin(train, 0, stepKey()).forward().backward()
}

// A named slice is a tensor as a message names it.
type named[T tensor.Float] struct {
	name   string
	row    int // elements per row, 0 where the tensor has no rows
	values []T
}

// at names element i.
func (n named[T]) at(i int) string {
	if n.row == 0 {
		return fmt.Sprintf("%s[%d]", n.name, i)
	}
	return fmt.Sprintf("%s[%d] (row %d, element %d)", n.name, i, i/n.row, i%n.row)
}

// outputs returns what Forward sets.
func (b *bench[T]) outputs() []named[T] {
	d := b.h.decl
	out := []named[T]{{"Out", d.Out.Size(), b.frame.Out()}}
	if b.frame.Train {
		for i, s := range d.States {
			out = append(out, named[T]{"NextState " + s.Name, 0, b.buf.NextState[i]})
		}
	}
	return out
}

// inputGradients returns what Backward sets.
func (b *bench[T]) inputGradients() []named[T] {
	var out []named[T]
	for i, s := range b.h.decl.In {
		if !s.IsIndex() {
			out = append(out, named[T]{fmt.Sprintf("DIn(%d)", i), s.Shape.Size(), b.frame.DIn(i)})
		}
	}
	return out
}

// paramGradients returns what Backward adds to. That of a table is a copy of its own shape, with zeros where no row was
// touched.
func (b *bench[T]) paramGradients() []named[T] {
	var out []named[T]
	for i, p := range b.h.decl.Params {
		g := named[T]{"DParam " + p.Name, 0, b.buf.DParam[i]}
		if p.IsTable() {
			g = named[T]{"DRows " + p.Name, p.Shape[1], make([]T, p.Shape.Size())}
			b.buf.DRows[i].AddTo(g.values)
		}
		out = append(out, g)
	}
	return out
}

// preload makes the parameter gradients something else than zero, which the layer has to leave or to add to. It comes
// before begin. A table gets one row more than the layer may touch.
func (b *bench[T]) preload() *bench[T] {
	const mark = 0.5
	for i, p := range b.h.decl.Params {
		fill(b.buf.DParam[i], mark)
		if p.IsTable() {
			row := make([]T, p.Shape[1])
			fill(row, mark)
			b.buf.DRows[i] = tensor.NewRowGradient[T](p.Shape[0], p.Shape[1], b.rows*p.RowsPerExample+1) // the frame shares this list
			b.buf.DRows[i].Add([]int32{0}, row)
		}
	}
	return b
}

// results returns everything that a step computes.
func (b *bench[T]) results() []named[T] {
	return append(append(b.outputs(), b.inputGradients()...), b.paramGradients()...)
}

// poison makes everything that the layer is to set, and the memory that it declared, useless. It follows begin.
func (b *bench[T]) poison() *bench[T] {
	nan := T(math.NaN())
	for _, n := range append(b.outputs(), b.inputGradients()...) {
		fill(n.values, nan)
	}
	for i := range b.buf.Scratch {
		fill(b.frame.Scratch(layers.ScratchID(i)), nan)
	}
	for i := range b.buf.ScratchInt {
		fill(b.frame.ScratchInt(layers.ScratchIntID(i)), intPoison)
	}
	return b.poisonWorkspaces()
}

// poisonWorkspaces makes the content of workspaces useless, as it is between any two calls.
func (b *bench[T]) poisonWorkspaces() *bench[T] {
	for i := range b.buf.Workspace {
		fill(b.frame.Workspace(layers.WorkspaceID(i)), T(math.NaN()))
	}
	return b
}

func fill[E any](s []E, v E) {
	for i := range s {
		s[i] = v
	}
}
