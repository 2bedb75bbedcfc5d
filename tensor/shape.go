package tensor

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Float is the element type of everything that is trained.
type Float interface{ float32 | float64 }

// Shape is the extent of each axis of one example, without the batch axis. The empty shape is a single number.
type Shape []int

// Size returns the number of elements, 1 for the empty shape. It saturates at math.MaxInt, so that an absurd shape can
// be compared with a limit before anything is allocated.
func (s Shape) Size() int {
	n := 1
	for _, d := range s {
		switch {
		case d <= 0:
			return 0
		case n > math.MaxInt/d:
			return math.MaxInt
		}
		n *= d
	}
	return n
}

// Equal reports whether both shapes have the same axes.
func (s Shape) Equal(t Shape) bool { return slices.Equal(s, t) }

// Last returns the extent of the last axis, 1 for the empty shape.
func (s Shape) Last() int {
	if len(s) == 0 {
		return 1
	}
	return s[len(s)-1]
}

// Check returns an error when an axis is not positive or the size overflows.
func (s Shape) Check() error {
	for i, d := range s {
		if d <= 0 {
			return fmt.Errorf("axis %d of shape %v must be positive, is %d", i, s, d)
		}
	}
	if s.Size() == math.MaxInt {
		return fmt.Errorf("shape %v has more elements than memory has addresses", s)
	}
	return nil
}

// String formats the shape as [28 28].
func (s Shape) String() string {
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = strconv.Itoa(d)
	}
	return "[" + strings.Join(parts, " ") + "]"
}

// Spec says what one example of an input or a target is: numbers of some shape, or integers below Classes.
type Spec struct {
	Name    string
	Shape   Shape
	Classes int      // > 0: each element is an integer in [0, Classes), given in Values.Ints
	Labels  []string // the names of the classes, where the data has names
	Ignored *int     // integer of a target that does not count, and that need not be in [0, Classes); nil where all count
}

// Ignores reports whether an element of a target does not count.
func (s Spec) Ignores(k int32) bool { return s.Ignored != nil && int(k) == *s.Ignored }

// IsIndex reports whether the values are integers.
func (s Spec) IsIndex() bool { return s.Classes > 0 }

// Values holds rows of one input or target: Floats or Ints, as its Spec says, the other nil.
type Values[T Float] struct {
	Floats []T
	Ints   []int32
}

// A Batch is what one step computes on. Inputs are in the order of the data's input specs. Its memory belongs to
// whoever made it; a consumer keeps no slice of it.
type Batch[T Float] struct {
	Rows   int
	Inputs []Values[T]
	Target Values[T]
	// Weights says how much each row counts in the loss and in its mean; nil where all count alike.
	Weights []T
}
