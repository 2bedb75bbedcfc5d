package model

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/tensor"
)

// An Exec is the memory of one execution of a model, for batches of up to a fixed number of rows. It belongs to one
// goroutine; several may run the same model at once. After NewExec nothing is allocated.
type Exec[T tensor.Float] struct {
	m        *Model[T]
	frames   []*layers.Frame[T]
	from     [][]source // by node: whose values it reads, past nodes that only reshape
	skips    []bool     // by node: it only reshapes, and whoever reads it reads its source
	train    bool
	capacity int
	grads    []T      // gradients of all parameters but tables; nil when the Exec only predicts
	next     [][]T    // next states, by state
	out      [][]T    // values, by node
	dout     [][]T    // gradients of the values, by node
	sets     [][]bool // by node and its parameter: Backward sets the gradient
	toClear  [][]T    // the gradients that Backward starts by clearing: those that no layer sets
	spare    [][]T    // by input position: gradients that nobody reads, or that are still to be added
	adds     [][]add  // by node: what is added to earlier gradients after its Backward
	active   []bool   // by node: whether its Backward has anything to do
	check    bool     // stop at the first number that is not finite

	penalties [][]OutputPenalty[T] // by node; nil without any

	rowGrads []*tensor.RowGradient[T] // by parameter: the gradient of a table, nil for others

	rows  int
	node  int // where the execution is, for errors
	phase string
	step  int64
}

// add says that the spare gradient at an input position is added to the gradient of a node.
type add struct{ input, node int }

// A Key is what the random numbers of an execution depend on, besides the names of nodes and the rows' places.
type Key struct {
	Seed uint64
	Step int64
}

// random returns what the random numbers of every node begin with.
func (k Key) random() tensor.Random {
	return tensor.NewRandom(k.Seed).WithName("forward").With(uint64(k.Step))
}

// A LayerError is a layer that panicked.
type LayerError struct {
	Node  string
	Phase string // "forward" or "backward"
	Step  int64
	Rows  int
	In    []tensor.Shape // of one row
	Out   tensor.Shape
	Err   error
	Stack []byte
}

func (e *LayerError) Error() string {
	in := make([]string, len(e.In))
	for i, s := range e.In {
		in[i] = fmt.Sprint(s)
	}
	return fmt.Sprintf("node %q: %s of step %d, %d rows of %s → %v: %v", e.Node, e.Phase, e.Step, e.Rows, strings.Join(in, ", "), e.Out, e.Err)
}

func (e *LayerError) Unwrap() error { return e.Err }

// NewExec returns an execution of an initialized model. One that trains can call Backward.
func NewExec[T tensor.Float](m *Model[T], rows int, train bool) *Exec[T] {
	e := &Exec[T]{m: m, train: train, capacity: rows}
	n := len(m.nodes)
	e.out, e.dout, e.adds = make([][]T, n), make([][]T, n), make([][]add, n)
	e.resolveSources()
	for i, nd := range m.nodes {
		if !e.skips[i] {
			e.out[i] = kernel.Make[T](rows * nd.decl.Out.Size())
		}
	}
	for _, s := range m.states {
		e.next = append(e.next, kernel.Make[T](s.Shape.Size()))
	}
	if train {
		e.grads = kernel.Make[T](m.numDense())
		e.rowGrads = newRowGrads(m, rows)
		e.active = m.active()
		e.sets = e.planGradients()
		for i, nd := range m.nodes {
			if e.active[i] && !e.skips[i] || i == m.output {
				e.dout[i] = kernel.Make[T](rows * nd.decl.Out.Size())
			}
		}
	}
	e.frames = make([]*layers.Frame[T], n)
	claimed := make([]bool, n) // whose gradient a later node writes straight into dout
	for i := n - 1; i >= 0; i-- {
		if e.skips[i] {
			continue
		}
		e.frames[i] = layers.NewFrame(m.nodes[i].decl, e.buffers(i, rows, claimed))
	}
	return e
}

// resolveSources finds the nodes that only reshape, but for the outputs of the model, and whose values each node reads.
func (e *Exec[T]) resolveSources() {
	e.from, e.skips = make([][]source, len(e.m.nodes)), make([]bool, len(e.m.nodes))
	for i, nd := range e.m.nodes {
		e.skips[i] = nd.decl.Reshapes && !slices.Contains(e.m.outputs, i)
		for _, s := range nd.from {
			if s.node >= 0 && e.skips[s.node] {
				s = e.from[s.node][0]
			}
			e.from[i] = append(e.from[i], s)
		}
	}
}

