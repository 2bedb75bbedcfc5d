package model

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/tensor"
)

// A Node is one layer in a graph. A layer value belongs to one node.
type Node[T tensor.Float] struct {
	Name  string
	Layer layers.Layer[T]
	From  []string // what it reads: names of nodes or inputs; nil for the node before it, or the first input
	Share string   // the node whose parameters it uses instead of its own, "" for none
}

// A NodeError is a mistake in one node of a graph.
type NodeError struct {
	Node string
	Err  error
}

func (e *NodeError) Error() string { return fmt.Sprintf("node %q: %v", e.Node, e.Err) }

func (e *NodeError) Unwrap() error { return e.Err }

// node is a Node in its place in the order.
type node[T tensor.Float] struct {
	name   string
	layer  layers.Layer[T]
	decl   *layers.Declaration
	from   []source
	params []int // indices into Model.params, in the order of the declaration
	states []int // indices into Model.states
}

// source is where an input of a node comes from.
type source struct {
	input int // an input of the model, or -1
	node  int // a node earlier in the order, or -1
}

// NewSequential returns the model in which each node reads the one before it, and the first reads the input.
func NewSequential[T tensor.Float](input tensor.Spec, nodes ...Node[T]) (*Model[T], error) {
	if input.Name == "" {
		input.Name = "input"
	}
	return NewGraph([]tensor.Spec{input}, nodes)
}

// NewGraph returns the model of a graph. Nodes run in a topological order that keeps the given order where it can. Nothing
// is allocated for the parameters until Init.
//
// Outputs names the nodes whose values the model gives. The first is its output: what Forward returns, a loss scores, and
// Backward begins at. The others are there to be read with Exec.Value, and lead no gradient anywhere. Every node that no
// other reads must be among them; without names, there must be just one such node, the output.
//
// Errors are a *NodeError where one node is at fault, and a *CycleError.
func NewGraph[T tensor.Float](inputs []tensor.Spec, nodes []Node[T], outputs ...string) (*Model[T], error) {
	if len(inputs) == 0 || len(nodes) == 0 {
		return nil, fmt.Errorf("a model needs at least one input and one node")
	}
	for _, in := range inputs {
		if err := in.Shape.Check(); err != nil {
			return nil, fmt.Errorf("input %q: %w", in.Name, err)
		}
	}
	nodes = withSources(inputs, nodes)
	if err := checkNames(inputs, nodes); err != nil {
		return nil, err
	}
	names, from := make([]string, len(nodes)), make([][]string, len(nodes))
	for i, n := range nodes {
		names[i], from[i] = n.Name, n.From
	}
	order, err := Order(names, from)
	if err != nil {
		return nil, err
	}
	m := &Model[T]{inputs: inputs}
	at := map[string]source{}
	for i, in := range inputs {
		at[in.Name] = source{input: i, node: -1}
	}
	for _, i := range order {
		if err := m.add(nodes[i], at); err != nil {
			return nil, &NodeError{nodes[i].Name, err}
		}
		at[nodes[i].Name] = source{input: -1, node: len(m.nodes) - 1}
	}
	m.place()
	return m, m.findOutputs(outputs)
}

// withSources fills in the sources that are left out.
func withSources[T tensor.Float](inputs []tensor.Spec, nodes []Node[T]) []Node[T] {
	nodes = slices.Clone(nodes)
	for i := range nodes {
		switch {
		case nodes[i].From != nil:
		case i == 0:
			nodes[i].From = []string{inputs[0].Name}
		default:
			nodes[i].From = []string{nodes[i-1].Name}
		}
	}
	return nodes
}

// nodeName is what parameter paths, patterns and checkpoints can hold.
var nodeName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

