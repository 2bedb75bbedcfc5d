package train_test

import (
	"fmt"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/tensor"
)

// BenchmarkEmbeddingStep times steps of a word-window classifier: windows of five words, vectors of 100 elements, 300
// hidden units, 9 classes, 256 rows. The time must not grow with the vocabulary; lazy Adam has three tables to visit
// instead of one.
func BenchmarkEmbeddingStep(b *testing.B) {
	for name, o := range map[string]func() optim.Optimizer[float32]{
		"sgd": func() optim.Optimizer[float32] { return sgd[float32](0) }, "adam": adam[float32],
	} {
		for _, words := range []int{5_000, 50_000, 500_000} {
			b.Run(fmt.Sprintf("%s/%d words", name, words), func(b *testing.B) { benchmarkEmbedding(b, o(), words) })
		}
	}
}

func benchmarkEmbedding(b *testing.B, o optim.Optimizer[float32], words int) {
	const rows, batches = 256, 16
	dense := func(units int) layers.Layer[float32] {
		return layers.NewDense[float32](layers.DenseConfig{Units: units, Bias: true})
	}
	m, err := model.NewSequential(tensor.Spec{Name: "words", Shape: tensor.Shape{5}, Classes: words},
		model.Node[float32]{Name: "embed", Layer: layers.NewEmbedding[float32](layers.EmbeddingConfig{Dim: 100})},
		model.Node[float32]{Name: "flat", Layer: layers.NewFlatten[float32](layers.FlattenConfig{})},
		model.Node[float32]{Name: "fc", Layer: dense(300)},
		model.Node[float32]{Name: "act", Layer: layers.NewTanh[float32](layers.TanhConfig{})},
		model.Node[float32]{Name: "out", Layer: dense(9)})
	if err != nil {
		b.Fatal(err)
	}
	m.Init(1)
	e, l := model.NewExec(m, rows, true), loss.NewSoftmaxCrossEntropy[float32](loss.SoftmaxCrossEntropyConfig{})
	if err := l.Build(m.Output(), tensor.Spec{Classes: 9}); err != nil {
		b.Fatal(err)
	}
	r := tensor.NewRandom(1)
	var list [batches]tensor.Batch[float32]
	for k := range list {
		x, y := make([]int32, 5*rows), make([]int32, rows)
		for i := range x {
			x[i] = int32(r.With(uint64(k)).IntN(i, words))
		}
		for i := range y {
			y[i] = x[5*i+2] % 9
		}
		list[k] = tensor.Batch[float32]{Rows: rows, Inputs: []tensor.Values[float32]{{Ints: x}}, Target: tensor.Values[float32]{Ints: y}}
	}
	updates := make([]optim.RowUpdate[float32], len(m.Params()))
	for i, p := range m.Params() {
		u := &updates[i]
		u.Param, u.Rates, u.Width = p.Data, []float64{0.01, 0, 0}, p.Shape.Last()
		if len(o.Slots()) > 0 {
			u.Rates = []float64{1e-3, 0.9, 0.999, 1e-8}
		}
		for range o.Slots() {
			u.Slots = append(u.Slots, make([]float32, len(p.Data)))
		}
		if !p.IsTable() {
			u.Grad = e.Grads()[p.Offset : p.Offset+len(p.Data)]
		}
	}
	step := int64(0)
	run := func() {
		step++
		batch := &list[step%batches]
		pred, err := e.Forward(batch, true, model.Key{Step: step}, 0)
		if err != nil {
			b.Fatal(err)
		}
		l.Eval(pred, batch.Target, rows, e.DOut())
		if err := e.Backward(); err != nil {
			b.Fatal(err)
		}
		for i := range updates {
			u := &updates[i]
			u.Step = step
			if g := e.RowGrads()[i]; g != nil {
				u.Rows, u.Grad = g.Rows(), g.Grads()
				u.UpdateRows(o)
			} else {
				o.Update(&u.Update)
			}
		}
	}
	for range batches { // the first visit of a page costs a fault
		run()
	}
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
}