// planGradients decides for each parameter of each node whether its Backward sets the gradient or adds to it: the first
// to run may set it where the layer can. What nobody sets is to be cleared.
func (e *Exec[T]) planGradients() (sets [][]bool) {
	sets = make([][]bool, len(e.m.nodes))
	written := make([]bool, len(e.m.params))
	for i := len(e.m.nodes) - 1; i >= 0; i-- {
		nd := e.m.nodes[i]
		for j, p := range nd.params {
			first := e.active[i] && !written[p]
			sets[i] = append(sets[i], first && nd.decl.Params[j].Sets)
			if first && !nd.decl.Params[j].Sets {
				e.toClear = append(e.toClear, e.gradient(e.m.params[p])) // nil for a table
			}
			written[p] = written[p] || first
		}
	}
	return sets
}

// Model returns the model that is executed.
func (e *Exec[T]) Model() *Model[T] { return e.m }

// Capacity returns the largest number of rows.
func (e *Exec[T]) Capacity() int { return e.capacity }

// active marks the nodes that lead a gradient from the output to a parameter that trains.
func (m *Model[T]) active() []bool {
	active := make([]bool, len(m.nodes))
	for i, nd := range m.nodes {
		for _, p := range nd.params {
			active[i] = active[i] || !m.params[p].Frozen
		}
		for _, s := range nd.from {
			active[i] = active[i] || s.node >= 0 && active[s.node]
		}
	}
	for i, reaches := range m.reaching() {
		active[i] = active[i] && reaches
	}
	return active
}

// buffers puts together the frame of a node. It is called in reverse order: the first to claim a node's gradient is
// the first to run in Backward, and writes it; those that come after it add.
func (e *Exec[T]) buffers(i, rows int, claimed []bool) layers.Buffers[T] {
	nd := e.m.nodes[i]
	b := layers.Buffers[T]{Out: e.out[i], DOut: e.dout[i]}
	for j, s := range e.from[i] {
		var in, din []T
		needs := false
		if s.node >= 0 {
			in = e.out[s.node]
		}
		if e.train && !nd.decl.In[j].IsIndex() {
			needs = e.active[i] && s.node >= 0 && e.active[s.node]
			switch {
			case needs && !claimed[s.node]:
				claimed[s.node] = true
				din = e.dout[s.node]
			case needs:
				e.adds[i] = append(e.adds[i], add{j, s.node})
				fallthrough
			default:
				din = e.spareFor(j, rows*nd.decl.In[j].Shape.Size())
			}
		}
		b.In, b.DIn, b.NeedsDIn = append(b.In, in), append(b.DIn, din), append(b.NeedsDIn, needs)
		b.Index = append(b.Index, nil)
	}
	for _, p := range nd.params {
		param := e.m.params[p]
		b.Param = append(b.Param, param.Data)
		if e.train {
			b.DParam, b.DRows = append(b.DParam, e.gradient(param)), append(b.DRows, e.rowGrads[p])
		}
	}
	for _, s := range nd.states {
		b.State, b.NextState = append(b.State, e.m.states[s].Data), append(b.NextState, e.next[s])
	}
	if e.train {
		b.SetDParam = e.sets[i]
	}
	b.AllocateScratch(nd.decl, rows)
	return b
}

// spareFor returns the spare gradient of an input position, with room for n elements. A larger one replaces a smaller
// one for the frames to come; those made before keep theirs.
func (e *Exec[T]) spareFor(input, n int) []T {
	for len(e.spare) <= input {
		e.spare = append(e.spare, nil)
	}
	if len(e.spare[input]) < n {
		e.spare[input] = kernel.Make[T](n)
	}
	return e.spare[input]
}

// Forward computes the predictions for a batch. Shape: [Rows, output…]; the slice is the Exec's own, valid until the
// next call. A batch that does not fit the model or the capacity is an error. first is the place of the batch's first row when the batch is a part of a larger one, else 0. A layer
// that panics gives a *LayerError.
func (e *Exec[T]) Forward(b *tensor.Batch[T], train bool, key Key, first int) (pred []T, err error) {
	if err := e.checkBatch(b); err != nil {
		return nil, err
	}
	defer e.recoverLayer(&err)
	e.rows, e.phase, e.step = b.Rows, "forward", key.Step
	random := key.random()
	for i := range e.m.nodes {
		if e.skips[i] {
			continue
		}
		nd, f := &e.m.nodes[i], e.frames[i]
		e.node = i
		for j, s := range e.from[i] {
			if s.input >= 0 {
				f.SetInput(j, b.Inputs[s.input])
			}
		}
		f.Begin(b.Rows, first, train, random.WithName(nd.name))
		nd.layer.Forward(f)
		if e.check {
			if err := e.nonFinite(nd.name, "output", f.Out(), b.Rows); err != nil {
				return nil, err
			}
		}
	}
	return e.out[e.m.output][:b.Rows*e.m.Output().Size()], nil
}

