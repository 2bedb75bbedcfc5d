package model

import (
	"fmt"

	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/tensor"
)

// A NonFiniteError names the first number of a step that is NaN or infinite.
type NonFiniteError struct {
	Step   int64
	Node   string // "" for an input of the model, or the loss
	Tensor string // "output", "input x", "parameter w", "gradient of w", "gradient of input 0"
	Index  int    // in the flat tensor
	Row    int    // of the batch; -1 where the tensor has no rows
	Value  float64
}

func (e *NonFiniteError) Error() string {
	where := e.Tensor
	if e.Node != "" {
		where = fmt.Sprintf("node %q: %s", e.Node, e.Tensor)
	}
	row := ""
	if e.Row >= 0 {
		row = fmt.Sprintf(" (row %d of the batch)", e.Row)
	}
	return fmt.Sprintf("step %d: %s: element %d%s is %v", e.Step, where, e.Index, row, e.Value)
}

// FindNonFinite repeats a step and returns a *NonFiniteError for the first number that is not finite: it looks at the
// batch with its target, the parameters, each node's output on the way forward, and the gradients on the way back. dloss
// sets the gradient of the loss for predictions, and first is the place of the first row, as in the step. FindNonFinite
// returns nil when every number is finite, and changes nothing but the Exec's memory.
func (e *Exec[T]) FindNonFinite(b *tensor.Batch[T], key Key, first int, dloss func(pred, dpred []T)) error {
	e.check, e.step = true, key.Step
	defer func() { e.check = false }()
	for i, in := range e.m.inputs {
		if v := b.Inputs[i].Floats; v != nil {
			if err := e.nonFinite("", "input "+in.Name, v[:b.Rows*in.Shape.Size()], b.Rows); err != nil {
				return err
			}
		}
	}
	if v := b.Target.Floats; v != nil && b.Rows > 0 {
		if err := e.nonFinite("", "target", v, b.Rows); err != nil {
			return err
		}
	}
	for _, p := range e.m.params {
		if err := e.nonFinite(p.Node, "parameter "+p.Path, p.Data, 0); err != nil {
			return err
		}
	}
	pred, err := e.Forward(b, true, key, first)
	if err != nil {
		return err
	}
	dloss(pred, e.DOut())
	if err := e.nonFinite("", "gradient of the loss with respect to the predictions", e.DOut(), b.Rows); err != nil {
		return err
	}
	return e.Backward()
}

// NonFiniteState returns a *NonFiniteError for the first number that CommitStates would set and that is not finite, nil where
// all are.
func (e *Exec[T]) NonFiniteState() error {
	for i, s := range e.m.states {
		if kernel.Finite(e.next[i]) {
			continue
		}
		return e.nonFinite("", "state "+s.Path, e.next[i], 0)
	}
	return nil
}

// checkBackward looks at what the Backward of node i set and added.
func (e *Exec[T]) checkBackward(i int) error {
	nd := e.m.nodes[i]
	for j, s := range e.from[i] {
		if s.node >= 0 && e.active[s.node] {
			if err := e.nonFinite(nd.name, fmt.Sprintf("gradient of input %d", j), e.frames[i].DIn(j), e.rows); err != nil {
				return err
			}
		}
	}
	for _, p := range nd.params {
		param := e.m.params[p]
		if param.IsTable() {
			if err := e.checkRows(nd.name, p); err != nil {
				return err
			}
			continue
		}
		if err := e.nonFinite(nd.name, "gradient of "+param.Path, e.gradient(param), 0); err != nil {
			return err
		}
	}
	return nil
}

// nonFinite returns an error for the first element of x that is not finite. rows is 0 where x has no rows.
func (e *Exec[T]) nonFinite(node, name string, x []T, rows int) error {
	for i, v := range x {
		if v-v == 0 { // false for NaN and for the infinities
			continue
		}
		row := -1
		if rows > 0 {
			row = i / (len(x) / rows)
		}
		return &NonFiniteError{Step: e.step, Node: node, Tensor: name, Index: i, Row: row, Value: float64(v)}
	}
	return nil
}
