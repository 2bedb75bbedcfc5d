package optim

import (
	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/tensor"
)

// A RowUpdater is an Optimizer whose Update treats each element by itself, so that the rows of a table that a step
// touched can be updated alone and the others left unread. It says so by answering a question; an optimizer that does
// not answer trains tables whole.
//
// MovesUntouched reports whether Update changes an element, or its slots, where the gradient is zero, as momentum and
// decoupled decay do. Where it does not, updating the touched rows gives what updating the whole table would. Where it
// does, the two are different methods, lazy and dense, and a run has to say which it wants.
type RowUpdater interface{ MovesUntouched() bool }

// MovesUntouched implements RowUpdater: a velocity moves on without a gradient. Plain descent stays.
func (o *SGD[T]) MovesUntouched() bool { return !isZero(o.config.Momentum) }

// MovesUntouched implements RowUpdater: the running means decay, and move the element, without a gradient. Where rows
// are updated lazily, the correction of their start counts all steps of the run, as in SparseAdam of PyTorch.
func (o *Adam[T]) MovesUntouched() bool { return true }

// A RowUpdate is one step of some rows of a table.
type RowUpdate[T tensor.Float] struct {
	Update[T]         // Param and Slots are whole tables [rows width]; Grad [len(Rows) width] is that of Rows, in their order
	Rows      []int32 // of the table, each once
	Width     int     // elements of a row

	one Update[T] // of one row
}

// UpdateRows updates the rows by the rule o, which is a RowUpdater, and nothing else of the table. It allocates nothing
// after its first call with the same u.
func (u *RowUpdate[T]) UpdateRows(o Optimizer[T]) {
	slots := u.one.Slots[:0]
	u.one = u.Update
	for range u.Slots {
		slots = append(slots, nil)
	}
	u.one.Slots = slots
	for i, row := range u.Rows {
		if next := i + kernel.RowsAhead; next < len(u.Rows) {
			kernel.PrefetchRow(u.Param, int(u.Rows[next]), u.Width)
			for _, slot := range u.Slots {
				kernel.PrefetchRow(slot, int(u.Rows[next]), u.Width)
			}
		}
		at := int(row) * u.Width
		u.one.Param, u.one.Grad = u.Param[at:at+u.Width], u.Grad[i*u.Width:(i+1)*u.Width]
		for k, slot := range u.Slots {
			slots[k] = slot[at : at+u.Width]
		}
		o.Update(&u.one)
	}
}
