package model

import (
	"fmt"
	"math"
	"strings"

	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/tensor"
)

// A Model is a graph of layers and its parameters. Parameters lie one after the other in a single array, in the order
// of the nodes but with the tables behind the others. So do the gradients of those others in every Exec: element i of
// one belongs to element i of the other, and the tables, whose gradients are row-sparse, are what one array has more.
type Model[T tensor.Float] struct {
	inputs  []tensor.Spec
	nodes   []node[T] // in topological order
	output  int       // the node that is scored
	outputs []int     // all nodes whose values the model gives, that one first
	params  []Param[T]
	states  []State[T]
	weights []T // nil before Init
}

// A Param is a trained tensor of a model.
type Param[T tensor.Float] struct {
	Path   string // node/name: the same in checkpoints, logs, plots, patterns and errors
	Node   string
	Shape  tensor.Shape
	Offset int // of its first element in the array of all parameters
	Data   []T // nil before Init
	Frozen bool
	init   layers.Init

	// rows is how many rows of a table one example touches at most, over all nodes that use it; 0 for a parameter with an
	// ordinary gradient.
	rows int
}

// IsTable reports whether the gradient is row-sparse: the parameter is a table [rows width], and an Exec has its
// gradient in RowGrads instead of Grads.
func (p *Param[T]) IsTable() bool { return p.rows > 0 }

// Initializer returns what the parameter begins with, the zero Init where that is zeros.
func (p *Param[T]) Initializer() layers.Init { return p.init }

// A State is a tensor that is saved with a model but not trained.
type State[T tensor.Float] struct {
	Path  string // node/name
	Shape tensor.Shape
	Data  []T // nil before Init
	fill  float64
}

func (m *Model[T]) addParam(node string, p layers.ParamDecl) {
	m.params = append(m.params, Param[T]{
		Path: node + "/" + p.Name, Node: node, Shape: p.Shape, init: p.Init, rows: p.RowsPerExample,
	})
}

// place lays the parameters out: the tables behind the others.
func (m *Model[T]) place() {
	end := 0
	for _, tables := range []bool{false, true} {
		for i := range m.params {
			if p := &m.params[i]; p.IsTable() == tables {
				p.Offset = end
				end = saturatingAdd(end, p.Shape.Size())
			}
		}
	}
}

func (m *Model[T]) addState(node string, s layers.StateDecl) {
	m.states = append(m.states, State[T]{Path: node + "/" + s.Name, Shape: s.Shape, fill: s.Fill})
}

// NumParams returns the number of parameter elements. It saturates at math.MaxInt.
func (m *Model[T]) NumParams() int {
	n := m.numDense()
	for _, p := range m.params {
		if p.IsTable() {
			n = saturatingAdd(n, p.Shape.Size())
		}
	}
	return n
}

// numDense returns the number of elements of the parameters that are no tables.
func (m *Model[T]) numDense() int {
	n := 0
	for _, p := range m.params {
		if !p.IsTable() {
			n = saturatingAdd(n, p.Shape.Size())
		}
	}
	return n
}

func saturatingAdd(a, b int) int {
	if a > math.MaxInt-b {
		return math.MaxInt
	}
	return a + b
}

// Init allocates the parameters and states and gives them their first values: each parameter by its initializer, from
// random numbers keyed by the seed and its path. Adding a node therefore leaves the others as they were. The error is a
// *NodeError that wraps a *layers.PanicError: an initializer panicked.
func (m *Model[T]) Init(seed uint64) error {
	m.weights = kernel.Make[T](m.NumParams())
	random := tensor.NewRandom(seed).WithName("initializer")
	for i := range m.params {
		p := &m.params[i]
		n := p.Shape.Size()
		p.Data = m.weights[p.Offset : p.Offset+n : p.Offset+n]
		w := make([]float64, n)
		if err := layers.Guard(fmt.Sprintf("the initializer %s of %s", p.init.Or("zeros"), p.Path), func() error {
			p.init.Or("zeros").New().Fill(w, p.Shape, random.WithName(p.Path))
			return nil
		}); err != nil {
			return &NodeError{p.Node, err}
		}
		for j, v := range w {
			p.Data[j] = T(v)
		}
	}
	for i := range m.states {
		s := &m.states[i]
		s.Data = make([]T, s.Shape.Size())
		for j := range s.Data {
			s.Data[j] = T(s.fill)
		}
	}
	return nil
}

// Weights returns the array of all parameters. It is the model's own memory.
func (m *Model[T]) Weights() []T { return m.weights }

