package model

import (
	"fmt"
	"math"

	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/tensor"
)

// A Trace is one example on its way forward and backward through a model, with every number kept: the computational
// graph of the chain rule.
//
// The gradient of a value is that of the output of the graph, a single number, with respect to it. The graph sums it over
// the edges that leave the value. What an edge brings is downstream = upstream × local: upstream is the gradient of the
// value at its head, local the Jacobian of the node there with respect to the value at its tail.
type Trace struct {
	Values []TracedValue // in topological order: what an edge leaves stands before what it enters
	Edges  []TracedEdge  // in the order in which the gradient crosses them, from the output back
	Output int           // the place in Values of the model's output
}

// A ValueKind says where a value comes from.
type ValueKind string

// The kinds of values.
const (
	InputValue ValueKind = "input"     // given with the example
	ParamValue ValueKind = "parameter" // trained
	NodeValue  ValueKind = "node"      // computed
	LossValue  ValueKind = "loss"      // computed from the output of the model and the target
)

// A TracedValue is a tensor of the graph.
type TracedValue struct {
	Name     string // of the input or the node, or the path of the parameter
	Kind     ValueKind
	Shape    tensor.Shape
	Value    []float64
	Index    []int32   // in place of Value where the input holds whole numbers
	Gradient []float64 // of the shape of Value; nil where nothing has a gradient with respect to it
	Fan      int       // edges that leave it
}

// A TracedEdge leads from a value to a node that reads it.
type TracedEdge struct {
	From, To   int       // places in Values
	Local      *Jacobian // nil where From holds whole numbers
	Downstream []float64 // of the shape of From; nil where From holds whole numbers
}

// A Jacobian holds ∂y_k/∂x_i for each number y_k that a node computes and each number x_i that it reads.
type Jacobian struct {
	Out, In  int       // how many y and x
	Diagonal []float64 // ∂y_k/∂x_k where y_k depends on x_k alone; else nil
	Full     []float64 // [Out In]; nil where Diagonal says it all, or where it would be large
}

// The largest Jacobian that a Trace holds in full: one call of Backward finds one row of it.
const (
	maxJacobianRows = 32
	maxJacobian     = 1024 // elements
)

// NewTrace runs one example through a model, in the mode of training. l, which must have been built on the model's
// output, ends the graph; where it is nil the graph ends in the sum of the output's numbers. An Exec computes the same
// gradients, but keeps only those of parameters.
//
// A layer that panics gives a *LayerError.
func NewTrace(m *Model[float64], l loss.Loss[float64], b *tensor.Batch[float64], key Key) (*Trace, error) {
	if b.Rows != 1 {
		return nil, fmt.Errorf("model: a trace is of one example, not of %d", b.Rows)
	}
	if err := m.checkInputs(b); err != nil {
		return nil, err
	}
	s, err := isolate(m, b, key)
	if err != nil {
		return nil, err
	}
	t := &tracer{isolated: s, trace: &Trace{}, params: make([]int, len(m.params)), nodes: make([]int, len(m.nodes))}
	t.list()
	t.end(l)
	for i := len(m.nodes) - 1; i >= 0; i-- {
		if err := t.back(i); err != nil {
			return nil, err
		}
	}
	for _, e := range t.trace.Edges {
		t.trace.Values[e.From].Fan++
	}
	return t.trace, nil
}

// tracer fills a Trace.
type tracer struct {
	*isolated
	trace  *Trace
	params []int // by parameter: its place in Values
	nodes  []int // by node
}

// list lists the values: the inputs, and each node behind its parameters.
func (t *tracer) list() {
	for i := range t.params {
		t.params[i] = -1
	}
	add := func(v TracedValue) int {
		t.trace.Values = append(t.trace.Values, v)
		return len(t.trace.Values) - 1
	}
	for i, in := range t.m.inputs {
		n := in.Shape.Size()
		v := TracedValue{Name: in.Name, Kind: InputValue, Shape: in.Shape}
		if b := t.batch.Inputs[i]; in.IsIndex() {
			v.Index = b.Ints[:n]
		} else {
			v.Value, v.Gradient = b.Floats[:n], make([]float64, n)
		}
		add(v)
	}
	for i, nd := range t.m.nodes {
		for _, p := range nd.params {
			if param := t.m.params[p]; t.params[p] < 0 {
				t.params[p] = add(TracedValue{
					Name: param.Path, Kind: ParamValue, Shape: param.Shape, Value: param.Data, Gradient: make([]float64, len(param.Data)),
				})
			}
		}
		out := t.frames[i].Out()
		t.nodes[i] = add(TracedValue{
			Name: nd.name, Kind: NodeValue, Shape: nd.decl.Out, Value: append([]float64{}, out...), Gradient: make([]float64, len(out)),
		})
	}
}

