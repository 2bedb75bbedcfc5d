package experiment

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/tensor"
)

// checkActivity checks the penalties on outputs of nodes. The parameters that do not train are frozen in m.
func checkActivity[T tensor.Float](c *checker, m *model.Model[T]) {
	accumulate := c.config.Train.Accumulate
	for i, r := range c.config.Regularizers {
		if len(r.Nodes) == 0 || r.Part.IsZero() {
			continue
		}
		at, owner := []string{"regularizers", strconv.Itoa(i), "nodes"}, "regularizers: "+r.Part.Name
		if _, ok := optim.MakeRegularizer[T](r.Part.New()).(optim.Projector[T]); ok {
			c.fail(c.at(at...), owner+": it changes parameters after an update, and does nothing to outputs of nodes", "name parameters under params, or choose l1 in its subgradient form, l2 or elastic")
			continue
		}
		if accumulate > 1 {
			c.fail(c.at("train", "accumulate"), fmt.Sprintf("train: accumulate must be 1 for penalties on outputs of nodes, is %d", accumulate), "remove accumulate, or the regularizer with nodes")
		}
		for j, pattern := range r.Nodes {
			checkActiveNodes(c, m, owner, pattern, append(at, strconv.Itoa(j)))
		}
	}
}

// checkActiveNodes checks that a pattern matches nodes, and that a gradient passes each of them.
func checkActiveNodes[T tensor.Float](c *checker, m *model.Model[T], owner, pattern string, at []string) {
	names := c.names()
	if _, err := path.Match(pattern, ""); err != nil {
		c.fail(c.at(at...), fmt.Sprintf("%s: %q is no pattern", owner, pattern), "patterns are names such as fc1, where * stands for any; brackets come in pairs")
		return
	}
	if !slices.ContainsFunc(names, func(name string) bool { return matches(pattern, name) }) {
		c.fail(c.at(at...), fmt.Sprintf("%s: %q matches no node", owner, pattern), "the nodes are "+strings.Join(names, ", "))
		return
	}
	for _, name := range names {
		if matches(pattern, name) && !m.Trains(name) {
			c.fail(c.at(at...), fmt.Sprintf("%s: %q matches node %q, which does not lead from a parameter that trains to the output", owner, pattern, name), "name nodes between the two")
		}
	}
}
