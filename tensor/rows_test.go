package tensor

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// TestRowGradient compares with a gradient of the whole table, over several steps with one RowGradient.
func TestRowGradient(t *testing.T) {
	t.Run("float32", testRowGradient[float32])
	t.Run("float64", testRowGradient[float64])
}

func testRowGradient[T Float](t *testing.T) {
	const rows, width, capacity = 13, 3, 9
	g := NewRowGradient[T](rows, width, capacity)
	r := NewRandom(5)
	for step := range 50 {
		g.Clear()
		if len(g.Rows()) != 0 || len(g.Grads()) != 0 {
			t.Fatalf("after Clear there are %d rows", len(g.Rows()))
		}
		want := make([]T, rows*width)
		var order []int32
		for add := range 3 {
			r := r.With(uint64(step)).With(uint64(add))
			list, dy := make([]int32, add), make([]T, add*width)
			for i := range list {
				list[i] = int32(r.IntN(1000+i, rows))
				if !slices.Contains(order, list[i]) {
					order = append(order, list[i])
				}
				for j := range width {
					dy[i*width+j] = T(r.Normal(i*width + j))
					want[int(list[i])*width+j] += dy[i*width+j]
				}
			}
			g.Add(list, dy)
		}
		got := make([]T, rows*width)
		g.AddTo(got)
		if !slices.Equal(got, want) || !slices.Equal(g.Rows(), order) {
			t.Fatalf("step %d: rows %v, want %v; %v, want %v", step, g.Rows(), order, got, want)
		}
		for i, row := range g.Rows() {
			if !slices.Equal(g.Row(i), want[int(row)*width:int(row+1)*width]) {
				t.Errorf("row %d is %v", row, g.Row(i))
			}
		}
	}
}

func TestRowGradientOrder(t *testing.T) {
	g := NewRowGradient[float32](4, 1, 4)
	g.Add([]int32{2, 0, 2, 2}, []float32{1 << 24, 5, 1, -1 << 24}) // in another order the sum of row 2 is 1
	if !slices.Equal(g.Rows(), []int32{2, 0}) || !slices.Equal(g.Grads(), []float32{0, 5}) {
		t.Errorf("rows %v, gradients %v", g.Rows(), g.Grads())
	}
}

func TestGatherRows(t *testing.T) {
	dst := make([]float64, 6)
	GatherRows(dst, []float64{0, 1, 10, 11, 20, 21}, []int32{2, 0, 2}, 2)
	if !slices.Equal(dst, []float64{20, 21, 0, 1, 20, 21}) {
		t.Error(dst)
	}
	GatherRows(nil, dst, nil, 2)
}

func TestRowErrors(t *testing.T) {
	g := NewRowGradient[float64](5, 2, 2)
	dy := make([]float64, 6)
	for i, test := range []struct {
		run  func()
		want string
	}{
		{func() { g.Add([]int32{1, 5}, dy[:4]) }, "tensor: add_rows: row 5, number 1 of the list, is outside of a table of 5"},
		{func() { g.Add([]int32{-1}, dy[:2]) }, "tensor: add_rows: row -1, number 0 of the list, is outside of a table of 5"},
		{func() { g.Add([]int32{1, 2}, dy[:3]) }, "tensor: add_rows: lengths 3 and 4 differ"},
		{func() { g.Add([]int32{1, 2, 1, 3}, append(dy, 0, 0)) }, "tensor: add_rows: more than 2 rows are touched"},
		{func() { g.AddTo(dy) }, "tensor: add_to_table: lengths 6 and 10 differ"},
		{func() { GatherRows(dy[:2], dy, []int32{3}, 2) }, "tensor: gather_rows: row 3, number 0 of the list, is outside of a table of 3"},
		{func() { GatherRows(dy[:2], dy, []int32{-7}, 2) }, "tensor: gather_rows: row -7, number 0 of the list, is outside of a table of 3"},
		{func() { GatherRows(dy[:3], dy, []int32{0}, 2) }, "tensor: gather_rows: lengths 3 and 2 differ"},
		{func() { GatherRows(dy[:3], dy, []int32{0}, 4) }, "tensor: gather_rows: 6 elements are no whole number of rows of 4"},
	} {
		func() {
			defer func() {
				err, _ := recover().(error)
				var shape *ShapeError
				var row *RowError
				if !errors.As(err, &shape) && !errors.As(err, &row) || fmt.Sprint(err) != test.want {
					t.Errorf("%d: panic %v, want %s", i, err, test.want)
				}
			}()
			test.run()
		}()
	}
}

func TestRowsAllocateNothing(t *testing.T) {
	g := NewRowGradient[float32](100, 4, 10)
	list, dy := []int32{7, 99, 7, 3}, make([]float32, 16)
	table := make([]float32, 400)
	if n := testing.AllocsPerRun(20, func() {
		g.Clear()
		g.Add(list, dy)
		g.AddTo(table)
		GatherRows(dy, table, list, 4)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
