package model

import "github.com/strata-ml/strata/tensor"

// newRowGrads makes the gradients of the tables of a model, by parameter. Nodes that share a table share its gradient,
// which has room for the rows that all of them touch.
func newRowGrads[T tensor.Float](m *Model[T], rows int) []*tensor.RowGradient[T] {
	grads := make([]*tensor.RowGradient[T], len(m.params))
	for i, p := range m.params {
		if p.IsTable() {
			grads[i] = tensor.NewRowGradient[T](p.Shape[0], p.Shape[1], p.capacity(rows))
		}
	}
	return grads
}

// capacity returns how many rows of a table a batch touches at most.
func (p *Param[T]) capacity(rows int) int { return min(p.Shape[0], rows*p.rows) }

// rowGradientSize estimates the memory of the gradient of a table, in elements: the rows that a batch touches, and an
// int32 for each row of the table.
func rowGradientSize[T tensor.Float](p Param[T], rows int) float64 {
	touched := min(float64(p.Shape[0]), float64(rows)*float64(p.rows))
	return touched*float64(p.Shape[1]+1) + float64(p.Shape[0])
}

// RowGrads returns the gradients of the tables by parameter, in the order of Model.Params, with nil for what is no
// table. Those of frozen tables have no rows.
func (e *Exec[T]) RowGrads() []*tensor.RowGradient[T] { return e.rowGrads }

// gradient returns the part of the gradients that belongs to a parameter, nil for a table.
func (e *Exec[T]) gradient(p Param[T]) []T {
	if p.IsTable() {
		return nil
	}
	end := p.Offset + p.Shape.Size()
	return e.grads[p.Offset:end:end]
}

// fullGradient returns the gradient of parameter i in its shape. For a table it is made for the call.
func (e *Exec[T]) fullGradient(i int) []T {
	p := e.m.params[i]
	if !p.IsTable() {
		return e.gradient(p)
	}
	full := make([]T, p.Shape.Size())
	e.rowGrads[i].AddTo(full)
	return full
}

// checkRows returns an error for the first number of a table's gradient that is not finite, by its place in the table.
func (e *Exec[T]) checkRows(node string, i int) error {
	for k, row := range e.rowGrads[i].Rows() {
		err := e.nonFinite(node, "gradient of "+e.m.params[i].Path, e.rowGrads[i].Row(k), 0)
		if bad, ok := err.(*NonFiniteError); ok {
			bad.Index += int(row) * e.rowGrads[i].Width()
			return bad
		}
	}
	return nil
}
