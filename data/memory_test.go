package data_test

import (
	"math"
	"slices"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/tensor"
)

func TestNewColumnErrors(t *testing.T) {
	column := func(c data.Column, err error) error { return err }
	tests := []struct {
		err  error
		want string
	}{
		{column(data.NewNumbers("x", tensor.Shape{0}, []float64{1}, 1)), `data: column "x": axis 0 of shape [0] must be positive, is 0`},
		{column(data.NewNumbers("x", tensor.Shape{2}, []float64{1, 2, 3}, 1)), `data: column "x": 3 values are no whole number of rows of shape [2]`},
		{column(data.NewNumbers("x", nil, []float64{1, math.NaN()}, 1)), `data: column "x": element 1 is NaN, which float32 cannot hold`},
		{column(data.NewNumbers("x", nil, []float32{float32(math.Inf(-1))}, 1)), `data: column "x": element 0 is -Inf, which float32 cannot hold`},
		{column(data.NewNumbers("x", nil, []float64{1e39}, 1)), `data: column "x": element 0 is 1e+39, which float32 cannot hold`},
		{column(data.NewIndices("y", nil, 0, nil)), `data: column "y": the number of classes must be positive, is 0`},
		{column(data.NewIndices("y", nil, 2, []int32{0, 2})), `data: column "y": element 1 must be below 2, is 2`},
		{column(data.NewIndices("y", nil, 2, []int32{-1})), `data: column "y": element 0 must be below 2, is -1`},
		{column(data.NewIndices("y", nil, 2, nil, "a")), `data: column "y": 1 labels for 2 classes`},
		{column(data.NewIndices("y", tensor.Shape{2}, 2, []int32{1})), `data: column "y": 1 values are no whole number of rows of shape [2]`},
	}
	for _, tt := range tests {
		if tt.err == nil || tt.err.Error() != tt.want {
			t.Errorf("got  %v\nwant %s", tt.err, tt.want)
		}
	}
}

func TestNewSetErrors(t *testing.T) {
	two, err := data.NewNumbers("two", nil, []uint8{1, 2}, 1)
	if err != nil {
		t.Fatal(err)
	}
	three, err := data.NewNumbers("three", nil, []uint8{1, 2, 3}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		target data.Column
		inputs []data.Column
		want   string
	}{
		{two, nil, "data: a set needs an input"},
		{three, []data.Column{two}, `data: column "three" has 3 rows, column "two" has 2`},
		{nil, []data.Column{two, three}, `data: column "three" has 3 rows, column "two" has 2`},
	} {
		if _, err := data.NewSet(tt.target, tt.inputs...); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
	if s, err := data.NewSet(nil, three); err != nil || s.Len() != 3 || s.Target != nil {
		t.Errorf("without a target: got %+v, %v", s, err)
	}
}

func TestSubset(t *testing.T) {
	s := data.Subset(sampleSet(t, 10), []int{7, 2, 7})
	s = data.Subset(s, []int{2, 1})
	b := all[float64](s)
	if want := []float64{math.Sqrt(14), math.Sqrt(15), math.Sqrt(4), math.Sqrt(5)}; !slices.Equal(b.Inputs[0].Floats, want) {
		t.Errorf("numbers: got %v, want %v", b.Inputs[0].Floats, want)
	}
	if want := []int32{21 % 7, 22 % 7, 23 % 7, 6, 0, 1}; !slices.Equal(b.Inputs[1].Ints, want) {
		t.Errorf("indices: got %v, want %v", b.Inputs[1].Ints, want)
	}
	if want := []int32{1, 2}; !slices.Equal(b.Target.Ints, want) {
		t.Errorf("classes: got %v, want %v", b.Target.Ints, want)
	}
}

// TestSubsetOfMany: more rows than are looked up at once, and none.
func TestSubsetOfMany(t *testing.T) {
	s := sampleSet(t, 300)
	rows := data.Order(1, 1, 300, nil)
	got, want := all[float64](data.Subset(s, rows)), data.NewBatch[float64](s, 300)
	data.Gather(s, rows, want)
	if !slices.Equal(got.Inputs[0].Floats, want.Inputs[0].Floats) || !slices.Equal(got.Inputs[1].Ints, want.Inputs[1].Ints) {
		t.Error("a subset does not have the rows that it was made of")
	}
	for i, x := range got.Inputs[0].Floats {
		if first := 2 * rows[i/2]; x != math.Sqrt(float64(first+i%2)) {
			t.Fatalf("number %d of the subset is %v, want √%d", i, x, first+i%2)
		}
	}
	if n := data.Subset(s, nil).Len(); n != 0 {
		t.Errorf("a subset of no rows has %d", n)
	}
}

func TestGatherAllocatesNothing(t *testing.T) {
	csv, err := loadCSV(t, "x,c,y\n1,red,a\n,blue,b\n3,,a\n", func(c *data.CSVConfig) { c.MissingIndicators = true })
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*data.Set{
		"csv": csv.Train, "memory": sampleSet(t, 3), "subset": data.Subset(data.Subset(csv.Train, []int{2, 1, 0}), []int{0, 1, 2}),
	} {
		b, rows := data.NewBatch[float32](s, 3), []int{2, 0, 1}
		if allocs := testing.AllocsPerRun(100, func() { data.Gather(s, rows, b) }); allocs != 0 {
			t.Errorf("%s: got %v allocations, want 0", name, allocs)
		}
	}
}