// Params returns the parameters in the order of the array. Their Data is the model's own memory.
func (m *Model[T]) Params() []Param[T] { return m.params }

// States returns the states in the order of the nodes. Their Data is the model's own memory.
func (m *Model[T]) States() []State[T] { return m.states }

// Inputs returns what the model reads.
func (m *Model[T]) Inputs() []tensor.Spec { return m.inputs }

// Outputs names the nodes whose values the model gives, the one that is scored first.
func (m *Model[T]) Outputs() []string {
	names := make([]string, len(m.outputs))
	for i, k := range m.outputs {
		names[i] = m.nodes[k].name
	}
	return names
}

// Output returns the shape of one row of predictions.
func (m *Model[T]) Output() tensor.Shape { return m.nodes[m.output].decl.Out }

// Freeze keeps a parameter from training. It must be called before an Exec is made.
func (m *Model[T]) Freeze(path string) error {
	for i := range m.params {
		if m.params[i].Path == path {
			m.params[i].Frozen = true
			return nil
		}
	}
	return fmt.Errorf("model: no parameter %q; there are %s", path, strings.Join(m.paths(), ", "))
}

func (m *Model[T]) paths() []string {
	paths := make([]string, len(m.params))
	for i, p := range m.params {
		paths[i] = p.Path
	}
	return paths
}

// Clone returns a model with the same graph and its own copy of the parameters and states.
func (m *Model[T]) Clone() *Model[T] {
	c := *m
	c.params, c.states = append([]Param[T](nil), m.params...), append([]State[T](nil), m.states...)
	if m.weights != nil {
		c.weights = append([]T(nil), m.weights...)
		for i := range c.params {
			n := c.params[i].Shape.Size()
			c.params[i].Data = c.weights[c.params[i].Offset : c.params[i].Offset+n : c.params[i].Offset+n]
		}
		for i := range c.states {
			c.states[i].Data = append([]T(nil), m.states[i].Data...)
		}
	}
	return &c
}

// A NodeInfo is a row of the table that describes a model.
type NodeInfo struct {
	Name   string
	From   []string
	In     []tensor.Shape
	Out    tensor.Shape
	Params int // elements of its own parameters; shared ones count with their owner
	Tables int // of them, those with a row-sparse gradient
	Frozen int // of them, those that do not train
	FLOPs  int // operations of Forward per row, as the layer estimates them
}

// Nodes describes the nodes in the order in which they run.
func (m *Model[T]) Nodes() []NodeInfo {
	infos := make([]NodeInfo, len(m.nodes))
	for i, n := range m.nodes {
		info := NodeInfo{Name: n.name, Out: n.decl.Out, FLOPs: n.decl.FLOPs}
		for j, s := range n.from {
			info.In = append(info.In, n.decl.In[j].Shape)
			if s.input >= 0 {
				info.From = append(info.From, m.inputs[s.input].Name)
			} else {
				info.From = append(info.From, m.nodes[s.node].name)
			}
		}
		for _, p := range n.params {
			if m.params[p].Node == n.name {
				info.Params = saturatingAdd(info.Params, m.params[p].Shape.Size())
				if m.params[p].IsTable() {
					info.Tables = saturatingAdd(info.Tables, m.params[p].Shape.Size())
				}
				if m.params[p].Frozen {
					info.Frozen = saturatingAdd(info.Frozen, m.params[p].Shape.Size())
				}
			}
		}
		infos[i] = info
	}
	return infos
}

// Memory estimates the bytes of a model and one Exec for batches of up to rows rows: parameters and states, and values
// and gradients with every scratch. slots is the number of arrays that an optimizer keeps per parameter; where it is
// negative the Exec only predicts. It saturates at math.MaxInt.
func (m *Model[T]) Memory(rows, slots int) int {
	total := float64(m.NumParams())
	if slots >= 0 {
		total += float64(m.numDense()) + float64(m.NumParams())*float64(slots)
		for _, p := range m.params {
			if p.IsTable() {
				total += rowGradientSize[T](p, rows)
			}
		}
	}
	for _, s := range m.states {
		total += 2 * float64(s.Shape.Size())
	}
	for _, n := range m.nodes {
		perRow := 2 * float64(n.decl.Out.Size())
		for _, s := range n.decl.Scratch {
			perRow += float64(s)
		}
		total += perRow * float64(rows)
		for _, w := range n.decl.Workspaces {
			total += float64(w)
		}
	}
	bytes := 8 * total
	if _, ok := any(T(0)).(float32); ok {
		bytes = 4 * total
	}
	if bytes >= math.MaxInt {
		return math.MaxInt
	}
	return int(bytes)
}
