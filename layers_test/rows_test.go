package layerstest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/layers"
	layerstest "github.com/strata-ml/strata/layers_test"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// The layers of this file have a table with a row-sparse gradient: a correct one, and some with one flaw each.

func init() {
	add[rows[float32], rows[float64]]("reference_rows")
	add[keepsLast[float32], keepsLast[float64]]("flawed_keeps_last")
	add[nextRow[float32], nextRow[float64]]("flawed_next_row")
	add[clearsRows[float32], clearsRows[float64]]("flawed_clears_rows")
	add[addsInForward[float32], addsInForward[float64]]("flawed_adds_in_forward")
	add[touchesTooMany[float32], touchesTooMany[float64]]("flawed_touches_too_many")
	add[forgetsRowZero[float32], forgetsRowZero[float64]]("flawed_forgets_row_zero")
}

func TestRowsPass(t *testing.T) {
	layerstest.Run(t, "reference_rows", layerstest.Case{In: []tensor.Spec{layerstest.Index(tableRows, 3)}})
}

func TestPlantedFlawsOfRowsAreFound(t *testing.T) {
	for _, p := range []struct{ name, rule, says string }{
		{"keeps_last", "Gradient", "DRows w["},
		{"next_row", "Gradient", "DRows w["},
		{"clears_rows", "AddsParamGradients", "DRows w["},
		{"adds_in_forward", "KeepsInputs", "after Forward, training: DRows w["},
		{"touches_too_many", "BatchOfOne", "more than 3 rows are touched"},
		{"forgets_row_zero", "Gradient", "DRows w[0] (row 0, element 0) is 0"},
	} {
		t.Run(p.name, func(t *testing.T) {
			violations, err := layerstest.Check("flawed_"+p.name, layerstest.Case{In: []tensor.Spec{layerstest.Index(tableRows, 3)}})
			if err != nil {
				t.Fatal(err)
			}
			found := slices.ContainsFunc(violations, func(v *layerstest.Violation) bool {
				t.Log(v)
				return v.Rule == p.rule && strings.Contains(v.Detail, p.says)
			})
			if !found {
				t.Errorf("no violation of %s that says %q", p.rule, p.says)
			}
		})
	}
}

// y = the rows of a table that the input numbers, as in table, with a row-sparse gradient.
type rows[T tensor.Float] struct{ w layers.ParamID }

func (l *rows[T]) Build(b *layers.Builder[T]) error {
	if err := b.OneInput(); err != nil {
		return err
	}
	b.Index(0, tableRows)
	l.w = b.RowParam("w", registry.Choose[layers.Initializer]("xavier_uniform"), tableRows, tableCols, b.In(0).Size())
	b.Out(append(append([]int{}, b.In(0)...), tableCols)...)
	b.BackwardReads(true, false)
	return nil
}

func (l *rows[T]) Forward(f *layers.Frame[T]) {
	tensor.GatherRows(f.Out(), f.Param(l.w), f.Index(0), tableCols)
}

func (l *rows[T]) Backward(f *layers.Frame[T]) { f.DRows(l.w).Add(f.Index(0), f.DOut()) }

// each calls visit for each number of the input and the gradient of its row.
func (l *rows[T]) each(f *layers.Frame[T], visit func(i int, k int32, dy []T)) {
	for i, k := range f.Index(0) {
		visit(i, k, f.DOut()[i*tableCols:(i+1)*tableCols])
	}
}

// keepsLast sets the row of a number that comes again instead of adding to it.
type keepsLast[T tensor.Float] struct{ rows[T] }

func (l *keepsLast[T]) Backward(f *layers.Frame[T]) {
	l.each(f, func(i int, k int32, dy []T) {
		if !slices.Contains(f.Index(0)[i+1:], k) {
			f.DRows(l.w).Add([]int32{k}, dy)
		}
	})
}

// nextRow adds each gradient one row too low.
type nextRow[T tensor.Float] struct{ rows[T] }

func (l *nextRow[T]) Backward(f *layers.Frame[T]) {
	l.each(f, func(_ int, k int32, dy []T) { f.DRows(l.w).Add([]int32{(k + 1) % tableRows}, dy) })
}

type clearsRows[T tensor.Float] struct{ rows[T] }

func (l *clearsRows[T]) Backward(f *layers.Frame[T]) {
	f.DRows(l.w).Clear()
	l.rows.Backward(f)
}

type addsInForward[T tensor.Float] struct{ rows[T] }

func (l *addsInForward[T]) Forward(f *layers.Frame[T]) {
	l.rows.Forward(f)
	f.DRows(l.w).Add(f.Index(0), f.Out())
}

// touchesTooMany adds nothing to rows beyond those that it declared.
type touchesTooMany[T tensor.Float] struct{ rows[T] }

func (l *touchesTooMany[T]) Backward(f *layers.Frame[T]) {
	l.rows.Backward(f)
	l.each(f, func(_ int, k int32, _ []T) { f.DRows(l.w).Add([]int32{(k + 1) % tableRows}, make([]T, tableCols)) })
}

// forgetsRowZero takes 0 for padding.
type forgetsRowZero[T tensor.Float] struct{ rows[T] }

func (l *forgetsRowZero[T]) Backward(f *layers.Frame[T]) {
	l.each(f, func(_ int, k int32, dy []T) {
		if k > 0 {
			f.DRows(l.w).Add([]int32{k}, dy)
		}
	})
}
