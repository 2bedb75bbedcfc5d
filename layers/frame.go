package layers

import "github.com/strata-ml/strata/tensor"

// A Frame is the memory of one execution of one layer. The executor and the conformance kit make it with NewFrame; a
// layer only reads its fields and fills its slices, for Rows rows, during Forward and Backward.
type Frame[T tensor.Float] struct {
	Rows  int  // rows of this batch, at most the capacity that the frame was made for
	Train bool // false when the model only predicts

	decl  *Declaration
	full  Buffers[T] // slices for the frame's capacity
	cut   Buffers[T] // the same, cut to Rows
	key   tensor.Random
	first int
}

// Buffers are the slices that a frame hands to its layer. Those per row have a whole number of rows; the frame cuts
// them to the rows of each batch.
type Buffers[T tensor.Float] struct {
	In         [][]T     // per row, by input; nil where the input holds integers
	Index      [][]int32 // per row, by input; nil where the input holds real numbers
	Out, DOut  []T       // per row
	DIn        [][]T     // per row, by input; nil where the input holds integers
	NeedsDIn   []bool    // by input
	Param      [][]T
	DParam     [][]T
	SetDParam  []bool // by parameter: Backward sets DParam, which holds garbage; nil for none. Only where the layer declared it
	State      [][]T
	NextState  [][]T
	Scratch    [][]T     // per row
	ScratchInt [][]int32 // per row
	Workspace  [][]T

	// DRows holds the row-sparse gradients by parameter, nil for others. The DParam of a row-sparse one is nil.
	DRows []*tensor.RowGradient[T]
}

// Allocate returns buffers of a frame for up to rows rows, all from fresh memory. Every input needs its gradient.
func Allocate[T tensor.Float](d *Declaration, rows int) Buffers[T] {
	var b Buffers[T]
	for _, s := range d.In {
		var in, din []T
		var index []int32
		if s.IsIndex() {
			index = make([]int32, rows*s.Shape.Size())
		} else {
			in, din = make([]T, rows*s.Shape.Size()), make([]T, rows*s.Shape.Size())
		}
		b.In, b.DIn, b.Index = append(b.In, in), append(b.DIn, din), append(b.Index, index)
		b.NeedsDIn = append(b.NeedsDIn, !s.IsIndex())
	}
	b.Out, b.DOut = make([]T, rows*d.Out.Size()), make([]T, rows*d.Out.Size())
	for _, p := range d.Params {
		b.Param = append(b.Param, make([]T, p.Shape.Size()))
		var dense []T
		var sparse *tensor.RowGradient[T]
		if p.IsTable() {
			sparse = tensor.NewRowGradient[T](p.Shape[0], p.Shape[1], rows*p.RowsPerExample)
		} else {
			dense = make([]T, p.Shape.Size())
		}
		b.DParam, b.DRows = append(b.DParam, dense), append(b.DRows, sparse)
	}
	for _, s := range d.States {
		b.State = append(b.State, make([]T, s.Shape.Size()))
		b.NextState = append(b.NextState, make([]T, s.Shape.Size()))
	}
	b.AllocateScratch(d, rows)
	return b
}

// AllocateScratch makes the memory that belongs to one frame alone.
func (b *Buffers[T]) AllocateScratch(d *Declaration, rows int) {
	for _, n := range d.Scratch {
		b.Scratch = append(b.Scratch, make([]T, rows*n))
	}
	for _, n := range d.ScratchInts {
		b.ScratchInt = append(b.ScratchInt, make([]int32, rows*n))
	}
	for _, n := range d.Workspaces {
		b.Workspace = append(b.Workspace, make([]T, n))
	}
}

// NewFrame returns a frame over buffers. Begin must be called before the layer sees it.
func NewFrame[T tensor.Float](d *Declaration, b Buffers[T]) *Frame[T] {
	f := &Frame[T]{decl: d, full: b, cut: b}
	f.cut.In, f.cut.DIn = make([][]T, len(b.In)), make([][]T, len(b.DIn))
	f.cut.Index = make([][]int32, len(b.Index))
	f.cut.Scratch, f.cut.ScratchInt = make([][]T, len(b.Scratch)), make([][]int32, len(b.ScratchInt))
	return f
}

