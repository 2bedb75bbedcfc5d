package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// checkGraph checks names and wires, and returns the nodes in an order in which each comes behind what it reads. inputs
// is nil where the data is not known.
func (c *checker) checkGraph(inputs []tensor.Spec) (order []int, ok bool) {
	before := len(c.problems)
	c.checkNodeNames(inputs)
	known := append(c.names(), "input")
	for _, in := range inputs {
		if in.Name != "input" {
			known = append(known, in.Name)
		}
	}
	isKnown := map[string]bool{}
	for _, name := range known {
		isKnown[name] = true
	}
	for i := range c.config.Model {
		for _, from := range c.sources(i) {
			if !isKnown[from] && inputs != nil { // without the data any name may be one of its inputs
				c.failSource(i, from, known)
			}
		}
		if from := c.config.Model[i].From; from != nil && len(from) == 0 {
			c.fail(c.node(i, "from"), fmt.Sprintf("model: node %q: from is empty", c.config.Model[i].Name), "name what the node reads, or leave the key out for the node before")
		}
		c.checkShare(i)
	}
	if len(c.problems) > before || len(c.config.Model) == 0 {
		return nil, false
	}
	from := make([][]string, len(c.config.Model))
	for i := range from {
		from[i] = c.sources(i)
	}
	order, err := model.Order(c.names(), from)
	if cycle, ok := errors.AsType[*model.CycleError](err); ok {
		c.failCycle(cycle.Nodes)
		return nil, false
	}
	if c.checkOutputs() {
		c.checkEnds()
	}
	return order, len(c.problems) == before
}

// failCycle tells of a cycle, whose first node comes back at its end.
func (c *checker) failCycle(nodes []string) {
	at := c.node(slices.Index(c.names(), nodes[0]), "from")
	if len(nodes) == 2 {
		c.fail(at, fmt.Sprintf("model: node %q reads itself", nodes[0]), "name another node, or leave from out for the node before")
		return
	}
	c.fail(at, fmt.Sprintf("model: the nodes %s form a cycle", strings.Join(nodes, " → ")), "a node cannot read what is computed from it: change a from")
}

func (c *checker) checkNodeNames(inputs []tensor.Spec) {
	lines := map[string]int{}
	for i, n := range c.config.Model {
		at := c.node(i, "name")
		switch line, taken := lines[n.Name]; {
		case !nodeNameSyntax.MatchString(n.Name):
			c.fail(at, fmt.Sprintf("model: %q is no name for a node", n.Name), "names have letters, digits, '_' and '-'")
		case taken:
			c.fail(at, fmt.Sprintf("model: two nodes are called %q, the first on line %d", n.Name, line), "give one another name")
		case n.Name == "input" || slices.ContainsFunc(inputs, func(s tensor.Spec) bool { return s.Name == n.Name }):
			c.fail(at, fmt.Sprintf("model: %q names an input of the data, and cannot name a node", n.Name), "give the node another name")
		default:
			lines[n.Name] = at.Line
		}
	}
}

// sources returns what a node reads: its From, the node before it, or the first input.
func (c *checker) sources(i int) []string {
	switch n := c.config.Model[i]; {
	case n.From != nil:
		return n.From
	case i == 0:
		return []string{"input"}
	}
	return []string{c.config.Model[i-1].Name}
}

func (c *checker) names() []string {
	names := make([]string, len(c.config.Model))
	for i, n := range c.config.Model {
		names[i] = n.Name
	}
	return names
}

// failSource tells that a node reads what does not exist.
func (c *checker) failSource(i int, from string, known []string) {
	at := findText(c.node(i, "from"), from)
	if at == nil {
		at = c.node(i)
	}
	unknown := &registry.UnknownError{Name: from, Known: known}
	c.fail(at, fmt.Sprintf("model: node %q: from names %q, which is neither a node nor an input", c.config.Model[i].Name, from), unknown.Hint())
}

func (c *checker) checkShare(i int) {
	node := c.config.Model[i]
	if node.Share == "" {
		return
	}
	before := c.names()[:i]
	if k := slices.Index(before, node.Share); k >= 0 {
		if other := c.config.Model[k].Layer.Name; other != node.Layer.Name && other != "" && node.Layer.Name != "" {
			c.fail(c.node(i, "share"), fmt.Sprintf("model: node %q: shares the parameters of %q, which is a %s and no %s", node.Name, node.Share, other, node.Layer.Name), "share between nodes of one type")
		}
		if weights := registry.Lookup(c.node(i), "weights"); weights != nil {
			c.fail(weights, fmt.Sprintf("model: node %q: weights is of no use: its parameters are those of %q", node.Name, node.Share), fmt.Sprintf("remove it, or set it on node %q", node.Share))
		}
		return
	}
	unknown := &registry.UnknownError{Name: node.Share, Known: before}
	c.fail(c.node(i, "share"), fmt.Sprintf("model: node %q: shares the parameters of %q, which is no node before it", node.Name, node.Share), unknown.Hint())
}

// checkOutputs checks that the outputs that the file names are nodes, each once.
func (c *checker) checkOutputs() bool {
	before := len(c.problems)
	names := c.names()
	for i, name := range c.config.Outputs {
		at := c.at("outputs", strconv.Itoa(i))
		switch {
		case !slices.Contains(names, name):
			unknown := &registry.UnknownError{Name: name, Known: names}
			c.fail(at, fmt.Sprintf("outputs: %q is no node of the model", name), unknown.Hint())
		case slices.Contains(c.config.Outputs[:i], name):
			c.fail(at, fmt.Sprintf("outputs: %q is named twice", name), "remove one")
		}
	}
	if o := c.config.Outputs; o != nil && len(o) == 0 {
		c.fail(c.at("outputs"), "outputs: is empty", "name the node that the loss scores, or leave the key out")
	}
	return len(c.problems) == before
}

// checkEnds checks that nothing is computed in vain: what no node reads is an output.
func (c *checker) checkEnds() {
	read := map[string]bool{}
	for i := range c.config.Model {
		for _, from := range c.sources(i) {
			read[from] = true
		}
	}
	last := c.output()
	for i, n := range c.config.Model {
		if !read[n.Name] && i != last && !slices.Contains(c.config.Outputs, n.Name) {
			c.fail(c.node(i), fmt.Sprintf("model: node %q: no node reads it, and the output is %q", n.Name, c.config.Model[last].Name), "name it in the from of another node or under outputs, or remove it")
		}
	}
}

// output returns the node that is scored: the first of the outputs that the file names, or the last node that no other
// reads.
func (c *checker) output() int {
	if len(c.config.Outputs) > 0 {
		return slices.Index(c.names(), c.config.Outputs[0])
	}
	read := map[string]bool{}
	for i := range c.config.Model {
		for _, from := range c.sources(i) {
			read[from] = true
		}
	}
	for i, n := range slices.Backward(c.config.Model) {
		if !read[n.Name] {
			return i
		}
	}
	return -1 // every node is read only where there is a cycle
}
