package experiment

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// checkShapes declares every layer on the shapes that reach it, then checks what depends on the result. Nothing is
// allocated for the model.
func checkShapes[T tensor.Float](c *checker, order []int, inputs []tensor.Spec, splits *data.Splits) {
	specs := map[string]tensor.Spec{"input": inputs[0]}
	for _, in := range inputs {
		specs[in.Name] = in
	}
	whole := true
	for _, i := range order {
		out, ok := declareNode[T](c, i, specs)
		if !ok {
			whole = false
			continue
		}
		specs[c.config.Model[i].Name] = tensor.Spec{Name: c.config.Model[i].Name, Shape: out}
	}
	output := c.config.Model[c.output()].Name
	if pred, ok := specs[output]; ok {
		checkScores[T](c, pred, splits)
	}
	if !whole {
		return
	}
	m, err := graphOf[T](c.config, inputs)
	if err != nil {
		c.failNode(err)
		return
	}
	checkPatterns(c, m)
	checkReached(c, m)
	checkRowUpdates(c, m)
	checkActivity(c, m)
	if c.warm != nil {
		checkWarmStart(c, m)
	}
	before := len(c.problems)
	checkMemory(c, m, splits.Train.Len())
	if !c.resumed && len(c.problems) == before {
		c.vectors = loadVectors(c, m, inputs, splits)
	}
}

// failNode places an error of the graph that concerns several nodes, as where shared parameters do not fit.
func (c *checker) failNode(err error) {
	at, hint := c.at("model"), ""
	if e, ok := errors.AsType[*model.NodeError](err); ok {
		i := slices.Index(c.names(), e.Node)
		at = c.node(i, "share")
		if c.config.Model[i].Share != "" {
			hint = "nodes that share parameters have the same type, the same settings and inputs of the same shape"
		}
	}
	c.fail(at, "model: "+err.Error(), hint)
}

// declareNode returns the output shape of a node, and false where it or one that it reads has none.
func declareNode[T tensor.Float](c *checker, i int, specs map[string]tensor.Spec) (tensor.Shape, bool) {
	node := c.config.Model[i]
	var in []tensor.Spec
	var words []string
	for _, from := range c.sources(i) {
		s, ok := specs[from]
		if !ok {
			return nil, false
		}
		in, words = append(in, s), append(words, fmt.Sprintf("%s %s", from, describeSpec(s)))
	}
	if node.Layer.IsZero() {
		return nil, false
	}
	var d *layers.Declaration
	err := layers.Guard("its constructor", func() (err error) {
		d, err = layers.Declare(layers.Make[T](node.Layer.New()), in...)
		return err
	})
	if err != nil {
		c.problems = append(c.problems, registry.Problem{
			Node: c.node(i), Message: fmt.Sprintf("model: node %q: %s: %v", node.Name, node.Layer.Name, err), Hint: "it reads " + strings.Join(words, " and "), Err: err,
		})
		return nil, false
	}
	return d.Out, true
}

// describeSpec says what one row is, as a person would.
func describeSpec(s tensor.Spec) string {
	switch {
	case s.IsIndex() && len(s.Shape) == 0:
		return fmt.Sprintf("one of %d classes", s.Classes)
	case s.IsIndex():
		return fmt.Sprintf("of shape %v, whole numbers below %d", s.Shape, s.Classes)
	case len(s.Shape) == 0:
		return "one number"
	}
	return fmt.Sprintf("of shape %v", s.Shape)
}

