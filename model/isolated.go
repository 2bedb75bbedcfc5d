package model

import (
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/tensor"
)

// isolated runs the nodes of a model one at a time, each on memory of its own: unlike an Exec it shares and skips nothing,
// so that a node can be run again and again, and every gradient stands apart, also those that training has no use for.
type isolated struct {
	m      *Model[float64]
	batch  *tensor.Batch[float64]
	key    Key
	frames []*layers.Frame[float64]
}

// isolate returns the nodes of a model on a batch, after one forward pass in the mode of training. The batch must fit
// the model. A layer that panics gives a *LayerError.
func isolate(m *Model[float64], b *tensor.Batch[float64], key Key) (*isolated, error) {
	s := &isolated{m: m, batch: b, key: key, frames: make([]*layers.Frame[float64], len(m.nodes))}
	for i := range m.nodes {
		s.frames[i] = layers.NewFrame(m.nodes[i].decl, s.buffers(i))
		if err := s.forward(i); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// buffers allocates the frame of a node, but for the values that it reads and its parameters, which are the model's.
func (s *isolated) buffers(i int) layers.Buffers[float64] {
	nd, rows := &s.m.nodes[i], s.batch.Rows
	b := layers.Buffers[float64]{
		Out: make([]float64, rows*nd.decl.Out.Size()), DOut: make([]float64, rows*nd.decl.Out.Size()),
	}
	for j, spec := range nd.decl.In {
		in, index := s.read(nd.from[j])
		var din []float64
		if !spec.IsIndex() {
			din = make([]float64, rows*spec.Shape.Size())
		}
		b.In, b.Index = append(b.In, in), append(b.Index, index)
		b.DIn, b.NeedsDIn = append(b.DIn, din), append(b.NeedsDIn, !spec.IsIndex())
	}
	for j, p := range nd.params {
		param := s.m.params[p]
		var dense []float64
		var sparse *tensor.RowGradient[float64]
		if param.IsTable() {
			most := min(param.Shape[0], rows*nd.decl.Params[j].RowsPerExample)
			sparse = tensor.NewRowGradient[float64](param.Shape[0], param.Shape[1], most)
		} else {
			dense = make([]float64, param.Shape.Size())
		}
		b.Param, b.DParam, b.DRows = append(b.Param, param.Data), append(b.DParam, dense), append(b.DRows, sparse)
	}
	for _, k := range nd.states {
		b.State = append(b.State, s.m.states[k].Data)
		b.NextState = append(b.NextState, make([]float64, s.m.states[k].Shape.Size()))
	}
	b.AllocateScratch(nd.decl, rows)
	return b
}

// read returns the values of a source, which has run.
func (s *isolated) read(from source) (floats []float64, ints []int32) {
	if from.node >= 0 {
		return s.frames[from.node].Out(), nil
	}
	v := s.batch.Inputs[from.input]
	return v.Floats, v.Ints
}

// forward runs Forward of a node on the values that it reads now.
func (s *isolated) forward(i int) (err error) {
	nd := &s.m.nodes[i]
	defer func() {
		if r := recover(); r != nil {
			err = s.m.layerError(r, i, s.batch.Rows, "forward", s.key.Step)
		}
	}()
	s.frames[i].Begin(s.batch.Rows, 0, true, s.key.random().WithName(nd.name))
	nd.layer.Forward(s.frames[i])
	return nil
}

// backward returns the gradients with respect to all that a node reads, for the gradient dy of its output: first its
// inputs, nil for one of whole numbers, then its parameters. They are new memory. Forward runs before, because Backward
// may use up what that left in scratch.
func (s *isolated) backward(i int, dy []float64) (grads [][]float64, err error) {
	if err := s.forward(i); err != nil {
		return nil, err
	}
	nd, f := &s.m.nodes[i], s.frames[i]
	defer func() {
		if r := recover(); r != nil {
			err = s.m.layerError(r, i, s.batch.Rows, "backward", s.key.Step)
		}
	}()
	copy(f.DOut(), dy)
	for j := range nd.params {
		if rows := f.DRows(layers.ParamID(j)); rows != nil {
			rows.Clear()
		} else {
			clear(f.DParam(layers.ParamID(j)))
		}
	}
	nd.layer.Backward(f)
	for j := range nd.from {
		var din []float64
		if f.DIn(j) != nil {
			din = append([]float64{}, f.DIn(j)...)
		}
		grads = append(grads, din)
	}
	for j, p := range nd.params {
		dw := make([]float64, s.m.params[p].Shape.Size())
		if rows := f.DRows(layers.ParamID(j)); rows != nil {
			rows.AddTo(dw)
		} else {
			copy(dw, f.DParam(layers.ParamID(j)))
		}
		grads = append(grads, dw)
	}
	return grads, nil
}