func checkNames[T tensor.Float](inputs []tensor.Spec, nodes []Node[T]) error {
	known := map[string]bool{}
	for _, in := range inputs {
		known[in.Name] = true
	}
	byLayer := map[uintptr]string{}
	for _, n := range nodes {
		switch {
		case !nodeName.MatchString(n.Name):
			return &NodeError{n.Name, fmt.Errorf("a name has letters, digits, '_' and '-'")}
		case known[n.Name]:
			return &NodeError{n.Name, fmt.Errorf("the name is taken")}
		case n.Layer == nil:
			return &NodeError{n.Name, fmt.Errorf("has no layer")}
		}
		known[n.Name] = true
		// Pointers to structs without fields may be equal although they are different layers.
		if v := reflect.ValueOf(n.Layer); v.Kind() == reflect.Pointer && v.Type().Elem().Size() > 0 {
			if other, ok := byLayer[v.Pointer()]; ok {
				return &NodeError{n.Name, fmt.Errorf("uses the layer value of node %q: a layer belongs to one node, and parameters are shared with Share", other)}
			}
			byLayer[v.Pointer()] = n.Name
		}
	}
	for _, n := range nodes {
		for _, from := range n.From {
			if !known[from] {
				return &NodeError{n.Name, fmt.Errorf("reads %q, which is neither a node nor an input", from)}
			}
		}
		if len(n.From) == 0 {
			return &NodeError{n.Name, fmt.Errorf("reads nothing")}
		}
	}
	return nil
}

// A CycleError says that nodes read each other in a circle.
type CycleError struct {
	Nodes []string // each is read by the next; the first comes back at the end
}

func (e *CycleError) Error() string {
	return "the graph has a cycle: " + strings.Join(e.Nodes, " → ")
}

// Order returns the order of Kahn (1962) in which nodes run: at each turn the first, in the given order, all of whose
// sources have run. from holds what each node reads; a name that is no node's is an input. The error is a *CycleError.
func Order(names []string, from [][]string) ([]int, error) {
	index := map[string]int{}
	for i, name := range names {
		index[name] = i
	}
	sources := make([][]int, len(names))
	for i, list := range from {
		for _, name := range list {
			if k, ok := index[name]; ok {
				sources[i] = append(sources[i], k)
			}
		}
	}
	done := make([]bool, len(names))
	waitsFor := func(i int) int { return slices.IndexFunc(sources[i], func(k int) bool { return !done[k] }) }
	var order []int
	for len(order) < len(names) {
		next := 0
		for next < len(names) && (done[next] || waitsFor(next) >= 0) {
			next++
		}
		if next == len(names) {
			cycle := findCycle(slices.Index(done, false), func(i int) int { return sources[i][waitsFor(i)] })
			e := &CycleError{}
			for _, i := range cycle {
				e.Nodes = append(e.Nodes, names[i])
			}
			return nil, e
		}
		done[next] = true
		order = append(order, next)
	}
	return order, nil
}

// findCycle walks from a node to one that it waits for, until a node comes back.
func findCycle(i int, waitsFor func(int) int) []int {
	var path []int
	for !slices.Contains(path, i) {
		path = append(path, i)
		i = waitsFor(i)
	}
	cycle := append(path[slices.Index(path, i):], i)
	slices.Reverse(cycle)
	return cycle
}

// add declares a node and its parameters, and appends it to the order.
func (m *Model[T]) add(n Node[T], at map[string]source) error {
	added := node[T]{name: n.Name, layer: n.Layer}
	var in []tensor.Spec
	for _, name := range n.From {
		s := at[name]
		added.from = append(added.from, s)
		if s.input >= 0 {
			in = append(in, m.inputs[s.input])
		} else {
			in = append(in, tensor.Spec{Name: name, Shape: m.nodes[s.node].decl.Out})
		}
	}
	var err error
	if added.decl, err = layers.Declare(n.Layer, in...); err != nil {
		return err
	}
	if n.Share != "" {
		if err := m.share(&added, n.Share); err != nil {
			return err
		}
	} else {
		for _, p := range added.decl.Params {
			added.params = append(added.params, len(m.params))
			m.addParam(n.Name, p)
		}
	}
	for _, s := range added.decl.States {
		added.states = append(added.states, len(m.states))
		m.addState(n.Name, s)
	}
	m.nodes = append(m.nodes, added)
	return nil
}