// checkScores checks that the loss and the metrics can score the output against the target.
func checkScores[T tensor.Float](c *checker, pred tensor.Spec, splits *data.Splits) {
	if splits.Train.Target == nil {
		if c.explain && c.config.Loss.IsZero() {
			return
		}
		c.fail(c.at("data"), fmt.Sprintf("data: %s: the rows have no target to train on", c.config.Data.Name), "name the target under data")
		return
	}
	target := splits.Train.Target.Spec()
	hint := fmt.Sprintf("the output %q is %s, the target %q is %s", pred.Name, describeSpec(pred), target.Name, describeSpec(target))
	if !c.config.Loss.IsZero() {
		l := loss.Make[T](c.config.Loss.New())
		if err := l.Build(pred.Shape, target); err != nil {
			c.fail(cmp.Or(blamed(c.at("loss"), err), c.at("loss")), fmt.Sprintf("loss: %s: %v", c.config.Loss.Name, err), hint)
		}
		target = loss.Scored(l, target)
	}
	for i, m := range c.config.Metrics {
		if m.IsZero() {
			continue
		}
		if _, err := train.MakeMetric[T](m.New()).Build(pred.Shape, target); err != nil {
			block := c.at("metrics", strconv.Itoa(i))
			c.fail(cmp.Or(blamed(block, err), block), fmt.Sprintf("metrics: %s: %v", m.Name, err), hint)
		}
	}
}

// checkPatterns checks that every pattern in the file matches a parameter, and that something is left to train.
func checkPatterns[T tensor.Float](c *checker, m *model.Model[T]) {
	var paths []string
	for _, p := range m.Params() {
		paths = append(paths, p.Path)
	}
	if len(paths) == 0 && !c.explain {
		c.fail(c.at("model"), "model: no node has parameters: there is nothing to train", "add a layer that learns, such as dense")
		return
	}
	for _, p := range c.patterns() {
		if !slices.ContainsFunc(paths, func(path string) bool { return matches(p.text, path) }) {
			c.fail(p.node, fmt.Sprintf("%s: %q matches no parameter", p.owner, p.text), listParams(paths))
		}
	}
	c.checkTrainable(paths)
	frozen, at := c.config.frozen(), c.at("freeze")
	switch frozenNode := slices.IndexFunc(c.config.Model, func(n Node) bool { return n.Frozen }); {
	case len(c.config.Freeze) > 0:
	case frozenNode >= 0:
		at = c.node(frozenNode, "trainable")
	case c.config.WarmStart != nil:
		at = c.at("warm_start", "freeze")
	}
	trains := slices.ContainsFunc(paths, func(path string) bool {
		ok, err := optim.Match(frozen, path)
		return !ok || err != nil
	})
	if !trains && !c.explain {
		c.fail(at, "freeze: every parameter is frozen: there is nothing to train", listParams(paths))
	}
}

// checkTrainable checks that the nodes that do not train have parameters of their own.
func (c *checker) checkTrainable(paths []string) {
	for i, n := range c.config.Model {
		if !n.Frozen || slices.ContainsFunc(paths, func(path string) bool { return matches(n.Name+"/*", path) }) {
			continue
		}
		message, hint := "it has no parameters", "remove trainable"
		if n.Share != "" {
			message, hint = fmt.Sprintf("its parameters are those of %q", n.Share), fmt.Sprintf("set it on node %q", n.Share)
		}
		c.fail(c.node(i, "trainable"), fmt.Sprintf("model: node %q: trainable is false, and %s", n.Name, message), hint)
	}
}

// checkReached checks that the loss can train what is to train.
func checkReached[T tensor.Float](c *checker, m *model.Model[T]) {
	if c.explain {
		return
	}
	told := ""
	for _, path := range m.Untrained() {
		node, _, _ := strings.Cut(path, "/")
		if ok, err := optim.Match(c.config.frozen(), path); ok || err != nil || node == told {
			continue
		}
		told = node
		c.fail(c.node(slices.Index(c.names(), node)),
			fmt.Sprintf("model: node %q: its parameters cannot train: the output %q, which the loss scores, does not depend on them", node, m.Outputs()[0]),
			fmt.Sprintf("add %q to freeze, or let the output read what comes of the node", node+"/*"))
	}
}

// matches reports whether a pattern matches a path. One that is malformed matches all: it is a problem already.
func matches(pattern, path string) bool {
	ok, err := optim.Match([]string{pattern}, path)
	return ok || err != nil
}

func listParams(paths []string) string {
	const shown = 12
	if len(paths) > shown {
		return fmt.Sprintf("the parameters are %s and %d more", strings.Join(paths[:shown], ", "), len(paths)-shown)
	}
	return "the parameters are " + strings.Join(paths, ", ")
}
