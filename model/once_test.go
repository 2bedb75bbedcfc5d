package model_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
)

// counted counts what a layer is asked for.
type counted struct {
	layers.Layer[float64]
	forward, backward int
}

func (c *counted) Forward(f *layers.Frame[float64]) {
	c.forward++
	c.Layer.Forward(f)
}

func (c *counted) Backward(f *layers.Frame[float64]) {
	c.backward++
	c.Layer.Backward(f)
}

// randomGraph has gates that each read one to three of what is before them, often the same value twice, on top of a
// dense layer; a last one sums what nobody reads.
func randomGraph(t *testing.T, seed uint64) (*model.Model[float64], []*counted) {
	t.Helper()
	r := tensor.NewRandom(seed)
	var nodes []model.Node[float64]
	var counts []*counted
	draws := 0
	draw := func(n int) int { draws++; return r.IntN(draws, n) }
	add := func(l layers.Layer[float64], from ...string) {
		c := &counted{Layer: l}
		counts = append(counts, c)
		nodes = append(nodes, model.Node[float64]{Name: fmt.Sprint("n", len(nodes)), Layer: c, From: from})
	}
	add(dense[float64](3), "input")
	read := map[string]bool{}
	for range 14 {
		var from []string
		for range 1 + draw(3) {
			name := nodes[max(0, len(nodes)-1-draw(5))].Name
			from, read[name] = append(from, name), true
		}
		switch {
		case len(from) == 1:
			add(layers.NewTanh[float64](layers.TanhConfig{}), from...)
		case draw(2) == 0:
			add(layers.NewMul[float64](layers.MulConfig{}), from...)
			read[nodes[len(nodes)-1].Name] = true
			add(layers.NewTanh[float64](layers.TanhConfig{}), nodes[len(nodes)-1].Name) // products of products grow beyond measure
		default:
			add(layers.NewSum[float64](layers.SumConfig{}), from...)
		}
	}
	var ends []string
	for _, n := range nodes {
		if !read[n.Name] {
			ends = append(ends, n.Name)
		}
	}
	add(layers.NewSum[float64](layers.SumConfig{}), append(ends, ends[0])...)
	m, err := model.NewGraph([]tensor.Spec{{Name: "input", Shape: tensor.Shape{3}}}, nodes)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(seed)
	return m, counts
}

// TestBackwardRunsOnce checks the promise of backpropagation: all gradients come of one pass that visits each node once,
// however many paths lead through it, and they are right.
func TestBackwardRunsOnce(t *testing.T) {
	for seed := range uint64(20) {
		m, counts := randomGraph(t, seed)
		b := batch[float64](1)
		e := model.NewExec(m, 1, true)
		pred, err := e.Forward(b, true, model.Key{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i := range e.DOut() {
			e.DOut()[i] = 1
		}
		if err := e.Backward(); err != nil {
			t.Fatal(err)
		}
		for i, c := range counts {
			if c.forward != 1 || c.backward != 1 {
				t.Errorf("seed %d: node %d ran Forward %d times and Backward %d times", seed, i, c.forward, c.backward)
			}
		}
		if !slices.ContainsFunc(pred, func(v float64) bool { return v != 0 }) {
			t.Errorf("seed %d: the output is zero, and shows nothing", seed)
		}
		checkAgainstDifferences(t, m, b, e.Grads())
	}
}

// checkAgainstDifferences compares gradients of the sum of the output with central differences.
func checkAgainstDifferences(t *testing.T, m *model.Model[float64], b *tensor.Batch[float64], grads []float64) {
	t.Helper()
	m = m.Clone()
	e := model.NewExec(m, 1, false)
	sum := func() float64 {
		pred, err := e.Forward(b, true, model.Key{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		return pred[0] + pred[1] + pred[2]
	}
	for i, w := range m.Weights() {
		const h = 1e-6
		m.Weights()[i] = w + h
		up := sum()
		m.Weights()[i] = w - h
		down := sum()
		m.Weights()[i] = w
		if numeric := (up - down) / (2 * h); math.Abs(numeric-grads[i]) > 1e-6*max(1, math.Abs(numeric)) {
			t.Errorf("weight %d: backpropagation says %v, differences %v", i, grads[i], numeric)
		}
	}
}
