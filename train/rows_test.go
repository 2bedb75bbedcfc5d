package train_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

const vocabulary = 60

// windows is a set of windows of three words, of which the classes are those of the word in the middle. The words of
// the upper half never occur.
func windows(t testing.TB, rows int) *data.Set {
	t.Helper()
	r := tensor.NewRandom(2)
	x, y := make([]int32, 3*rows), make([]int32, rows)
	for i := range x {
		x[i] = int32(r.IntN(i, vocabulary/2))
	}
	for i := range y {
		y[i] = x[3*i+1] % 2
	}
	words, err := data.NewIndices("words", tensor.Shape{3}, vocabulary, x)
	if err != nil {
		t.Fatal(err)
	}
	class, err := data.NewIndices("class", nil, 2, y)
	if err != nil {
		t.Fatal(err)
	}
	return &data.Set{Inputs: []data.Column{words}, Target: class}
}

// lookup is an embedding layer, with a row-sparse gradient or with an ordinary one.
func lookup[T tensor.Float](sparse bool) layers.Layer[T] {
	if sparse {
		return layers.NewEmbedding[T](layers.EmbeddingConfig{Dim: 4})
	}
	return &denseTable[T]{}
}

// denseTable is an embedding of four elements whose gradient is that of the whole table.
type denseTable[T tensor.Float] struct{ w layers.ParamID }

func (l *denseTable[T]) Build(b *layers.Builder[T]) error {
	b.Index(0, b.Classes(0))
	l.w = b.Param("w", layers.Init{Name: "normal", Config: layers.Normal{Std: 1}}, b.Classes(0), 4)
	b.Out(append(slices.Clone(b.In(0)), 4)...)
	return nil
}

func (l *denseTable[T]) Forward(f *layers.Frame[T]) {
	tensor.GatherRows(f.Out(), f.Param(l.w), f.Index(0), 4)
}

func (l *denseTable[T]) Backward(f *layers.Frame[T]) {
	for i, k := range f.Index(0) {
		tensor.AddTo(f.DParam(l.w)[k*4:(k+1)*4], f.DOut()[i*4:(i+1)*4])
	}
}

// wordSetup is a small run with an embedding.
func wordSetup[T tensor.Float](t testing.TB, o optim.Optimizer[T], rows, dir string, sparse bool) train.Setup[T] {
	t.Helper()
	m, err := model.NewSequential(tensor.Spec{Name: "words", Shape: tensor.Shape{3}, Classes: vocabulary},
		model.Node[T]{Name: "embed", Layer: lookup[T](sparse)},
		model.Node[T]{Name: "flat", Layer: layers.NewFlatten[T](layers.FlattenConfig{})},
		model.Node[T]{Name: "fc", Layer: layers.NewDense[T](layers.DenseConfig{Units: 5, Bias: true})},
		model.Node[T]{Name: "act", Layer: layers.NewTanh[T](layers.TanhConfig{})},
		model.Node[T]{Name: "out", Layer: layers.NewDense[T](layers.DenseConfig{Units: 2})},
	)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(4)
	config := train.DefaultConfig()
	config.Epochs, config.BatchSize, config.LogEvery, config.Rows = 3, 8, 2, rows
	return train.Setup[T]{
		Model: m, Loss: loss.NewSoftmaxCrossEntropy[T](loss.SoftmaxCrossEntropyConfig{}), Optimizer: o,
		Clip: optim.Clip{Norm: 0.5}, Train: windows(t, 29), Eval: windows(t, 9), Seed: 11, Config: config, Dir: dir,
	}
}

func sgd[T tensor.Float](momentum float64) optim.Optimizer[T] {
	return optim.NewSGD[T](optim.SGDConfig{LR: registry.Const(0.1), Momentum: registry.Const(momentum)})
}

func adam[T tensor.Float]() optim.Optimizer[T] {
	c := registry.Defaults[optim.AdamConfig]()
	c.LR = registry.Const(0.01)
	return optim.NewAdam[T](c)
}

func l2[T tensor.Float]() []train.Penalty[T] {
	return []train.Penalty[T]{{Regularizer: optim.NewL2[T](optim.L2Config{Strength: registry.Const(0.01)}), Params: []string{"*/w"}}}
}