// Begin prepares the frame for a batch: rows rows, of which the first is row first of the whole batch; training or
// not; and the random numbers of this step and node.
func (f *Frame[T]) Begin(rows, first int, train bool, key tensor.Random) {
	f.Rows, f.Train, f.first, f.key = rows, train, first, key
	for i, s := range f.decl.In {
		n := rows * s.Shape.Size()
		f.cut.In[i], f.cut.DIn[i], f.cut.Index[i] = cut(f.full.In[i], n), cut(f.full.DIn[i], n), cut(f.full.Index[i], n)
	}
	n := rows * f.decl.Out.Size()
	f.cut.Out, f.cut.DOut = cut(f.full.Out, n), cut(f.full.DOut, n)
	for i, n := range f.decl.Scratch {
		f.cut.Scratch[i] = cut(f.full.Scratch[i], rows*n)
	}
	for i, n := range f.decl.ScratchInts {
		f.cut.ScratchInt[i] = cut(f.full.ScratchInt[i], rows*n)
	}
}

func cut[E any](s []E, n int) []E {
	if s == nil {
		return nil
	}
	return s[:n:n]
}

// SetInput replaces input i for the batches to come, without copying: the executor points the first nodes of a graph
// at the batch's own memory. It is called before Begin.
func (f *Frame[T]) SetInput(i int, v tensor.Values[T]) {
	f.full.In[i], f.full.Index[i] = v.Floats, v.Ints
}

// In returns input i. Shape: [Rows, shape of In(i)…].
func (f *Frame[T]) In(i int) []T { return f.cut.In[i] }

// Index returns input i as integers, where the layer declared it so. Shape: [Rows, shape of In(i)…].
func (f *Frame[T]) Index(i int) []int32 { return f.cut.Index[i] }

// Out returns the output, which Forward sets. Shape: [Rows, output shape…].
func (f *Frame[T]) Out() []T { return f.cut.Out }

// DOut returns the gradient of the loss with respect to the output. Shape: [Rows, output shape…].
func (f *Frame[T]) DOut() []T { return f.cut.DOut }

// DIn returns the gradient of the loss with respect to input i, which Backward sets. It is never nil for an input of
// real numbers: where nobody needs it, it is memory that nobody reads. Shape: that of In(i).
func (f *Frame[T]) DIn(i int) []T { return f.cut.DIn[i] }

// NeedsDIn reports whether anybody reads DIn(i), so that a layer can leave out costly work.
func (f *Frame[T]) NeedsDIn(i int) bool { return f.full.NeedsDIn[i] }

// Param returns a parameter. Shape: as declared.
func (f *Frame[T]) Param(p ParamID) []T { return f.full.Param[p] }

// DParam returns the gradient of the loss with respect to a parameter, to which Backward adds. Shape: that of Param(p).
func (f *Frame[T]) DParam(p ParamID) []T { return f.full.DParam[p] }

// DParamMode says what Backward does with DParam(p): Accumulate, or Overwrite where the layer declared SetsDParam and
// nobody has written the gradient yet.
func (f *Frame[T]) DParamMode(p ParamID) tensor.Mode {
	return tensor.Mode(f.full.SetDParam == nil || !f.full.SetDParam[p])
}

// DRows returns the gradient of the loss with respect to a table of RowParam, to which Backward adds. It is nil for
// other parameters.
func (f *Frame[T]) DRows(p ParamID) *tensor.RowGradient[T] { return f.full.DRows[p] }

// State returns a state as it was before the step. Shape: as declared.
func (f *Frame[T]) State(s StateID) []T { return f.full.State[s] }

// NextState returns where Forward leaves the state's next value when Train is set. The trainer commits it after the
// step, so that a gradient check, a replay or a concurrent frame changes no model. Shape: that of State(s).
func (f *Frame[T]) NextState(s StateID) []T { return f.full.NextState[s] }

// Scratch returns memory that Backward finds as Forward left it. Shape: [Rows, n] with n as declared.
func (f *Frame[T]) Scratch(s ScratchID) []T { return f.cut.Scratch[s] }

// ScratchInt returns memory that Backward finds as Forward left it. Shape: [Rows, n] with n as declared.
func (f *Frame[T]) ScratchInt(s ScratchIntID) []int32 { return f.cut.ScratchInt[s] }

// Workspace returns memory whose content is lost between calls. Shape: [n] as declared.
func (f *Frame[T]) Workspace(w WorkspaceID) []T { return f.full.Workspace[w] }

// Rand returns the random numbers of one row: a pure function of the run's seed, the step, the node's name and the
// row's place in the batch. Forward and Backward see the same ones.
func (f *Frame[T]) Rand(row int) tensor.Random { return f.key.With(uint64(f.first + row)) }
