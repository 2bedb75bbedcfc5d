package checkpoint

import (
	"math"
	"testing"
)

func TestCompareTensors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	ints := func(v ...int64) Tensor { return NewTensor("w", Param, []int{len(v)}, v) }
	floats := func(v ...float64) Tensor { return NewTensor("w", Param, []int{len(v)}, v) }
	single := func(v ...float32) Tensor { return NewTensor("w", Param, []int{len(v)}, v) }
	slot := floats(1)
	slot.Role = Slot
	tests := map[string]struct {
		a, b             Tensor
		equal            bool
		differ, first    int64
		maxAbs, relative float64
	}{
		"equal":                {floats(1, nan, inf), floats(1, nan, inf), true, 0, -1, 0, 0},
		"one of three":         {floats(3, 4, 0), floats(3, 4, -10), false, 1, 2, 10, 2},
		"float32":              {single(3, 4), single(3, 3.5), false, 1, 1, 0.5, 0.1},
		"zeros of other signs": {floats(0, 1), floats(math.Copysign(0, -1), 1), false, 1, 0, 0, 0},
		"from zero":            {floats(0, 0), floats(0, 2), false, 1, 1, 2, inf},
		"a NaN":                {floats(0, 1, 2), floats(nan, 1, 9), false, 2, 0, nan, nan},
		"NaN after a distance": {floats(0, 1), floats(7, nan), false, 2, 0, nan, nan},
		"other bits of NaN":    {floats(nan), floats(math.Float64frombits(0x7ff8_0000_0000_0002)), false, 1, 0, nan, nan},
		"infinities":           {floats(inf), floats(-inf), false, 1, 0, inf, nan},
		"farthest integers":    {ints(math.MinInt64), ints(math.MaxInt64), false, 1, 0, math.MaxUint64, 2},
		"integers beyond 2^53": {ints(1 << 60), ints(1<<60 + 1), false, 1, 0, 1, 1.0 / (1 << 60)},
		"role":                 {floats(1), slot, false, 0, -1, 0, 0},
		"nothing":              {floats(), floats(), true, 0, -1, 0, 0},
	}
	for name, tt := range tests {
		diffs, err := Compare(fileOf(t, tt.a), fileOf(t, tt.b))
		if err != nil || len(diffs) != 1 {
			t.Fatalf("%s: got %+v, %v", name, diffs, err)
		}
		d := diffs[0]
		if d.Equal() != tt.equal || d.Differ != tt.differ || d.First != tt.first || !same(d.MaxAbs, tt.maxAbs) || !same(d.Relative, tt.relative) {
			t.Errorf("%s: got %+v", name, d)
		}
	}
}

func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

func fileOf(t *testing.T, tensors ...Tensor) *File {
	t.Helper()
	return openBytes(t, encodeSnap(t, &Snapshot{Tensors: tensors}))
}

func TestCompareNamesAndShapes(t *testing.T) {
	w := []float32{1, 2, 3, 4, 5, 6}
	a := fileOf(t, NewTensor("gone", Param, []int{6}, w), NewTensor("shape", Param, []int{3, 2}, w), NewTensor("type", Param, []int{2}, w[:2]))
	b := fileOf(t, NewTensor("type", Param, []int{2}, []int32{1, 2}), NewTensor("new", Param, []int{6}, w), NewTensor("shape", Param, []int{2, 3}, w))
	diffs, err := Compare(a, b)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"gone", "shape", "type", "new"} {
		d := diffs[i]
		if d.Name != want || d.Comparable || d.Equal() || (d.A == nil) != (want == "new") || (d.B == nil) != (want == "gone") {
			t.Errorf("got %+v, want that of %q", d, want)
		}
	}
}

func TestCompareFindsDamage(t *testing.T) {
	b := encodeSnap(t, sample())
	whole := openBytes(t, b)
	bad := append([]byte(nil), b...)
	bad[whole.tensors[1].parts[0].offset] ^= 1
	for _, pair := range [][2]*File{{whole, openBytes(t, bad)}, {openBytes(t, bad), whole}} {
		_, err := Compare(pair[0], pair[1])
		if got := asCorrupt(t, err); got.Tensor != "fc1/b" {
			t.Errorf("error is %v", err)
		}
	}
}
