package model_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
)

// gate is a layer made of two functions over numbers: the gates of the lecture's computational graph.
type gate struct {
	name string
	f    func(in ...float64) float64
	df   func(i int, in ...float64) float64
	runs *int // counts the calls of Backward
}

func (g *gate) Build(b *layers.Builder[float64]) error {
	if g.name == "refuse" {
		return errors.New("refuses its input")
	}
	b.Out(b.In(0)...)
	return nil
}

func (g *gate) inputs(f *layers.Frame[float64], n, i int) []float64 {
	in := make([]float64, n)
	for j := range in {
		in[j] = f.In(j)[i]
	}
	return in
}

func (g *gate) Forward(f *layers.Frame[float64]) {
	n := 2
	if g.name == "square" {
		n = 1
	}
	for i := range f.Out() {
		f.Out()[i] = g.f(g.inputs(f, n, i)...)
	}
}

func (g *gate) Backward(f *layers.Frame[float64]) {
	n := 2
	if g.name == "square" {
		n = 1
	}
	if g.runs != nil {
		*g.runs++
	}
	for i := range f.Out() {
		for j := range n {
			f.DIn(j)[i] = f.DOut()[i] * g.df(j, g.inputs(f, n, i)...)
		}
	}
}

// source is a parameter of one element: a source node of the graph. Its input only says how many rows there are.
type source struct {
	value string
	w     layers.ParamID
}

func (s *source) Build(b *layers.Builder[float64]) error {
	b.Out()
	s.w = b.Param("w", layers.Init{}, 1)
	return nil
}

func (s *source) Forward(f *layers.Frame[float64]) {
	for i := range f.Out() {
		f.Out()[i] = f.Param(s.w)[0]
	}
}

func (s *source) Backward(f *layers.Frame[float64]) {
	f.DParam(s.w)[0] += tensor.Sum(f.DOut())
	clear(f.DIn(0))
}

func sum(runs *int) *gate {
	return &gate{
		f:    func(in ...float64) float64 { return in[0] + in[1] },
		df:   func(int, ...float64) float64 { return 1 },
		runs: runs,
	}
}

func mul(runs *int) *gate {
	return &gate{
		f:    func(in ...float64) float64 { return in[0] * in[1] },
		df:   func(i int, in ...float64) float64 { return in[1-i] },
		runs: runs,
	}
}

func maximum(runs *int) *gate {
	return &gate{
		f: func(in ...float64) float64 { return max(in[0], in[1]) },
		df: func(i int, in ...float64) float64 {
			if in[i] > in[1-i] {
				return 1
			}
			return 0
		},
		runs: runs,
	}
}

var number = tensor.Spec{Name: "input"}

