package layers_test

import (
	"testing"

	"github.com/strata-ml/strata/tensor"
)

func TestGates(t *testing.T) {
	tests := []struct {
		name   string
		layer  string
		shapes []tensor.Shape
		in     [][]float64 // two rows of each input
		y, dy  []float64
		din    [][]float64
	}{
		{
			"sum of three", "sum",
			[]tensor.Shape{{2}, {2}, {2}},
			[][]float64{{1, 2, 3, 4}, {10, 20, 30, 40}, {100, nan, 300, 400}},
			[]float64{111, nan, 333, 444},
			[]float64{5, 6, 7, 8},
			[][]float64{{5, 6, 7, 8}, {5, 6, 7, 8}, {5, 6, 7, 8}},
		},
		{
			"mul of three, with zeros", "mul",
			[]tensor.Shape{{2}, {2}, {2}},
			[][]float64{{0, 2, 0, nan}, {3, 0, 0, 1}, {5, 7, 9, 2}},
			[]float64{0, 0, 0, nan},
			[]float64{1, 10, 1, 1},
			[][]float64{{15, 0, 0, 2}, {0, 140, 0, nan}, {0, 0, 0, nan}},
		},
		{
			"max, the first of equal ones", "max",
			[]tensor.Shape{{3}, {3}, {3}},
			[][]float64{{1, 5, 2, nan, 3, nan}, {4, 5, 2, 9, nan, nan}, {3, 5, 8, 9, nan, 1}},
			[]float64{4, 5, 8, nan, nan, nan},
			[]float64{1, 2, 3, 4, 5, 6},
			[][]float64{{0, 2, 0, 4, 0, 6}, {1, 0, 0, 0, 5, 0}, {0, 0, 3, 0, 0, 0}},
		},
		{
			"concat of vectors", "concat",
			[]tensor.Shape{{1}, {3}, {2}},
			[][]float64{{1, 2}, {3, 4, 5, 6, 7, 8}, {9, 10, 11, nan}},
			[]float64{1, 3, 4, 5, 9, 10, 2, 6, 7, 8, 11, nan},
			[]float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
			[][]float64{{0, 6}, {1, 2, 3, 7, 8, 9}, {4, 5, 10, 11}},
		},
		{
			"concat of matrices", "concat",
			[]tensor.Shape{{2, 1}, {2, 2}},
			[][]float64{{1, 2, 3, 4}, {5, 6, 7, 8, 9, 10, 11, 12}},
			[]float64{1, 5, 6, 2, 7, 8, 3, 9, 10, 4, 11, 12},
			[]float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
			[][]float64{{0, 3, 6, 9}, {1, 2, 4, 5, 7, 8, 10, 11}},
		},
		{
			"concat of numbers", "concat",
			[]tensor.Shape{{}, {}},
			[][]float64{{1, 2}, {3, 4}},
			[]float64{1, 3, 2, 4},
			[]float64{5, 6, 7, 8},
			[][]float64{{5, 7}, {6, 8}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := newNode[float64](t, test.layer, nil, 2, test.shapes...)
			for i, x := range test.in {
				copy(n.frame.In(i), x)
			}
			copy(n.frame.DOut(), test.dy)
			n.layer.Forward(n.frame)
			n.layer.Backward(n.frame)
			if !same(n.frame.Out(), test.y) {
				t.Errorf("y = %v, want %v", n.frame.Out(), test.y)
			}
			for i, want := range test.din {
				if !same(n.frame.DIn(i), want) {
					t.Errorf("dx_%d = %v, want %v", i, n.frame.DIn(i), want)
				}
			}
		})
	}
}
