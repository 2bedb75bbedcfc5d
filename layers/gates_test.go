package layers_test

import (
	"testing"

	"github.com/strata-ml/strata/tensor"
)

func TestGates(t *testing.T) {
	tests := []struct {
		name   string
		layer  string
		edit   func(config any)
		shapes []tensor.Shape
		in     [][]float64 // two rows of each input
		y, dy  []float64
		din    [][]float64
	}{
		{
			"sum of three", "sum", nil,
			[]tensor.Shape{{2}, {2}, {2}},
			[][]float64{{1, 2, 3, 4}, {10, 20, 30, 40}, {100, nan, 300, 400}},
			[]float64{111, nan, 333, 444},
			[]float64{5, 6, 7, 8},
			[][]float64{{5, 6, 7, 8}, {5, 6, 7, 8}, {5, 6, 7, 8}},
		},
		{
			"mul of three, with zeros", "mul", nil,
			[]tensor.Shape{{2}, {2}, {2}},
			[][]float64{{0, 2, 0, nan}, {3, 0, 0, 1}, {5, 7, 9, 2}},
			[]float64{0, 0, 0, nan},
			[]float64{1, 10, 1, 1},
			[][]float64{{15, 0, 0, 2}, {0, 140, 0, nan}, {0, 0, 0, nan}},
		},
		{
			"max, the first of equal ones", "max", nil,
			[]tensor.Shape{{3}, {3}, {3}},
			[][]float64{{1, 5, 2, nan, 3, nan}, {4, 5, 2, 9, nan, nan}, {3, 5, 8, 9, nan, 1}},
			[]float64{4, 5, 8, nan, nan, nan},
			[]float64{1, 2, 3, 4, 5, 6},
			[][]float64{{0, 2, 0, 4, 0, 6}, {1, 0, 0, 0, 5, 0}, {0, 0, 3, 0, 0, 0}},
		},
		{
			"concat of vectors", "concat", nil,
			[]tensor.Shape{{1}, {3}, {2}},
			[][]float64{{1, 2}, {3, 4, 5, 6, 7, 8}, {9, 10, 11, nan}},
			[]float64{1, 3, 4, 5, 9, 10, 2, 6, 7, 8, 11, nan},
			[]float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
			[][]float64{{0, 6}, {1, 2, 3, 7, 8, 9}, {4, 5, 10, 11}},
		},
		{
			"concat of matrices", "concat", nil,
			[]tensor.Shape{{2, 1}, {2, 2}},
			[][]float64{{1, 2, 3, 4}, {5, 6, 7, 8, 9, 10, 11, 12}},
			[]float64{1, 5, 6, 2, 7, 8, 3, 9, 10, 4, 11, 12},
			[]float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
			[][]float64{{0, 3, 6, 9}, {1, 2, 4, 5, 7, 8, 10, 11}},
		},
		{
			"concat of numbers", "concat", nil,
			[]tensor.Shape{{}, {}},
			[][]float64{{1, 2}, {3, 4}},
			[]float64{1, 3, 2, 4},
			[]float64{5, 6, 7, 8},
			[][]float64{{5, 7}, {6, 8}},
		},
		{
			"mean of three", "mean", nil,
			[]tensor.Shape{{2}, {2}, {2}},
			[][]float64{{1, 2, 3, 5}, {2, 4, nan, 5}, {6, 3, 3, 5}},
			[]float64{3, 3, nan, 5},
			[]float64{3, 6, 9, 12},
			[][]float64{{1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}},
		},
		{
			"mean over the first axis", "mean", meanOver(0),
			[]tensor.Shape{{2, 3}},
			[][]float64{{1, 2, 3, 5, 6, 7, 0, nan, 0, 2, 4, 8}},
			[]float64{3, 4, 5, 1, nan, 4},
			[]float64{2, 4, 6, 8, 10, 12},
			[][]float64{{1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}},
		},
		{
			"mean over the last axis", "mean", meanOver(-1),
			[]tensor.Shape{{2, 3}},
			[][]float64{{1, 2, 3, 5, 6, 7, 0, nan, 0, 2, 4, 9}},
			[]float64{2, 6, nan, 5},
			[]float64{3, 6, 9, 12},
			[][]float64{{1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4}},
		},
		{
			"select from the end of the middle axis", "select", selecting(1, -1, 0),
			[]tensor.Shape{{1, 3, 2}},
			[][]float64{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, nan, 12}},
			[]float64{5, 6, nan, 12},
			[]float64{1, 2, 3, 4},
			[][]float64{{0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 3, 4}},
		},
		{
			"select neighbours", "select", selecting(-1, 1, 2),
			[]tensor.Shape{{4}},
			[][]float64{{1, 2, 3, 4, 5, 6, 7, 8}},
			[]float64{2, 3, 6, 7},
			[]float64{1, 2, 3, 4},
			[][]float64{{0, 1, 2, 0, 0, 3, 4, 0}},
		},
		{
			"maxout, the first of equal ones", "maxout", nil,
			[]tensor.Shape{{4}},
			[][]float64{{1, 2, 3, 3, nan, 7, 7, nan}},
			[]float64{2, 3, nan, nan},
			[]float64{1, 2, 3, 4},
			[][]float64{{0, 1, 2, 0, 3, 0, 0, 4}},
		},
		{
			"matmul of matrices", "matmul", nil,
			[]tensor.Shape{{1, 2}, {2, 2}},
			[][]float64{{1, 2, 3, 4}, {1, 2, 3, 4, 0, 1, 1, 0}},
			[]float64{7, 10, 4, 3},
			[]float64{1, 10, 1, 10},
			[][]float64{{21, 43, 10, 1}, {1, 10, 2, 20, 3, 30, 4, 40}},
		},
		{
			"matmul, the first transposed", "matmul", transposing("first"),
			[]tensor.Shape{{2, 1}, {2, 2}},
			[][]float64{{1, 2, 3, 4}, {1, 2, 3, 4, 0, 1, 1, 0}},
			[]float64{7, 10, 4, 3},
			[]float64{1, 10, 1, 10},
			[][]float64{{21, 43, 10, 1}, {1, 10, 2, 20, 3, 30, 4, 40}},
		},
		{
			"matmul, the second transposed", "matmul", transposing("second"),
			[]tensor.Shape{{1, 2}, {2, 2}},
			[][]float64{{1, 2, 3, 4}, {1, 3, 2, 4, 0, 1, 1, 0}},
			[]float64{7, 10, 4, 3},
			[]float64{1, 10, 1, 10},
			[][]float64{{21, 43, 10, 1}, {1, 2, 10, 20, 3, 4, 30, 40}},
		},
		{
			"matmul of vectors", "matmul", nil,
			[]tensor.Shape{{3}, {3}},
			[][]float64{{1, 2, 3, 0, 1, nan}, {4, 5, 6, 7, 8, 9}},
			[]float64{32, nan},
			[]float64{2, 3},
			[][]float64{{8, 10, 12, 21, 24, 27}, {2, 4, 6, 0, 3, nan}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := newNode[float64](t, test.layer, test.edit, 2, test.shapes...)
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
