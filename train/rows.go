package train

import (
	"fmt"

	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/tensor"
)

// A RowsError says that the rows of a table cannot be updated as a run is configured.
type RowsError struct {
	Param       string // path of the table
	Regularizer int    // which of the run's makes lazy and dense differ; -1 where it is the optimizer
	Unsupported bool   // the optimizer cannot update rows alone; otherwise Config.Rows has to choose
}

func (e *RowsError) Error() string {
	switch {
	case e.Unsupported:
		return fmt.Sprintf("it cannot update single rows, as the table %s is trained", e.Param)
	case e.Regularizer >= 0:
		return fmt.Sprintf("it acts on all of the table %s, of which a step touches a few rows: rows under train does not say whether it acts on those alone", e.Param)
	}
	return fmt.Sprintf("it moves rows of the table %s that a step does not touch: rows under train does not say whether it should", e.Param)
}

// Remedy says what to set.
func (e *RowsError) Remedy() string {
	if e.Unsupported {
		return "set rows: dense under train, or give the optimizer the method of optim.RowUpdater"
	}
	return "set rows: lazy under train for the touched rows alone, or rows: dense for all rows in every step"
}

// CheckRows returns a *RowsError where a model has a table that trains and the optimizer or a penalty does to it what
// rows, the Config.Rows of the run, does not decide.
func CheckRows[T tensor.Float](m *model.Model[T], o optim.Optimizer[T], penalties []Penalty[T], rows string) error {
	for _, p := range m.Params() {
		if !p.IsTable() || p.Frozen || rows == DenseRows {
			continue
		}
		updater, ok := o.(optim.RowUpdater)
		switch {
		case !ok:
			return &RowsError{Param: p.Path, Regularizer: -1, Unsupported: true}
		case rows == LazyRows:
			continue
		case updater.MovesUntouched():
			return &RowsError{Param: p.Path, Regularizer: -1}
		}
		for i, penalty := range penalties {
			if matches, err := optim.Match(penalty.Params, p.Path); matches && err == nil {
				return &RowsError{Param: p.Path, Regularizer: i}
			}
		}
	}
	return nil
}

// checkRows is CheckRows with the name of the part at fault and the remedy.
func (s *Setup[T]) checkRows() error {
	err, ok := CheckRows(s.Model, s.Optimizer, s.Regularizers, s.Config.Rows).(*RowsError)
	if !ok {
		return nil
	}
	part := "optimizer"
	if err.Regularizer >= 0 {
		part = "regularizer"
	}
	return fmt.Errorf("%s: %w; %s", part, err, err.Remedy())
}

// tableUpdate is what the update of one table needs, put together once. Lazily, all that follows is done to the rows
// that the batch touched; densely, to the whole table, by the same code with one row for all of it.
type tableUpdate[T tensor.Float] struct {
	from   *tensor.RowGradient[T] // the gradient of the batch, each row once
	update optim.RowUpdate[T]
	full   []T // the gradient of the whole table; nil where rows are updated lazily
	before []T // the rows before the update of a logged step
}

// prepareTables makes the updates of the tables that train.
func (r *Run[T]) prepareTables() error {
	if err := r.s.checkRows(); err != nil {
		return err
	}
	r.parts = [][]T{r.exec.Grads()}
	r.before = kernel.Make[T](len(r.exec.Grads()))
	for i := range r.updates {
		u := &r.updates[i]
		if !u.param.IsTable() || u.param.Frozen {
			continue
		}
		t := &tableUpdate[T]{from: r.exec.RowGrads()[i]}
		t.update.Update, t.update.Width = u.update, t.from.Width()
		if r.s.Config.Rows == DenseRows {
			t.full = kernel.Make[T](len(u.param.Data))
			t.update.Grad, t.update.Rows, t.update.Width = t.full, []int32{0}, len(t.full)
		}
		t.before = make([]T, max(len(t.full), t.from.Capacity()*t.from.Width()))
		u.table = t
		r.tables, r.parts = append(r.tables, t), append(r.parts, nil)
	}
	return nil
}

// gatherTables takes over the gradients of the tables from the Backward of the step.
func (r *Run[T]) gatherTables() {
	for i, t := range r.tables {
		if t.full == nil {
			t.update.Grad, t.update.Rows = t.from.Grads(), t.from.Rows()
		} else {
			clear(t.full)
			t.from.AddTo(t.full)
		}
		r.parts[i+1] = t.update.Grad
	}
}

// row returns row i of those that are updated, and its gradient.
func (t *tableUpdate[T]) row(i int) (w, dw []T) {
	n := t.update.Width
	at := int(t.update.Rows[i]) * n
	return t.update.Param[at : at+n], t.update.Grad[i*n : (i+1)*n]
}

func (t *tableUpdate[T]) addPenalty(p optim.Regularizer[T]) {
	for i := range t.update.Rows {
		p.AddGradient(t.row(i))
	}
}

// sumSquares returns the square of the norm of the gradient of the rows that are updated, with the penalties that the
// update folds in.
func (t *tableUpdate[T]) sumSquares() float64 {
	if t.update.Fold.L1 == 0 && t.update.Fold.L2 == 0 {
		return tensor.SumSquares(t.update.Grad)
	}
	sum := 0.0
	for i := range t.update.Rows {
		w, dw := t.row(i)
		sum += optim.FoldedSumSquares(dw, w, t.update.Fold)
	}
	return sum
}

// penalty returns the term of a penalty for the rows that are updated.
func (t *tableUpdate[T]) penalty(p optim.Regularizer[T]) float64 {
	total := 0.0
	for i := range t.update.Rows {
		w, _ := t.row(i)
		total += p.Penalty(w)
	}
	return total
}

func (t *tableUpdate[T]) step(o optim.Optimizer[T], step int64) {
	t.update.Step = step
	t.update.UpdateRows(o)
}

// keepWeights remembers what the step is about to change.
func (r *Run[T]) keepWeights() {
	copy(r.before, r.s.Model.Weights())
	for _, t := range r.tables {
		for i := range t.update.Rows {
			w, _ := t.row(i)
			copy(t.before[i*t.update.Width:], w)
		}
	}
}

// change returns ‖Δw‖² and ‖w‖² of a parameter after its update, and forgets the weights before.
func (r *Run[T]) change(u *paramUpdate[T]) (change, weight float64) {
	if u.table == nil {
		return changeOf(r.before[u.param.Offset:], u.param.Data)
	}
	for i := range u.table.update.Rows {
		w, _ := u.table.row(i)
		c, n := changeOf(u.table.before[i*len(w):], w)
		change, weight = change+c, weight+n
	}
	return change, weight
}

// changeOf returns ‖w − before‖² and ‖w‖². It leaves the difference in before.
func changeOf[T tensor.Float](before, w []T) (change, weight float64) {
	before = before[:len(w)]
	tensor.Scale(-1, before)
	tensor.AddTo(before, w)
	return tensor.SumSquares(before), tensor.SumSquares(w)
}

// stepPenalty returns the regularization term of a step: that of the whole model, but of a table whose rows are updated
// lazily only that of the rows that the step touched.
func (r *Run[T]) stepPenalty() float64 {
	total := 0.0
	for _, u := range r.updates {
		for _, p := range u.penalties {
			if u.table == nil {
				total += p.Penalty(u.param.Data)
			} else {
				total += u.table.penalty(p)
			}
		}
	}
	return total
}
