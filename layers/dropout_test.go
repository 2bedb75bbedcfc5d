package layers_test

import (
	"math"
	"slices"
	"testing"

	"github.com/strata-ml/strata/tensor"
)

func TestDropoutStatistics(t *testing.T) {
	const rows, n = 100, 1000
	for _, p := range []float64{0.1, 0.25, 0.5, 0.9} {
		d := newNode[float64](t, "dropout", rate(p), rows, tensor.Shape{n})
		copy(d.frame.In(0), slices.Repeat([]float64{3}, rows*n))
		d.layer.Forward(d.frame)
		kept := 0
		for i, y := range d.frame.Out() {
			switch y {
			case 3 * (1 / (1 - p)):
				kept++
			case 0:
			default:
				t.Fatalf("rate %v: y[%d] = %v, want 0 or %v", p, i, y, 3/(1-p))
			}
		}
		share := float64(kept) / (rows * n)
		deviation := math.Sqrt(p * (1 - p) / (rows * n))
		if math.Abs(share-(1-p)) > 4*deviation {
			t.Errorf("rate %v keeps %v, want %v within 4 deviations of %v", p, share, 1-p, deviation)
		}
		mean := tensor.Sum(d.frame.Out()) / (rows * n)
		if math.Abs(mean-3) > 4*deviation*3/(1-p) {
			t.Errorf("rate %v: mean of y is %v, want 3", p, mean)
		}
	}
}

func TestDropoutKeepsItsMaskInBackward(t *testing.T) {
	d := newNode[float32](t, "dropout", rate(0.3), 8, tensor.Shape{5, 4})
	for i := range d.frame.In(0) {
		d.frame.In(0)[i], d.frame.DOut()[i] = 1, 1
	}
	d.layer.Forward(d.frame)
	d.layer.Backward(d.frame)
	if !slices.Equal(d.frame.Out(), d.frame.DIn(0)) {
		t.Errorf("masks differ: forward %v, backward %v", d.frame.Out(), d.frame.DIn(0))
	}
}

// A batch that is computed in two parts has the masks of the whole, and another key has others.
func TestDropoutIsKeyedByRow(t *testing.T) {
	const rows, n = 6, 16
	mask := func(rows, first int, key tensor.Random) []float64 {
		d := newNode[float64](t, "dropout", rate(0.5), rows, tensor.Shape{n})
		d.frame.Begin(rows, first, true, key)
		copy(d.frame.In(0), slices.Repeat([]float64{1}, rows*n))
		d.layer.Forward(d.frame)
		return d.frame.Out()
	}
	key := tensor.NewRandom(3)
	whole := mask(rows, 0, key)
	if parts := append(mask(2, 0, key), mask(4, 2, key)...); !slices.Equal(whole, parts) {
		t.Errorf("mask %v of the whole, %v of the parts", whole, parts)
	}
	if slices.Equal(whole[:n], whole[n:2*n]) {
		t.Error("two rows have the same mask")
	}
	if slices.Equal(whole, mask(rows, 0, tensor.NewRandom(4))) {
		t.Error("two keys have the same mask")
	}
}

func TestDropoutIsTheIdentity(t *testing.T) {
	for name, d := range map[string]node[float64]{
		"when predicting": newNode[float64](t, "dropout", rate(0.5), 2, tensor.Shape{3}),
		"at rate 0":       newNode[float64](t, "dropout", rate(0), 2, tensor.Shape{3}),
	} {
		d.frame.Begin(2, 0, name == "at rate 0", tensor.NewRandom(1))
		x, dy := []float64{1, -2, nan, 0.1, 5, 6}, []float64{7, 8, 9, 10, 11, 12}
		copy(d.frame.In(0), x)
		copy(d.frame.DOut(), dy)
		d.layer.Forward(d.frame)
		d.layer.Backward(d.frame)
		if !same(d.frame.Out(), x) || !same(d.frame.DIn(0), dy) {
			t.Errorf("%s: y = %v, dx = %v, want x and dy", name, d.frame.Out(), d.frame.DIn(0))
		}
	}
}