// TestDenseRows: a run whose tables are updated whole is that of a model with ordinary gradients, and so is a lazy one
// where lazy and dense are the same.
func TestDenseRows(t *testing.T) {
	for name, test := range map[string]struct {
		optimizer func() optim.Optimizer[float64]
		penalties []train.Penalty[float64]
		rows      string
	}{
		"sgd":               {func() optim.Optimizer[float64] { return sgd[float64](0) }, nil, train.SameRows},
		"sgd, lazy":         {func() optim.Optimizer[float64] { return sgd[float64](0) }, nil, train.LazyRows},
		"sgd, dense":        {func() optim.Optimizer[float64] { return sgd[float64](0) }, nil, train.DenseRows},
		"momentum, dense":   {func() optim.Optimizer[float64] { return sgd[float64](0.9) }, nil, train.DenseRows},
		"adam, dense":       {adam[float64], nil, train.DenseRows},
		"adam and l2,dense": {adam[float64], l2[float64](), train.DenseRows},
	} {
		t.Run(name, func(t *testing.T) {
			var weights [2][]float64
			for i, sparse := range []bool{false, true} {
				s := wordSetup(t, test.optimizer(), test.rows, t.TempDir(), sparse)
				s.Regularizers = test.penalties
				trainAll(t, s, 0)
				for _, p := range s.Model.Params() { // the order of the weights differs
					weights[i] = append(weights[i], p.Data...)
				}
			}
			for i, want := range weights[0] {
				if got := weights[1][i]; math.Abs(got-want) > 1e-12*max(1, math.Abs(want)) {
					t.Fatalf("weight %d is %v, and %v with ordinary gradients", i, got, want)
				}
			}
		})
	}
}

// TestLazyRows leaves the rows of words that never occur as they were, and moves the others.
func TestLazyRows(t *testing.T) {
	for name, o := range map[string]optim.Optimizer[float32]{"momentum": sgd[float32](0.9), "adam": adam[float32]()} {
		s := wordSetup(t, o, train.LazyRows, "", true)
		s.Regularizers = l2[float32]()
		table := s.Model.Params()[0]
		before := slices.Clone(table.Data)
		words := make([]int32, 3*s.Train.Len())
		s.Train.Inputs[0].Int32(words, data.Order(0, 0, s.Train.Len(), nil))
		trainAll(t, s, 0)
		for i, w := range table.Data {
			if moved := w != before[i]; moved != slices.Contains(words, int32(i/4)) {
				t.Fatalf("%s: element %d of word %d moved: %v", name, i%4, i/4, moved)
			}
		}
	}
}