// share gives a node the parameters of another one, which must have the same names and shapes.
func (m *Model[T]) share(n *node[T], owner string) error {
	i := slices.IndexFunc(m.nodes, func(o node[T]) bool { return o.name == owner })
	if i < 0 {
		return fmt.Errorf("shares the parameters of %q, which is no node before it", owner)
	}
	theirs := m.nodes[i].decl.Params
	if len(theirs) != len(n.decl.Params) {
		return fmt.Errorf("has %d parameters and cannot share the %d of node %q", len(n.decl.Params), len(theirs), owner)
	}
	for j, p := range n.decl.Params {
		if p.Name != theirs[j].Name || !p.Shape.Equal(theirs[j].Shape) {
			return fmt.Errorf("parameter %s %v does not fit %s %v of node %q", p.Name, p.Shape, theirs[j].Name, theirs[j].Shape, owner)
		}
		if p.IsTable() != theirs[j].IsTable() {
			return fmt.Errorf("parameter %s has a row-sparse gradient in one of the nodes and not in the other, %q", p.Name, owner)
		}
	}
	n.params = m.nodes[i].params
	for j, p := range n.decl.Params {
		m.params[n.params[j]].rows += p.RowsPerExample
	}
	return nil
}

// findOutputs finds the nodes of the given names, or the one node that nobody reads.
func (m *Model[T]) findOutputs(names []string) error {
	for _, name := range names {
		i := slices.IndexFunc(m.nodes, func(n node[T]) bool { return n.name == name })
		switch {
		case i < 0:
			return &NodeError{name, fmt.Errorf("is an output, and there is no such node")}
		case slices.Contains(m.outputs, i):
			return &NodeError{name, fmt.Errorf("is an output twice")}
		}
		m.outputs = append(m.outputs, i)
	}
	read := make([]bool, len(m.nodes))
	for _, n := range m.nodes {
		for _, s := range n.from {
			if s.node >= 0 {
				read[s.node] = true
			}
		}
	}
	var ends []string
	end := -1
	for i, r := range read {
		if r || slices.Contains(m.outputs, i) {
			continue
		}
		ends = append(ends, m.nodes[i].name)
		end = i
	}
	if len(names) == 0 {
		m.outputs = []int{end}
	}
	switch {
	case len(names) == 0 && len(ends) > 1:
		return &NodeError{ends[0], fmt.Errorf("is read by no other node, and neither is %s: name the outputs", strings.Join(ends[1:], ", "))}
	case len(names) > 0 && len(ends) > 0:
		return &NodeError{ends[0], fmt.Errorf("is read by no other node, and is no output")}
	}
	m.output = m.outputs[0]
	return nil
}

// reaching reports by node whether the output is computed from it, or is it.
func (m *Model[T]) reaching() []bool {
	reaches := make([]bool, len(m.nodes))
	reaches[m.output] = true
	for i := m.output; i >= 0; i-- {
		for _, s := range m.nodes[i].from {
			if s.node >= 0 && reaches[i] {
				reaches[s.node] = true
			}
		}
	}
	return reaches
}

// Untrained returns the paths of the parameters that are not frozen and still cannot train, because the output that is
// scored does not depend on them.
func (m *Model[T]) Untrained() []string {
	reached := make([]bool, len(m.params))
	for i, reaches := range m.reaching() {
		for _, p := range m.nodes[i].params {
			reached[p] = reached[p] || reaches
		}
	}
	var paths []string
	for i, p := range m.params {
		if !reached[i] && !p.Frozen {
			paths = append(paths, p.Path)
		}
	}
	return paths
}
