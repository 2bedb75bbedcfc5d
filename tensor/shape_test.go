package tensor

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestShape(t *testing.T) {
	for _, test := range []struct {
		shape  Shape
		size   int
		last   int
		text   string
		faulty string // the error of Check
	}{
		{nil, 1, 1, "[]", ""},
		{Shape{}, 1, 1, "[]", ""},
		{Shape{1}, 1, 1, "[1]", ""},
		{Shape{28, 28}, 784, 28, "[28 28]", ""},
		{Shape{3, 5, 7}, 105, 7, "[3 5 7]", ""},
		{Shape{0}, 0, 0, "[0]", "axis 0 of shape [0] must be positive, is 0"},
		{Shape{4, -2}, 0, -2, "[4 -2]", "axis 1 of shape [4 -2] must be positive, is -2"},
		{Shape{-3, -3}, 0, -3, "[-3 -3]", "axis 0 of shape [-3 -3] must be positive, is -3"},
		{Shape{math.MaxInt - 1}, math.MaxInt - 1, math.MaxInt - 1, fmt.Sprintf("[%d]", math.MaxInt-1), ""},
		{Shape{math.MaxInt / 2, 2}, math.MaxInt - 1, 2, fmt.Sprintf("[%d 2]", math.MaxInt/2), ""},
		{
			Shape{math.MaxInt},
			math.MaxInt, math.MaxInt, fmt.Sprintf("[%d]", math.MaxInt),
			fmt.Sprintf("shape [%d] has more elements than memory has addresses", math.MaxInt),
		},
		{
			Shape{math.MaxInt/2 + 1, 2},
			math.MaxInt, 2, fmt.Sprintf("[%d 2]", math.MaxInt/2+1),
			fmt.Sprintf("shape [%d 2] has more elements than memory has addresses", math.MaxInt/2+1),
		},
		{
			Shape{math.MaxInt, math.MaxInt, 1},
			math.MaxInt, 1, fmt.Sprintf("[%d %d 1]", math.MaxInt, math.MaxInt),
			fmt.Sprintf("shape [%d %d 1] has more elements than memory has addresses", math.MaxInt, math.MaxInt),
		},
	} {
		t.Run(test.text, func(t *testing.T) {
			if got := test.shape.Size(); got != test.size {
				t.Errorf("size %d, want %d", got, test.size)
			}
			if got := test.shape.Last(); got != test.last {
				t.Errorf("last %d, want %d", got, test.last)
			}
			if got := test.shape.String(); got != test.text {
				t.Errorf("text %q, want %q", got, test.text)
			}
			got := ""
			if err := test.shape.Check(); err != nil {
				got = err.Error()
			}
			if got != test.faulty {
				t.Errorf("error %q, want %q", got, test.faulty)
			}
		})
	}
}

// TestSizeSaturates compares Size with a product in float64 around the point where it leaves the integers.
func TestSizeSaturates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := Shape(rapid.SliceOfN(rapid.OneOf(rapid.IntRange(1, 1<<16), rapid.IntRange(1, math.MaxInt)), 0, 6).Draw(t, "shape"))
		product := 1.0
		for _, d := range shape {
			product *= float64(d)
		}
		got := shape.Size()
		if got < 1 || math.Abs(float64(got)-min(product, math.MaxInt)) > 1e-12*product {
			t.Fatalf("%v has size %d, want %g", shape, got, product)
		}
		if err := shape.Check(); (err != nil) != (got == math.MaxInt) {
			t.Fatalf("%v of size %d: %v", shape, got, err)
		}
	})
}

func TestShapeEqual(t *testing.T) {
	for _, test := range []struct {
		a, b Shape
		want bool
	}{
		{nil, Shape{}, true},
		{Shape{2, 3}, Shape{2, 3}, true},
		{Shape{2, 3}, Shape{3, 2}, false},
		{Shape{6}, Shape{6, 1}, false},
		{Shape{1}, nil, false},
	} {
		if got := test.a.Equal(test.b); got != test.want {
			t.Errorf("%v equals %v: %v", test.a, test.b, got)
		}
	}
}

func TestSpecIsIndex(t *testing.T) {
	if (Spec{Shape: Shape{3}}).IsIndex() || !(Spec{Classes: 10}).IsIndex() {
		t.Error("a spec is an index when it has classes")
	}
}