// end begins the way back: with the loss, or with the output of the model itself.
func (t *tracer) end(l loss.Loss[float64]) {
	from := t.nodes[t.m.output]
	t.trace.Output = from
	output := &t.trace.Values[from]
	if l == nil {
		fill(output.Gradient, 1)
		return
	}
	dpred := make([]float64, len(output.Value))
	sum, weight := l.Eval(append([]float64{}, output.Value...), t.batch.Target, 1, dpred)
	tensor.AddTo(output.Gradient, dpred)
	t.trace.Values = append(t.trace.Values, TracedValue{Name: "loss", Kind: LossValue, Value: []float64{sum / weight}, Gradient: []float64{1}})
	t.trace.Edges = append(t.trace.Edges, TracedEdge{
		From: from, To: len(t.trace.Values) - 1, Local: newJacobian(1, len(dpred), [][]float64{dpred}), Downstream: dpred,
	})
}

// back takes the gradient of a node's output to all that the node reads.
func (t *tracer) back(i int) error {
	nd := &t.m.nodes[i]
	to := t.nodes[i]
	upstream := t.trace.Values[to].Gradient
	grads, err := t.backward(i, upstream)
	if err != nil {
		return err
	}
	local, err := t.jacobians(i, grads)
	if err != nil {
		return err
	}
	for j, g := range grads {
		from := t.tail(nd, j)
		if g != nil {
			tensor.AddTo(t.trace.Values[from].Gradient, g)
		}
		t.trace.Edges = append(t.trace.Edges, TracedEdge{From: from, To: to, Local: local[j], Downstream: g})
	}
	return nil
}

// tail returns the place in Values of what a node reads: its inputs, then its parameters.
func (t *tracer) tail(nd *node[float64], j int) int {
	if j >= len(nd.from) {
		return t.params[nd.params[j-len(nd.from)]]
	}
	if s := nd.from[j]; s.node >= 0 {
		return t.nodes[s.node]
	}
	return nd.from[j].input
}

// jacobians returns the Jacobians of a node with respect to all that it reads, of which like holds a gradient each. A
// small one is found row by row, each the gradient for one number of the output. Whether a large one is diagonal is
// found by probing: dx = d ⊙ dy for every dy only where it is, and d the answer to dy = 1.
func (t *tracer) jacobians(i int, like [][]float64) ([]*Jacobian, error) {
	out := t.m.nodes[i].decl.Out.Size()
	var probes [][]float64
	if out <= maxJacobianRows {
		for k := range out {
			dy := make([]float64, out)
			dy[k] = 1
			probes = append(probes, dy)
		}
	} else {
		ones, random := make([]float64, out), make([]float64, out)
		r := tensor.NewRandom(1).WithName("trace")
		for k := range out {
			ones[k], random[k] = 1, r.Normal(k)
		}
		probes = [][]float64{ones, random}
	}
	answers := make([][][]float64, len(like)) // by what is read, then by probe
	for _, dy := range probes {
		grads, err := t.backward(i, dy)
		if err != nil {
			return nil, err
		}
		for j, g := range grads {
			answers[j] = append(answers[j], g)
		}
	}
	list := make([]*Jacobian, len(like))
	for j, g := range like {
		switch {
		case g == nil:
		case out <= maxJacobianRows:
			list[j] = newJacobian(out, len(g), answers[j])
		default:
			list[j] = probedJacobian(out, len(g), answers[j][0], answers[j][1], probes[1])
		}
	}
	return list, nil
}

// newJacobian returns the Jacobian with the given rows.
func newJacobian(out, in int, rows [][]float64) *Jacobian {
	j := &Jacobian{Out: out, In: in}
	diagonal := out == in
	for k := 0; k < out && diagonal; k++ {
		for i, v := range rows[k] {
			diagonal = diagonal && (i == k || v == 0)
		}
	}
	switch {
	case diagonal:
		for k := range rows {
			j.Diagonal = append(j.Diagonal, rows[k][k])
		}
	case out*in <= maxJacobian:
		for _, row := range rows {
			j.Full = append(j.Full, row...)
		}
	}
	return j
}

// probedJacobian returns the Jacobian that answers dy = 1 with d, and the given dy with dx.
func probedJacobian(out, in int, d, dx, dy []float64) *Jacobian {
	j := &Jacobian{Out: out, In: in}
	if out != in {
		return j
	}
	for k := range d {
		if want := d[k] * dy[k]; !(math.Abs(dx[k]-want) <= 1e-12*math.Abs(want)) {
			return j
		}
	}
	j.Diagonal = d
	return j
}

func fill(x []float64, v float64) {
	for i := range x {
		x[i] = v
	}
}
