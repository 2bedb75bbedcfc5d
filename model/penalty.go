package model

import (
	"fmt"
	"slices"

	"github.com/strata-ml/strata/tensor"
)

// An OutputPenalty is a term of the objective that depends on the output of a node: besides the loss, it is what Backward
// computes the gradient of. Value returns the term, and AddGradient adds its gradient with respect to out to dout. Both
// allocate nothing. Shapes: out, dout [rows, output…].
type OutputPenalty[T tensor.Float] struct {
	Node        string
	Value       func(out []T, rows int) float64
	AddGradient func(out, dout []T, rows int)
}

// SetPenalties gives an execution that trains its penalties in place of those before. A node that no gradient passes is an
// error: it does not lead from a parameter that trains to the output of the model.
func (e *Exec[T]) SetPenalties(list []OutputPenalty[T]) error {
	e.penalties = make([][]OutputPenalty[T], len(e.m.nodes))
	for _, p := range list {
		i := slices.IndexFunc(e.m.nodes, func(nd node[T]) bool { return nd.name == p.Node })
		if i < 0 || !e.train || !e.active[i] {
			return fmt.Errorf("model: a penalty on the output of %q, which does not lead from a parameter that trains to the output", p.Node)
		}
		for e.skips[i] { // holds the numbers of its source, which is active as well
			i = e.from[i][0].node
		}
		e.penalties[i] = append(e.penalties[i], p)
	}
	return nil
}

// Trains reports whether a node leads from a parameter that trains to the output of the model, so that a penalty on its
// output trains something.
func (m *Model[T]) Trains(name string) bool {
	i := slices.IndexFunc(m.nodes, func(nd node[T]) bool { return nd.name == name })
	return i >= 0 && m.active()[i]
}

// Penalty returns the sum of the penalties on what the last Forward computed.
func (e *Exec[T]) Penalty() (sum float64) {
	for i, list := range e.penalties {
		for _, p := range list {
			sum += p.Value(e.frames[i].Out(), e.rows)
		}
	}
	return sum
}

// addPenalties adds the gradients of the penalties on node i to that of its output, which is otherwise complete.
func (e *Exec[T]) addPenalties(i int) error {
	if e.penalties == nil || len(e.penalties[i]) == 0 {
		return nil
	}
	f := e.frames[i]
	for _, p := range e.penalties[i] {
		p.AddGradient(f.Out(), f.DOut(), e.rows)
	}
	if e.check {
		return e.nonFinite(e.m.nodes[i].name, "gradient of the output, with its penalties", f.DOut(), e.rows)
	}
	return nil
}