// TestLectureGraph runs f = (x + y)·max(y, z) at (1, 2, 0): + distributes, max routes, × switches, and the gradients of
// y are summed at its branch. The nodes are given out of order.
func TestLectureGraph(t *testing.T) {
	runs := 0
	m, err := model.NewGraph([]tensor.Spec{number}, []model.Node[float64]{
		{Name: "f", Layer: mul(&runs), From: []string{"a", "b"}},
		{Name: "a", Layer: sum(&runs), From: []string{"x", "y"}},
		{Name: "b", Layer: maximum(&runs), From: []string{"y", "z"}},
		{Name: "x", Layer: &source{value: "x"}, From: []string{"input"}},
		{Name: "y", Layer: &source{value: "y"}, From: []string{"input"}},
		{Name: "z", Layer: &source{value: "z"}, From: []string{"input"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	for _, p := range m.Params() {
		p.Data[0] = map[string]float64{"x/w": 1, "y/w": 2, "z/w": 0}[p.Path]
	}
	e := model.NewExec(m, 1, true)
	pred, err := e.Forward(&tensor.Batch[float64]{Rows: 1, Inputs: []tensor.Values[float64]{{Floats: []float64{0}}}}, true, model.Key{}, 0)
	if err != nil || pred[0] != 6 {
		t.Fatalf("f = %v, %v; want 6", pred, err)
	}
	e.DOut()[0] = 1
	if err := e.Backward(); err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"x/w": 2, "y/w": 5, "z/w": 0}
	for _, p := range m.Params() {
		if got := e.Grads()[p.Offset]; got != want[p.Path] {
			t.Errorf("df/d%s = %v, want %v", p.Node, got, want[p.Path])
		}
	}
	if runs != 3 {
		t.Errorf("the three gates ran Backward %d times: each runs once", runs)
	}
	var order []string
	for _, n := range m.Nodes() {
		order = append(order, n.Name)
	}
	if got := strings.Join(order, " "); got != "x y a z b f" {
		t.Errorf("order %q: the first node in the given order whose sources have run comes next", got)
	}
}

// TestSameSourceTwice reads one value at both inputs of a gate: d(x·x)/dx = 2x.
func TestSameSourceTwice(t *testing.T) {
	m, err := model.NewGraph([]tensor.Spec{number}, []model.Node[float64]{
		{Name: "x", Layer: &source{value: "x"}},
		{Name: "f", Layer: mul(nil), From: []string{"x", "x"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	m.Params()[0].Data[0] = 3
	e := model.NewExec(m, 1, true)
	if _, err := e.Forward(&tensor.Batch[float64]{Rows: 1, Inputs: []tensor.Values[float64]{{Floats: []float64{0}}}}, true, model.Key{}, 0); err != nil {
		t.Fatal(err)
	}
	e.DOut()[0] = 1
	if err := e.Backward(); err != nil {
		t.Fatal(err)
	}
	if got := e.Grads()[0]; got != 6 {
		t.Errorf("d(x·x)/dx at 3 = %v, want 6", got)
	}
}

func TestGraphErrors(t *testing.T) {
	tests := map[string]struct {
		nodes []model.Node[float64]
		want  string
	}{
		"no nodes":       {nil, "at least one input and one node"},
		"dangling name":  {[]model.Node[float64]{{Name: "a", Layer: &source{value: "a"}, From: []string{"b"}}}, `node "a": reads "b", which is neither a node nor an input`},
		"duplicate name": {[]model.Node[float64]{{Name: "a", Layer: &source{value: "a"}}, {Name: "a", Layer: &source{value: "b"}}}, `node "a": the name is taken`},
		"name of input":  {[]model.Node[float64]{{Name: "input", Layer: &source{value: "a"}}}, `node "input": the name is taken`},
		"slash in name":  {[]model.Node[float64]{{Name: "a/b", Layer: &source{value: "a"}}}, "a name has letters, digits"},
		"no layer":       {[]model.Node[float64]{{Name: "a"}}, `node "a": has no layer`},
		"layer refuses":  {[]model.Node[float64]{{Name: "a", Layer: &gate{name: "refuse"}}}, `node "a": refuses its input`},
		"cycle": {[]model.Node[float64]{
			{Name: "a", Layer: sum(nil), From: []string{"input", "c"}},
			{Name: "b", Layer: sum(nil), From: []string{"a", "a"}},
			{Name: "c", Layer: sum(nil), From: []string{"b", "b"}},
		}, "the graph has a cycle: a → b → c → a"},
		"two outputs": {[]model.Node[float64]{
			{Name: "a", Layer: &source{value: "a"}, From: []string{"input"}},
			{Name: "b", Layer: &source{value: "b"}, From: []string{"input"}},
		}, `node "a": is read by no other node, and neither is b: name the outputs`},
		"shares with nobody": {[]model.Node[float64]{{Name: "a", Layer: &source{value: "a"}, Share: "b"}}, `shares the parameters of "b", which is no node before it`},
		"shares a misfit": {[]model.Node[float64]{
			{Name: "a", Layer: &source{value: "a"}},
			{Name: "b", Layer: mul(nil), From: []string{"a", "a"}, Share: "a"},
		}, "has 0 parameters and cannot share the 1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := model.NewGraph([]tensor.Spec{number}, tt.nodes)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	shared := &source{value: "a"}
	_, err := model.NewSequential(number, model.Node[float64]{Name: "a", Layer: shared}, model.Node[float64]{Name: "b", Layer: shared})
	if err == nil || !strings.Contains(err.Error(), "a layer belongs to one node") {
		t.Errorf("one layer in two nodes: %v", err)
	}
}

// TestShare sums the gradients of two nodes that use one parameter.
func TestShare(t *testing.T) {
	m, err := model.NewGraph([]tensor.Spec{number}, []model.Node[float64]{
		{Name: "a", Layer: &source{value: "a"}, From: []string{"input"}},
		{Name: "b", Layer: &source{value: "b"}, From: []string{"input"}, Share: "a"},
		{Name: "f", Layer: sum(nil), From: []string{"a", "b"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	e := model.NewExec(m, 1, true)
	if _, err := e.Forward(&tensor.Batch[float64]{Rows: 1, Inputs: []tensor.Values[float64]{{Floats: []float64{0}}}}, true, model.Key{}, 0); err != nil {
		t.Fatal(err)
	}
	e.DOut()[0] = 1
	if err := e.Backward(); err != nil {
		t.Fatal(err)
	}
	if len(m.Params()) != 1 || e.Grads()[0] != 2 {
		t.Errorf("%d parameters with gradient %v, want 1 with gradient 2", len(m.Params()), e.Grads())
	}
}

func TestOrder(t *testing.T) {
	for name, test := range map[string]struct {
		from  [][]string // of the nodes a, b, c and so on
		order []int
		cycle string
	}{
		"a chain":                    {[][]string{{"input"}, {"a"}, {"b"}}, []int{0, 1, 2}, ""},
		"a chain backwards":          {[][]string{{"b"}, {"c"}, {"input"}}, []int{2, 1, 0}, ""},
		"the given order, if it can": {[][]string{{"c"}, {"input"}, {"input"}, {"a", "b"}}, []int{1, 2, 0, 3}, ""},
		"a node that reads itself":   {[][]string{{"input"}, {"b"}}, nil, "b b"},
		"a cycle behind a node":      {[][]string{{"input"}, {"c", "a"}, {"d"}, {"b"}, {"d"}}, nil, "b d c b"},
	} {
		names := []string{"a", "b", "c", "d", "e"}[:len(test.from)]
		order, err := model.Order(names, test.from)
		if !slices.Equal(order, test.order) {
			t.Errorf("%s: got order %v, want %v", name, order, test.order)
		}
		cycle := ""
		if e, ok := errors.AsType[*model.CycleError](err); ok {
			cycle = strings.Join(e.Nodes, " ")
		}
		if cycle != test.cycle {
			t.Errorf("%s: got cycle %q, want %q", name, cycle, test.cycle)
		}
	}
}