// Value returns what the last Forward computed for an output, by its place in Model.Outputs. Shape: [Rows, …]; the slice is
// the Exec's own, valid until the next call.
func (e *Exec[T]) Value(output int) []T {
	i := e.m.outputs[output]
	return e.out[i][:e.rows*e.m.nodes[i].decl.Out.Size()]
}

// checkBatch returns an error for a batch that is too large, or lacks an input or a part of one.
func (e *Exec[T]) checkBatch(b *tensor.Batch[T]) error {
	if b.Rows < 0 || b.Rows > e.capacity {
		return fmt.Errorf("model: a batch of %d rows for an execution of up to %d", b.Rows, e.capacity)
	}
	return e.m.checkInputs(b)
}

// checkInputs returns an error for a batch that lacks an input or a part of one.
func (m *Model[T]) checkInputs(b *tensor.Batch[T]) error {
	if len(b.Inputs) != len(m.inputs) {
		return fmt.Errorf("model: a batch with %d inputs for a model of %d", len(b.Inputs), len(m.inputs))
	}
	for i, in := range m.inputs {
		have := len(b.Inputs[i].Floats)
		if in.IsIndex() {
			have = len(b.Inputs[i].Ints)
		}
		if want := b.Rows * in.Shape.Size(); have < want {
			return fmt.Errorf("model: input %q of %d rows %v has %d elements and needs %d", in.Name, b.Rows, in.Shape, have, want)
		}
	}
	return nil
}

// DOut returns where the gradient of the loss with respect to the predictions goes before Backward. Shape: that of the
// predictions.
func (e *Exec[T]) DOut() []T { return e.dout[e.m.output][:e.rows*e.m.Output().Size()] }

// Backward computes the gradients of all parameters from the gradient in DOut and the penalties, for the batch of the last Forward. Each
// node runs once, in the reverse of the forward order. A layer that panics gives a *LayerError.
func (e *Exec[T]) Backward() (err error) {
	if !e.train {
		return errors.New("model: an execution that only predicts has no gradients")
	}
	defer e.recoverLayer(&err)
	e.phase = "backward"
	for _, g := range e.toClear {
		clear(g)
	}
	for _, g := range e.rowGrads {
		if g != nil {
			g.Clear()
		}
	}
	for i := len(e.m.nodes) - 1; i >= 0; i-- {
		if !e.active[i] || e.skips[i] {
			continue
		}
		e.node = i
		nd, f := &e.m.nodes[i], e.frames[i]
		if err := e.addPenalties(i); err != nil {
			return err
		}
		nd.layer.Backward(f)
		for _, a := range e.adds[i] {
			tensor.AddTo(e.frames[a.node].DOut(), f.DIn(a.input))
		}
		if e.check {
			if err := e.checkBackward(i); err != nil {
				return err
			}
		}
	}
	for i, p := range e.m.params {
		switch {
		case p.Frozen && p.IsTable():
			e.rowGrads[i].Clear()
		case p.Frozen:
			clear(e.gradient(p))
		}
	}
	return nil
}

// Grads returns the gradients of all parameters but tables, in the order of Model.Weights; those of frozen parameters
// are zero.
func (e *Exec[T]) Grads() []T { return e.grads }

// CommitStates makes the next states that a training Forward left the states of the model. No other Exec of the model
// may be running.
func (e *Exec[T]) CommitStates() {
	for i, s := range e.m.states {
		copy(s.Data, e.next[i])
	}
}

// recoverLayer turns the panic of a layer into an error.
func (e *Exec[T]) recoverLayer(err *error) {
	if r := recover(); r != nil {
		*err = e.m.layerError(r, e.node, e.rows, e.phase, e.step)
	}
}

// layerError is the error of the layer of a node that panicked with r.
func (m *Model[T]) layerError(r any, node, rows int, phase string, step int64) *LayerError {
	cause, ok := r.(error)
	if !ok {
		cause = fmt.Errorf("%v", r)
	}
	nd := &m.nodes[node]
	failed := &LayerError{Node: nd.name, Phase: phase, Step: step, Rows: rows, Out: nd.decl.Out, Err: cause, Stack: debug.Stack()}
	for _, in := range nd.decl.In {
		failed.In = append(failed.In, in.Shape)
	}
	return failed
}
