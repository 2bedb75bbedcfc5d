package model_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
)

const words = 40

func embedding[T tensor.Float](dim int) layers.Layer[T] {
	return layers.NewEmbedding[T](layers.EmbeddingConfig{Dim: dim})
}

// window is a model with a table that two nodes use: window → words ─┐
// .                                                 word → again ────┴ concat → out.
func window[T tensor.Float](t *testing.T) *model.Model[T] {
	t.Helper()
	m, err := model.NewGraph([]tensor.Spec{
		{Name: "window", Shape: tensor.Shape{3}, Classes: words}, {Name: "word", Shape: tensor.Shape{1}, Classes: words},
	}, []model.Node[T]{
		{Name: "words", Layer: embedding[T](4), From: []string{"window"}},
		{Name: "flat", Layer: layers.NewFlatten[T](layers.FlattenConfig{})},
		{Name: "again", Layer: embedding[T](4), From: []string{"word"}, Share: "words"},
		{Name: "flat2", Layer: layers.NewFlatten[T](layers.FlattenConfig{})},
		{Name: "both", Layer: layers.NewConcat[T](layers.ConcatConfig{}), From: []string{"flat", "flat2"}},
		{Name: "out", Layer: dense[T](2)},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(7)
	return m
}

func windowBatch[T tensor.Float](rows int, seed uint64) *tensor.Batch[T] {
	r := tensor.NewRandom(seed)
	draw := func(n, limit int) []int32 {
		x := make([]int32, n)
		for i := range x {
			x[i] = int32(r.WithName("x").With(uint64(n)).IntN(i, limit))
		}
		return x
	}
	return &tensor.Batch[T]{
		Rows: rows, Inputs: []tensor.Values[T]{{Ints: draw(3*rows, words)}, {Ints: draw(rows, words)}},
		Target: tensor.Values[T]{Ints: draw(rows, 2)},
	}
}

// step runs Forward and Backward on a batch.
func step[T tensor.Float](t *testing.T, e *model.Exec[T], b *tensor.Batch[T]) {
	t.Helper()
	pred, err := e.Forward(b, true, model.Key{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	crossEntropy(t, e.Model()).Eval(pred, b.Target, b.Rows, e.DOut())
	if err := e.Backward(); err != nil {
		t.Fatal(err)
	}
}

// TestTablesLieBehind: the gradients are those of a beginning of the weights, and the tables the rest.
func TestTablesLieBehind(t *testing.T) {
	m := window[float32](t)
	e := model.NewExec(m, 4, true)
	if len(e.Grads()) != 16*2+2 || len(m.Weights()) != 16*2+2+words*4 || m.NumParams() != len(m.Weights()) {
		t.Errorf("%d gradients, %d weights", len(e.Grads()), len(m.Weights()))
	}
	for i, p := range m.Params() {
		if p.IsTable() != (p.Path == "words/w") || p.IsTable() != (e.RowGrads()[i] != nil) || p.IsTable() != (p.Offset == len(e.Grads())) {
			t.Errorf("%s lies at %d", p.Path, p.Offset)
		}
		if &p.Data[0] != &m.Weights()[p.Offset] {
			t.Errorf("%s is not where its offset says", p.Path)
		}
	}
}

// TestSharedTable finds the gradients of both nodes in one list of rows, each once, afresh in each step.
func TestSharedTable(t *testing.T) {
	m := window[float64](t)
	e := model.NewExec(m, 8, true)
	for seed := range uint64(5) {
		b := windowBatch[float64](8-int(seed), seed)
		step(t, e, b)
		used := map[int32]bool{}
		for _, x := range append(slices.Clone(b.Inputs[0].Ints), b.Inputs[1].Ints...) {
			used[x] = true
		}
		touched := e.RowGrads()[0].Rows()
		if len(touched) != len(used) {
			t.Errorf("batch %d: %d rows are touched, and the batch has %d words", seed, len(touched), len(used))
		}
		for _, row := range touched {
			if !used[row] {
				t.Errorf("batch %d: row %d is touched, which the batch has not", seed, row)
			}
		}
		report, err := model.CheckGradients(m, crossEntropy(t, m), b, model.Key{}, words*4)
		if err != nil || !report.OK() || len(report.Params) != 3 {
			t.Errorf("batch %d: %+v, %v", seed, report, err)
		}
	}
}

// TestGradientCheckOfTable finds a table whose gradient is wrong, although few of its rows have one.
func TestGradientCheckOfTable(t *testing.T) {
	m, err := model.NewSequential(tensor.Spec{Shape: tensor.Shape{2}, Classes: 5000},
		model.Node[float64]{Name: "words", Layer: &doubled{embedding[float64](3)}},
		model.Node[float64]{Name: "flat", Layer: layers.NewFlatten[float64](layers.FlattenConfig{})},
		model.Node[float64]{Name: "out", Layer: dense[float64](2)})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(3)
	b := &tensor.Batch[float64]{
		Rows: 2, Inputs: []tensor.Values[float64]{{Ints: []int32{4999, 17, 17, 3}}}, Target: tensor.Values[float64]{Ints: []int32{0, 1}},
	}
	report, err := model.CheckGradients(m, crossEntropy(t, m), b, model.Key{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	worst := report.Worst()
	if row := worst.Index / 3; report.OK() || worst.Path != "words/w" || row != 4999 && row != 17 && row != 3 {
		t.Errorf("the worst is %+v", worst)
	}
}

// doubled adds every gradient twice.
type doubled struct{ layers.Layer[float64] }

func (d *doubled) Backward(f *layers.Frame[float64]) {
	d.Layer.Backward(f)
	d.Layer.Backward(f)
}

func TestTableStepAllocatesNothing(t *testing.T) {
	m := window[float32](t)
	e, l := model.NewExec(m, 8, true), crossEntropy(t, m)
	full, short := windowBatch[float32](8, 1), windowBatch[float32](3, 2)
	allocs := testing.AllocsPerRun(50, func() {
		for _, b := range []*tensor.Batch[float32]{full, short} {
			pred, _ := e.Forward(b, true, model.Key{}, 0)
			l.Eval(pred, b.Target, b.Rows, e.DOut())
			_ = e.Backward()
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestFrozenTable(t *testing.T) {
	m := window[float64](t)
	if err := m.Freeze("words/w"); err != nil {
		t.Fatal(err)
	}
	e := model.NewExec(m, 8, true)
	step(t, e, windowBatch[float64](8, 1))
	if n := len(e.RowGrads()[0].Rows()); n != 0 {
		t.Errorf("%d rows of a frozen table are touched", n)
	}
}

// TestConcurrentTables runs steps of one model in several goroutines.
func TestConcurrentTables(t *testing.T) {
	m := window[float64](t)
	var wait sync.WaitGroup
	for seed := range uint64(4) {
		wait.Go(func() {
			e, b := model.NewExec(m, 8, true), windowBatch[float64](8, seed)
			step(t, e, b)
			want := slices.Clone(e.RowGrads()[0].Grads())
			for range 20 {
				if step(t, e, b); !slices.Equal(want, e.RowGrads()[0].Grads()) {
					t.Error("the gradient of a table differs")
				}
			}
		})
	}
	wait.Wait()
}

func TestTableIndexOutOfRange(t *testing.T) {
	e := model.NewExec(window[float32](t), 4, false)
	b := windowBatch[float32](4, 1)
	b.Inputs[0].Ints[7] = words + 3
	_, err := e.Forward(b, false, model.Key{Step: 9}, 0)
	var layer *model.LayerError
	var index *layers.IndexError
	want := `node "words": forward of step 9, 4 rows of [3] → [3 4]: row 2 of the batch: element 1 is 43, and must be in [0, 40)`
	if !errors.As(err, &layer) || !errors.As(err, &index) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestFindNonFiniteInTable has a word twice, with gradients that are finite until they are summed.
func TestFindNonFiniteInTable(t *testing.T) {
	m, b := window[float64](t), windowBatch[float64](1, 1)
	copy(b.Inputs[0].Ints, []int32{3, 38, 38})
	for _, p := range m.Params() {
		for i := range p.Data {
			p.Data[i] = 1e-3
		}
	}
	out := m.Params()[1] // [16 2]: element 1 of the second and of the third word leads to output 0
	out.Data[(4+1)*2], out.Data[(8+1)*2] = 1, 1
	err := model.NewExec(m, 8, true).FindNonFinite(b, model.Key{Step: 5}, 0, func(_, dpred []float64) { copy(dpred, []float64{1.2e308, 0}) })
	want := `step 5: node "words": gradient of words/w: element 153 is +Inf`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestShareNeedsTheSameKindOfGradient(t *testing.T) {
	_, err := model.NewGraph([]tensor.Spec{{Name: "x", Shape: tensor.Shape{5}}, {Name: "word", Shape: tensor.Shape{1}, Classes: 5}},
		[]model.Node[float64]{
			{Name: "fc", Layer: layers.NewDense[float64](layers.DenseConfig{Units: 3})},
			{Name: "words", Layer: embedding[float64](3), From: []string{"word"}, Share: "fc"},
			{Name: "flat", Layer: layers.NewFlatten[float64](layers.FlattenConfig{})},
			{Name: "both", Layer: layers.NewConcat[float64](layers.ConcatConfig{}), From: []string{"fc", "flat"}},
		})
	want := `node "words": parameter w has a row-sparse gradient in one of the nodes and not in the other, "fc"`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestMemoryOfTable: a table takes its size and that of the slots, but no gradient of its size.
func TestMemoryOfTable(t *testing.T) {
	memory := func(classes, slots int) int {
		m, err := model.NewSequential(tensor.Spec{Shape: tensor.Shape{5}, Classes: classes},
			model.Node[float32]{Name: "words", Layer: embedding[float32](100)})
		if err != nil {
			t.Fatal(err)
		}
		return m.Memory(16, slots)
	}
	const added = 1000 // rows
	if got, want := memory(6000, 2)-memory(5000, 2), 4*added*(3*100+1); got != want {
		t.Errorf("1000 more rows of a table with two slots take %d bytes, want %d", got, want)
	}
	if got, want := memory(6000, -1)-memory(5000, -1), 4*added*100; got != want {
		t.Errorf("1000 more rows of a table that predicts take %d bytes, want %d", got, want)
	}
}
