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
	Regularizer int    // which of the run's makes lazy and dense differ; -1 where it is another part
	Averaging   bool   // the average of the weights does
	Unsupported bool   // it cannot act on rows alone; otherwise Config.Rows has to choose
}

func (e *RowsError) Error() string {
	switch {
	case e.Unsupported && e.Regularizer >= 0:
		return fmt.Sprintf("it needs all rows of the table %s, of which a step touches a few", e.Param)
	case e.Unsupported:
		return fmt.Sprintf("it cannot update single rows, as the table %s is trained", e.Param)
	case e.Averaging:
		return fmt.Sprintf("it moves the average of rows of the table %s that a step does not touch: rows under train does not say whether it should", e.Param)
	case e.Regularizer >= 0:
		return fmt.Sprintf("it acts on all of the table %s, of which a step touches a few rows: rows under train does not say whether it acts on those alone", e.Param)
	}
	return fmt.Sprintf("it moves rows of the table %s that a step does not touch: rows under train does not say whether it should", e.Param)
}

// Remedy says what to set.
func (e *RowsError) Remedy() string {
	if e.Unsupported && e.Regularizer >= 0 {
		return "set rows: dense under train, or choose one that acts on each row by itself"
	}
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
		case rows != LazyRows && updater.MovesUntouched():
			return &RowsError{Param: p.Path, Regularizer: -1}
		}
		for i, penalty := range penalties {
			if matches, err := optim.Match(penalty.Params, p.Path); !matches || err != nil {
				continue
			}
			projector, projects := penalty.Regularizer.(optim.Projector[T])
			whole := projects && !projector.ByRows()
			if whole || rows != LazyRows {
				return &RowsError{Param: p.Path, Regularizer: i, Unsupported: whole}
			}
		}
	}
	return nil
}

// CheckAveragedRows returns a *RowsError where a model has a table that trains and rows does not decide which of its rows
// a step takes into the average.
func CheckAveragedRows[T tensor.Float](m *model.Model[T], rows string) error {
	for _, p := range m.Params() {
		if p.IsTable() && !p.Frozen && rows == SameRows {
			return &RowsError{Param: p.Path, Regularizer: -1, Averaging: true}
		}
	}
	return nil
}

// checkRows is CheckRows and CheckAveragedRows with the name of the part at fault and the remedy.
func (s *Setup[T]) checkRows() error {
	if s.Averaging != nil {
		if err, ok := CheckAveragedRows(s.Model, s.Config.Rows).(*RowsError); ok {
			return fmt.Errorf("averaging: %w; %s", err, err.Remedy())
		}
	}
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
	exec   *tensor.RowGradient[T] // the gradient of the last Backward
	from   *tensor.RowGradient[T] // the gradient of the batch, each row once; the same where a batch has one portion
	update optim.RowUpdate[T]
	full   []T // the gradient of the whole table; nil where rows are updated lazily
	before []T // the rows before the update of a logged step

	rowShape tensor.Shape // of one row as a matrix
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
		t := &tableUpdate[T]{exec: r.exec.RowGrads()[i], from: r.exec.RowGrads()[i]}
		if n := r.s.Config.Accumulate; n > 1 {
			t.from = tensor.NewRowGradient[T](u.param.Shape[0], t.exec.Width(), n*t.exec.Capacity())
		}
		t.update.Update, t.update.Width, t.rowShape = u.update, t.from.Width(), tensor.Shape{1, t.from.Width()}
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

func (t *tableUpdate[T]) addPenalty(p *runPenalty[T]) {
	for i := range t.update.Rows {
		w, dw := t.row(i)
		p.AddGradient(w, dw, p.values)
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
func (t *tableUpdate[T]) penalty(p *runPenalty[T]) float64 {
	total := 0.0
	for i := range t.update.Rows {
		w, _ := t.row(i)
		total += p.Penalty(w, p.values)
	}
	return total
}

func (t *tableUpdate[T]) step(o optim.Optimizer[T], step int64) {
	t.update.Step = step
	t.update.UpdateRows(o)
}

// keepWeights remembers what the step is about to change.
func (r *Run[T]) keepWeights() {
	tensor.Copy(r.before, r.s.Model.Weights()[:len(r.before)])
	for _, t := range r.tables {
		for i := range t.update.Rows {
			w, _ := t.row(i)
			copy(t.before[i*t.update.Width:], w)
		}
	}
}

// change returns ‖Δw‖² and ‖w‖² of a parameter after its update.
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

// changeOf returns ‖w − before‖² and ‖w‖². The first is the sum of squares of a gradient w with a penalty of −1 times before.
func changeOf[T tensor.Float](before, w []T) (change, weight float64) {
	return optim.FoldedSumSquares(w, before[:len(w)], optim.Fold{L2: -1}), tensor.SumSquares(w)
}