// TestRowsMustBeChosen refuses a run that does not say what it wants where lazy and dense differ.
func TestRowsMustBeChosen(t *testing.T) {
	for name, test := range map[string]struct {
		edit func(s *train.Setup[float32])
		want string
	}{
		"momentum": {func(s *train.Setup[float32]) { s.Optimizer = sgd[float32](0.9) }, "optimizer: it moves rows of the table embed/w"},
		"adam":     {func(s *train.Setup[float32]) { s.Optimizer = adam[float32]() }, "set rows: lazy under train"},
		"no rows":  {func(s *train.Setup[float32]) { s.Config.Rows = "" }, ""},
		"penalty":  {func(s *train.Setup[float32]) { s.Regularizers = l2[float32]() }, "regularizer: it acts on all of the table embed/w"},
		"no penalty": {func(s *train.Setup[float32]) {
			s.Regularizers = l2[float32]()
			s.Regularizers[0].Params = []string{"fc/w"}
		}, ""},
		"unknown":      {func(s *train.Setup[float32]) { s.Config.Rows = "some" }, `unknown rows "some"`},
		"whole":        {func(s *train.Setup[float32]) { s.Optimizer = whole{} }, "optimizer: it cannot update single rows"},
		"whole, lazy":  {func(s *train.Setup[float32]) { s.Optimizer, s.Config.Rows = whole{}, train.LazyRows }, "set rows: dense under train"},
		"whole, dense": {func(s *train.Setup[float32]) { s.Optimizer, s.Config.Rows = whole{}, train.DenseRows }, ""},
		"frozen": {func(s *train.Setup[float32]) {
			s.Optimizer = whole{}
			if err := s.Model.Freeze("embed/w"); err != nil {
				t.Fatal(err)
			}
		}, ""},
		"no table": {func(s *train.Setup[float32]) {
			s.Optimizer, s.Model = whole{}, wordSetup(t, sgd[float32](0), "", "", false).Model
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := wordSetup(t, sgd[float32](0), train.SameRows, "", true)
			test.edit(&s)
			_, err := train.New(s)
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// whole scales each gradient by the norm of the parameter: it cannot update single rows.
type whole struct{}

func (whole) Slots() []string     { return nil }
func (whole) Rates() []optim.Rate { return []optim.Rate{{Name: "lr", Value: registry.Const(0.1)}} }
func (whole) Update(u *optim.Update[float32]) {
	tensor.Axpy(-float32(u.Rates[0]/math.Sqrt(1+tensor.SumSquares(u.Param))), u.Grad, u.Param)
}

// TestResumeEveryStepOfTables cuts a run with an embedding after each of its steps, as TestResumeEveryStep does.
func TestResumeEveryStepOfTables(t *testing.T) {
	for _, rows := range []string{train.LazyRows, train.DenseRows} {
		setup := func(dir string) train.Setup[float32] {
			s := wordSetup(t, adam[float32](), rows, dir, true)
			s.Regularizers = l2[float32]()
			return s
		}
		dir := t.TempDir()
		res := trainAll(t, setup(dir), 0)
		want := digest(t, dir)
		for cut := int64(1); cut < res.Step; cut++ {
			dir := t.TempDir()
			previous := runtime.GOMAXPROCS([]int{1, 2, 8}[cut%3])
			trainAll(t, setup(dir), cut)
			trainAll(t, setup(dir), 0)
			runtime.GOMAXPROCS(previous)
			if got := digest(t, dir); got != want {
				t.Errorf("%s, cut at step %d: %s, want %s", rows, cut, got, want)
			}
		}
	}
}

// TestRecordOfTable compares what the log says of a step with what can be computed from outside: the norm of the
// gradient in which each word counts once, and the penalty and the ratio of the rows that were touched.
func TestRecordOfTable(t *testing.T) {
	s := wordSetup(t, sgd[float64](0), train.LazyRows, "", true)
	s.Clip, s.Eval = optim.Clip{}, nil
	s.Config.Epochs, s.Config.BatchSize, s.Config.LogEvery, s.Config.Shuffle, s.Config.Steps = 1, 8, 1, false, 1
	s.Regularizers = []train.Penalty[float64]{{Regularizer: optim.NewL2[float64](optim.L2Config{Strength: registry.Const(0.01)}), Params: []string{"embed/*"}}}
	before := slices.Clone(s.Model.Params()[0].Data)
	var rec train.Record
	s.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) {
		if step, ok := e.(*train.Stepped); ok {
			rec = *step.Record
		}
	})}
	run, err := train.New(s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run.Train(context.Background()); err != nil {
		t.Fatal(err)
	}
	var gradient, penalty, change, weight float64
	words := make([]int32, 3*8)
	s.Train.Inputs[0].Int32(words, []int{0, 1, 2, 3, 4, 5, 6, 7})
	for i, w := range s.Model.Params()[0].Data {
		if slices.Contains(words, int32(i/4)) {
			change, weight = change+(w-before[i])*(w-before[i]), weight+w*w
			penalty += 0.01 * before[i] * before[i]
		}
	}
	gradient = change / (0.1 * 0.1)
	if got := float64(rec.UpdateRatio["embed"]); math.Abs(got-math.Sqrt(change/weight)) > 1e-12 {
		t.Errorf("the ratio is %v, want %v", got, math.Sqrt(change/weight))
	}
	if got := float64(*rec.Penalty); math.Abs(got-penalty) > 1e-12 {
		t.Errorf("the penalty is %v, want %v", got, penalty)
	}
	if got := float64(*rec.GradNorm); got*got < gradient {
		t.Errorf("the squared norm is %v, and that of the table alone %v", got*got, gradient)
	}
}

// TestNonFiniteTable names the word whose vector became infinite.
func TestNonFiniteTable(t *testing.T) {
	s := wordSetup(t, sgd[float32](0), train.SameRows, "", true)
	s.Model.Params()[0].Data[4*3+1] = float32(math.Inf(1))
	err := mustFail(t, s)
	bad, ok := errors.AsType[*model.NonFiniteError](err)
	if !ok || bad.Tensor != "parameter embed/w" || bad.Index != 13 {
		t.Errorf("got %v", err)
	}
}
