package model_test

import (
	"math"
	"slices"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
)

// gates is the graph of the lecture, f = (x + y)·max(y, z), whose sources are inputs.
func gates(t *testing.T) (*model.Model[float64], *tensor.Batch[float64]) {
	t.Helper()
	m, err := model.NewGraph([]tensor.Spec{{Name: "x"}, {Name: "y"}, {Name: "z"}}, []model.Node[float64]{
		{Name: "a", Layer: layers.NewSum[float64](layers.SumConfig{}), From: []string{"x", "y"}},
		{Name: "b", Layer: layers.NewMax[float64](layers.MaxConfig{}), From: []string{"y", "z"}},
		{Name: "f", Layer: layers.NewMul[float64](layers.MulConfig{}), From: []string{"a", "b"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	number := func(v float64) tensor.Values[float64] { return tensor.Values[float64]{Floats: []float64{v}} }
	return m, &tensor.Batch[float64]{Rows: 1, Inputs: []tensor.Values[float64]{number(1), number(2), number(0)}}
}

func TestTraceOfTheLecture(t *testing.T) {
	m, b := gates(t)
	trace, err := model.NewTrace(m, nil, b, model.Key{})
	if err != nil {
		t.Fatal(err)
	}
	type value struct {
		name            string
		value, gradient float64
		fan             int
	}
	var values []value
	for _, v := range trace.Values {
		values = append(values, value{v.Name, v.Value[0], v.Gradient[0], v.Fan})
	}
	if want := []value{{"x", 1, 2, 1}, {"y", 2, 5, 2}, {"z", 0, 0, 1}, {"a", 3, 2, 1}, {"b", 2, 3, 1}, {"f", 6, 1, 0}}; !slices.Equal(values, want) {
		t.Errorf("got values %v, want %v", values, want)
	}
	type edge struct {
		from, to          string
		local, downstream float64
	}
	var edges []edge
	for _, e := range trace.Edges {
		edges = append(edges, edge{trace.Values[e.From].Name, trace.Values[e.To].Name, e.Local.Diagonal[0], e.Downstream[0]})
	}
	want := []edge{{"a", "f", 2, 2}, {"b", "f", 3, 3}, {"y", "b", 1, 3}, {"z", "b", 0, 0}, {"x", "a", 1, 2}, {"y", "a", 1, 2}}
	if !slices.Equal(edges, want) {
		t.Errorf("got edges %v, want %v", edges, want)
	}
}

// TestTraceAgreesWithExec compares the gradients of parameters with those of an ordinary execution, and checks that on
// each edge downstream = upstream × local.
func TestTraceAgreesWithExec(t *testing.T) {
	for name, build := range map[string]func(*testing.T) (*model.Model[float64], *tensor.Batch[float64]){
		"branches": func(t *testing.T) (*model.Model[float64], *tensor.Batch[float64]) {
			return branched[float64](t), batch[float64](1)
		},
		"table": func(t *testing.T) (*model.Model[float64], *tensor.Batch[float64]) {
			return window[float64](t), windowBatch[float64](1, 3)
		},
	} {
		t.Run(name, func(t *testing.T) {
			m, b := build(t)
			l := crossEntropy(t, m)
			before := slices.Clone(m.Weights())
			trace, err := model.NewTrace(m, l, b, model.Key{Seed: 5})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(before, m.Weights()) {
				t.Error("the trace changed a parameter")
			}
			e := model.NewExec(m, 1, true)
			pred, err := e.Forward(b, true, model.Key{Seed: 5}, 0)
			if err != nil {
				t.Fatal(err)
			}
			sum, weight := l.Eval(pred, b.Target, 1, e.DOut())
			if err := e.Backward(); err != nil {
				t.Fatal(err)
			}
			if last := trace.Values[len(trace.Values)-1]; last.Kind != model.LossValue || last.Value[0] != sum/weight || last.Gradient[0] != 1 {
				t.Errorf("the trace ends in %+v, want the loss %v", last, sum/weight)
			}
			checkTracedParams(t, trace, m, e)
			checkChainRule(t, trace)
		})
	}
}

func checkTracedParams(t *testing.T, trace *model.Trace, m *model.Model[float64], e *model.Exec[float64]) {
	t.Helper()
	for i, p := range m.Params() {
		k := slices.IndexFunc(trace.Values, func(v model.TracedValue) bool { return v.Name == p.Path })
		want := make([]float64, p.Shape.Size())
		if rows := e.RowGrads()[i]; rows != nil {
			rows.AddTo(want)
		} else {
			copy(want, e.Grads()[p.Offset:])
		}
		for j, w := range want {
			if got := trace.Values[k].Gradient[j]; math.Abs(got-w) > 1e-12 {
				t.Errorf("the gradient of %s is %v at %d, want %v", p.Path, got, j, w)
			}
		}
	}
}

// checkChainRule checks downstream = upstream × local where the Jacobian is known, and that the edges that leave a value
// add up to its gradient.
func checkChainRule(t *testing.T, trace *model.Trace) {
	t.Helper()
	sums := make([][]float64, len(trace.Values))
	known := 0
	for _, e := range trace.Edges {
		from := e.From
		if sums[from] == nil {
			sums[from] = make([]float64, len(e.Downstream))
		}
		for i, d := range e.Downstream {
			sums[from][i] += d
			want, upstream := 0.0, trace.Values[e.To].Gradient
			switch {
			case e.Local.Diagonal != nil:
				want = upstream[i] * e.Local.Diagonal[i]
			case e.Local.Full != nil:
				for k, u := range upstream {
					want += u * e.Local.Full[k*e.Local.In+i]
				}
			default:
				continue
			}
			known++
			if math.Abs(d-want) > 1e-12 {
				t.Errorf("%s → %s: downstream %v, upstream × local %v", trace.Values[from].Name, trace.Values[e.To].Name, d, want)
			}
		}
	}
	if known == 0 {
		t.Error("no Jacobian is known")
	}
	for i, sum := range sums {
		for j, s := range sum {
			if got := trace.Values[i].Gradient[j]; math.Abs(got-s) > 1e-15 {
				t.Errorf("the gradient of %s is %v, the sum over its edges %v", trace.Values[i].Name, got, s)
			}
		}
	}
}

// TestTraceOfWideNodes probes the Jacobians that are too large to be found row by row.
func TestTraceOfWideNodes(t *testing.T) {
	const n = 50
	m, err := model.NewSequential(tensor.Spec{Shape: tensor.Shape{n}},
		model.Node[float64]{Name: "act", Layer: layers.NewTanh[float64](layers.TanhConfig{})},
		model.Node[float64]{Name: "fc", Layer: dense[float64](n)})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(i-20) / 10
	}
	trace, err := model.NewTrace(m, nil, &tensor.Batch[float64]{Rows: 1, Inputs: []tensor.Values[float64]{{Floats: x}}}, model.Key{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range trace.Edges {
		switch from := trace.Values[e.From].Name; from {
		case "input":
			for i, d := range e.Local.Diagonal {
				if want := 1 - math.Pow(math.Tanh(x[i]), 2); math.Abs(d-want) > 1e-14 {
					t.Errorf("tanh' at %v is %v, want %v", x[i], d, want)
				}
			}
			if len(e.Local.Diagonal) != n {
				t.Error("tanh is element by element, and is not seen to be")
			}
		case "act", "fc/w":
			if e.Local.Diagonal != nil || e.Local.Full != nil || e.Local.Out != n {
				t.Errorf("the Jacobian of %s is %+v", from, e.Local)
			}
		case "fc/b":
			if e.Local.Diagonal == nil {
				t.Error("a bias is added element by element, and is not seen to be")
			}
		}
	}
}

func TestTraceErrors(t *testing.T) {
	m, b := gates(t)
	b.Inputs = b.Inputs[:2]
	if _, err := model.NewTrace(m, nil, b, model.Key{}); err == nil || err.Error() != "model: a batch with 2 inputs for a model of 3" {
		t.Errorf("an input is missing: %v", err)
	}
	if _, err := model.NewTrace(m, nil, &tensor.Batch[float64]{Rows: 2}, model.Key{}); err == nil {
		t.Error("a batch of two rows is traced")
	}
	failing, err := model.NewGraph([]tensor.Spec{{Name: "input"}}, []model.Node[float64]{{Name: "out", Layer: &add[float64]{fail: "backward"}, From: []string{"input", "input"}}})
	if err != nil {
		t.Fatal(err)
	}
	failing.Init(1)
	one := &tensor.Batch[float64]{Rows: 1, Inputs: []tensor.Values[float64]{{Floats: []float64{1}}}}
	if _, err := model.NewTrace(failing, nil, one, model.Key{}); err == nil || err.Error() != `node "out": backward of step 0, 1 rows of [], [] → []: out of luck` {
		t.Errorf("a layer that panics: %v", err)
	}
}
