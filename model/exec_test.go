package model_test

import (
	"errors"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

func dense[T tensor.Float](units int) layers.Layer[T] {
	c := registry.Defaults[layers.DenseConfig]()
	c.Units = units
	return layers.NewDense[T](c)
}

// branched is a graph with a branch: input → fc1 → tanh → (fc2, skip) → sum.
func branched[T tensor.Float](t *testing.T) *model.Model[T] {
	t.Helper()
	m, err := model.NewGraph([]tensor.Spec{{Name: "input", Shape: tensor.Shape{3}}}, []model.Node[T]{
		{Name: "fc1", Layer: dense[T](4)},
		{Name: "act", Layer: layers.NewTanh[T](registry.Defaults[layers.TanhConfig]())},
		{Name: "fc2", Layer: dense[T](2), From: []string{"act"}},
		{Name: "skip", Layer: dense[T](2), From: []string{"act"}},
		{Name: "out", Layer: &add[T]{}, From: []string{"fc2", "skip"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(7)
	return m
}

// add is y = x0 + x1, and can be told to fail.
type add[T tensor.Float] struct{ fail string }

func (a *add[T]) Build(b *layers.Builder[T]) error {
	b.Out(b.In(0)...)
	return nil
}

func (a *add[T]) Forward(f *layers.Frame[T]) {
	if a.fail == "forward" {
		var none []int
		_ = none[f.Rows]
	}
	copy(f.Out(), f.In(0))
	tensor.AddTo(f.Out(), f.In(1))
}

func (a *add[T]) Backward(f *layers.Frame[T]) {
	if a.fail == "backward" {
		panic("out of luck")
	}
	copy(f.DIn(0), f.DOut())
	copy(f.DIn(1), f.DOut())
}

func batch[T tensor.Float](rows int) *tensor.Batch[T] {
	b := &tensor.Batch[T]{Rows: rows, Inputs: []tensor.Values[T]{{Floats: make([]T, 3*rows)}}}
	b.Target.Ints = make([]int32, rows)
	r := tensor.NewRandom(3)
	for i := range b.Inputs[0].Floats {
		b.Inputs[0].Floats[i] = T(r.Normal(i))
	}
	for i := range b.Target.Ints {
		b.Target.Ints[i] = int32(r.IntN(i, 2))
	}
	return b
}

func crossEntropy[T tensor.Float](t *testing.T, m *model.Model[T]) loss.Loss[T] {
	t.Helper()
	part, err := loss.Registry.Build("softmax_cross_entropy", nil)
	if err != nil {
		t.Fatal(err)
	}
	l := loss.Make[T](part)
	if err := l.Build(m.Output(), tensor.Spec{Classes: 2}); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestStepAllocatesNothing(t *testing.T) {
	t.Run("float32", testAllocs[float32])
	t.Run("float64", testAllocs[float64])
}

func testAllocs[T tensor.Float](t *testing.T) {
	m := branched[T](t)
	l := crossEntropy(t, m)
	e := model.NewExec(m, 8, true)
	full, short := batch[T](8), batch[T](3)
	step := int64(0)
	allocs := testing.AllocsPerRun(50, func() {
		for _, b := range []*tensor.Batch[T]{full, short} {
			step++
			pred, err := e.Forward(b, true, model.Key{Step: step}, 0)
			if err != nil {
				t.Fatal(err)
			}
			l.Eval(pred, b.Target, b.Rows, e.DOut())
			if err := e.Backward(); err != nil {
				t.Fatal(err)
			}
			e.CommitStates()
			if _, err := e.Forward(b, false, model.Key{}, 0); err != nil {
				t.Fatal(err)
			}
		}
	})
	if allocs != 0 {
		t.Errorf("a training and an evaluation step on a full and a short batch allocate %v times, want 0", allocs)
	}
}

func TestShortBatchEqualsItsRows(t *testing.T) {
	m := branched[float64](t)
	full, alone := model.NewExec(m, 8, false), model.NewExec(m, 1, false)
	b := batch[float64](8)
	all, err := full.Forward(b, false, model.Key{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for row := range 8 {
		one := &tensor.Batch[float64]{Rows: 1, Inputs: []tensor.Values[float64]{{Floats: b.Inputs[0].Floats[3*row : 3*row+3]}}}
		pred, err := alone.Forward(one, false, model.Key{}, row)
		if err != nil || pred[0] != all[2*row] || pred[1] != all[2*row+1] {
			t.Errorf("row %d alone gives %v, in the batch %v (%v)", row, pred, all[2*row:2*row+2], err)
		}
	}
}

// TestConcurrentExecs predicts from several goroutines with one model.
func TestConcurrentExecs(t *testing.T) {
	m := branched[float32](t)
	b := batch[float32](8)
	want, err := model.NewExec(m, 8, false).Forward(b, false, model.Key{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			e := model.NewExec(m, 8, false)
			for range 20 {
				got, err := e.Forward(b, false, model.Key{}, 0)
				if err != nil {
					t.Error(err)
					return
				}
				for i := range want {
					if got[i] != want[i] {
						t.Errorf("element %d is %v in one goroutine and %v in another", i, got[i], want[i])
						return
					}
				}
			}
		})
	}
	wait.Wait()
}

func TestBatchesThatDoNotFit(t *testing.T) {
	e := model.NewExec(branched[float64](t), 4, false)
	short := batch[float64](4)
	short.Inputs[0].Floats = make([]float64, 5, 100) // what lies between length and capacity is not the batch's
	none := &tensor.Batch[float64]{Rows: 1}
	for want, b := range map[string]*tensor.Batch[float64]{
		"model: a batch of 5 rows for an execution of up to 4":           batch[float64](5),
		`model: input "input" of 4 rows [3] has 5 elements and needs 12`: short,
		"model: a batch with 0 inputs for a model of 1":                  none,
	} {
		if _, err := e.Forward(b, false, model.Key{}, 0); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := e.Forward(batch[float64](4), false, model.Key{}, 0); err != nil {
		t.Fatal(err)
	}
	if err := e.Backward(); err == nil || !strings.Contains(err.Error(), "only predicts") {
		t.Errorf("Backward without gradients: %v", err)
	}
}

func TestLayerPanics(t *testing.T) {
	for _, phase := range []string{"forward", "backward"} {
		m, err := model.NewGraph([]tensor.Spec{{Name: "input", Shape: tensor.Shape{3}}}, []model.Node[float64]{
			{Name: "fc", Layer: dense[float64](2)},
			{Name: "bad", Layer: &add[float64]{fail: phase}, From: []string{"fc", "fc"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		m.Init(1)
		e := model.NewExec(m, 4, true)
		_, err = e.Forward(batch[float64](4), true, model.Key{Step: 12}, 0)
		if phase == "backward" {
			if err != nil {
				t.Fatal(err)
			}
			err = e.Backward()
		}
		var layerErr *model.LayerError
		if !errors.As(err, &layerErr) {
			t.Fatalf("%s: %v is no LayerError", phase, err)
		}
		if layerErr.Node != "bad" || layerErr.Phase != phase || layerErr.Step != 12 || len(layerErr.Stack) == 0 {
			t.Errorf("%s: %+v does not say where", phase, layerErr)
		}
	}
}

func TestFindNonFinite(t *testing.T) {
	poison := map[string]struct {
		plant func(m *model.Model[float64], b *tensor.Batch[float64])
		want  string
	}{
		"input": {
			func(_ *model.Model[float64], b *tensor.Batch[float64]) { b.Inputs[0].Floats[7] = math.NaN() },
			"step 5: input input: element 7 (row 2 of the batch) is NaN",
		},
		"parameter": {
			func(m *model.Model[float64], _ *tensor.Batch[float64]) { m.Params()[0].Data[1] = math.Inf(1) },
			`step 5: node "fc1": parameter fc1/w: element 1 is +Inf`,
		},
		"output": {func(m *model.Model[float64], b *tensor.Batch[float64]) {
			for i := range m.Params()[0].Data {
				m.Params()[0].Data[i] = 1e300
			}
			for i := range b.Inputs[0].Floats {
				b.Inputs[0].Floats[i] = 1e300
			}
		}, `step 5: node "fc1": output: element 0 (row 0 of the batch) is +Inf`},
		"nothing": {func(*model.Model[float64], *tensor.Batch[float64]) {}, ""},
	}
	for name, tt := range poison {
		t.Run(name, func(t *testing.T) {
			m, b := branched[float64](t), batch[float64](8)
			tt.plant(m, b)
			l := crossEntropy(t, m)
			err := model.NewExec(m, 8, true).FindNonFinite(b, model.Key{Step: 5}, 0, func(pred, dpred []float64) {
				l.Eval(pred, b.Target, b.Rows, dpred)
			})
			switch {
			case err == nil && tt.want != "":
				t.Errorf("nothing was found, want %q", tt.want)
			case err != nil && err.Error() != tt.want:
				t.Errorf("got %q, want %q", err, tt.want)
			}
		})
	}
}

// TestFrozen keeps the gradient of a frozen parameter at zero and skips what only leads to frozen ones.
func TestFrozen(t *testing.T) {
	m := branched[float64](t)
	for _, path := range []string{"fc1/w", "fc1/b", "fc2/b"} {
		if err := m.Freeze(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Freeze("fc9/w"); err == nil || !strings.Contains(err.Error(), "fc1/w, fc1/b") {
		t.Errorf("freezing a parameter that is not there: %v", err)
	}
	l := crossEntropy(t, m)
	e := model.NewExec(m, 8, true)
	b := batch[float64](8)
	pred, err := e.Forward(b, true, model.Key{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	l.Eval(pred, b.Target, b.Rows, e.DOut())
	if err := e.Backward(); err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Params() {
		norm := tensor.SumSquares(e.Grads()[p.Offset : p.Offset+len(p.Data)])
		if p.Frozen != (norm == 0) {
			t.Errorf("%s: frozen %v, squared gradient %v", p.Path, p.Frozen, norm)
		}
	}
}

// TestInitIsByPath gives a parameter the same first values whatever other nodes there are.
func TestInitIsByPath(t *testing.T) {
	m := branched[float64](t)
	small, err := model.NewSequential(tensor.Spec{Shape: tensor.Shape{3}}, model.Node[float64]{Name: "fc1", Layer: dense[float64](4)})
	if err != nil {
		t.Fatal(err)
	}
	small.Init(7)
	for i, w := range small.Params()[0].Data {
		if w != m.Params()[0].Data[i] {
			t.Fatalf("element %d of fc1/w is %v in one model and %v in the other", i, w, m.Params()[0].Data[i])
		}
	}
	if a, b := m.Params()[2].Data[0], m.Params()[4].Data[0]; a == b {
		t.Errorf("fc2/w and skip/w begin with the same number %v", a)
	}
}

func TestMemorySaturates(t *testing.T) {
	m, err := model.NewSequential(tensor.Spec{Shape: tensor.Shape{1 << 30}}, model.Node[float64]{Name: "huge", Layer: dense[float64](1 << 40)})
	if err == nil {
		if got := m.Memory(32, 2); got != math.MaxInt {
			t.Errorf("a model beyond all memory takes %d bytes", got)
		}
	} else if !strings.Contains(err.Error(), "more elements than memory has addresses") {
		t.Error(err)
	}
}
