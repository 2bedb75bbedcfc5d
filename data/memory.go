package data

import (
	"fmt"
	"math"
	"slices"

	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/tensor"
)

// Numeric is an element type that numeric columns are kept in.
type Numeric interface{ uint8 | float32 | float64 }

// NewSet returns the set of columns that a program made. It returns an error when their lengths differ or there is no
// input. The target may be nil.
func NewSet(target Column, inputs ...Column) (*Set, error) {
	if len(inputs) == 0 {
		return nil, fmt.Errorf("data: a set needs an input")
	}
	columns := slices.Clone(inputs)
	if target != nil {
		columns = append(columns, target)
	}
	for _, c := range columns {
		if c.Len() != inputs[0].Len() {
			return nil, fmt.Errorf("data: column %q has %d rows, column %q has %d", c.Spec().Name, c.Len(), inputs[0].Spec().Name, inputs[0].Len())
		}
	}
	return &Set{Inputs: inputs, Target: target}, nil
}

// NewNumbers returns a numeric column over values [rows, shape…], each multiplied by scale: 1/255 for the bytes of an
// image, else 1. The column keeps values; they must be finite.
func NewNumbers[S Numeric](name string, shape tensor.Shape, values []S, scale float64) (Column, error) {
	if err := shape.Check(); err != nil {
		return nil, fmt.Errorf("data: column %q: %w", name, err)
	}
	if len(values)%shape.Size() != 0 {
		return nil, fmt.Errorf("data: column %q: %d values are no whole number of rows of shape %v", name, len(values), shape)
	}
	if i := slices.IndexFunc(values, func(v S) bool { return !(math.Abs(float64(v)*scale) <= math.MaxFloat32) }); i >= 0 {
		return nil, fmt.Errorf("data: column %q: element %d is %v, which float32 cannot hold", name, i, float64(values[i])*scale)
	}
	return &numbers[S]{spec: tensor.Spec{Name: name, Shape: shape}, values: values, scale: scale}, nil
}

// NewIndices returns an index column over values [rows, shape…], each in [0, classes). The empty shape gives each row
// one index: its class. Labels name the classes in order, where they have names. The column keeps values and labels.
func NewIndices(name string, shape tensor.Shape, classes int, values []int32, labels ...string) (Column, error) {
	if err := shape.Check(); err != nil {
		return nil, fmt.Errorf("data: column %q: %w", name, err)
	}
	switch {
	case classes < 1:
		return nil, fmt.Errorf("data: column %q: the number of classes must be positive, is %d", name, classes)
	case len(labels) > 0 && len(labels) != classes:
		return nil, fmt.Errorf("data: column %q: %d labels for %d classes", name, len(labels), classes)
	case len(values)%shape.Size() != 0:
		return nil, fmt.Errorf("data: column %q: %d values are no whole number of rows of shape %v", name, len(values), shape)
	}
	for i, v := range values {
		if v < 0 || int(v) >= classes {
			return nil, fmt.Errorf("data: column %q: element %d must be below %d, is %d", name, i, classes, v)
		}
	}
	return &indices{tensor.Spec{Name: name, Shape: shape, Classes: classes, Labels: labels}, values}, nil
}

// Subset returns the set of the given rows of a set, in their order. It copies no values.
func Subset(s *Set, rows []int) *Set {
	out := &Set{Inputs: make([]Column, len(s.Inputs))}
	for i, c := range s.Inputs {
		out.Inputs[i] = subset(c, rows)
	}
	if s.Target != nil {
		out.Target = subset(s.Target, rows)
	}
	if s.Weights != nil {
		out.Weights = subset(s.Weights, rows)
	}
	return out
}

// subset returns some rows of a column, by the column's own means where it has them.
func subset(c Column, rows []int) Column {
	if own, ok := c.(interface{ subset(rows []int) Column }); ok {
		return own.subset(rows)
	}
	return &view{c, rows}
}

// numbers is a numeric column in memory.
type numbers[S Numeric] struct {
	spec   tensor.Spec
	values []S // [rows, shape…]
	scale  float64
	rows   []int // those of values that the column has, in its order; nil for all
}

func (c *numbers[S]) Spec() tensor.Spec { return c.spec }

func (c *numbers[S]) Len() int {
	if c.rows != nil {
		return len(c.rows)
	}
	return len(c.values) / c.spec.Shape.Size()
}

func (c *numbers[S]) subset(rows []int) Column {
	s := *c
	s.rows = make([]int, len(rows))
	for i, r := range rows {
		s.rows[i] = c.row(r)
	}
	return &s
}

// row is the row of values that row r of the column is.
func (c *numbers[S]) row(r int) int {
	if c.rows != nil {
		return c.rows[r]
	}
	return r
}

func (c *numbers[S]) Float32(dst []float32, rows []int) { gatherNumbers(c, dst, rows) }

func (c *numbers[S]) Float64(dst []float64, rows []int) { gatherNumbers(c, dst, rows) }

func (c *numbers[S]) Int32([]int32, []int) { panic(notIndex(c.spec)) }

// startsAhead is how many rows have their starts read at once.
const startsAhead = 64

// readStarts reads the first element of each row, and returns what only a processor takes interest in. To find the page
// of a row that was not used for long takes longer than to read it, unless many are looked up together; reading them, which
// does not wait, does that better than prefetching.
//
//go:noinline
func readStarts[S Numeric](c *numbers[S], rows []int, width int) (sum S) {
	for _, r := range rows {
		sum += c.values[c.row(r)*width]
	}
	return sum
}

func gatherNumbers[S Numeric, T tensor.Float](c *numbers[S], dst []T, rows []int) {
	width := c.spec.Shape.Size()
	for i, r := range rows {
		if i%startsAhead == 0 {
			readStarts(c, rows[i:min(i+startsAhead, len(rows))], width)
		}
		if next := i + kernel.RowsAhead; next < len(rows) {
			kernel.PrefetchRow(c.values, c.row(rows[next]), width)
		}
		tensor.ScaleNumbers(dst[i*width:][:width], c.values[c.row(r)*width:][:width], c.scale)
	}
}

// indices is an index column in memory.
type indices struct {
	spec   tensor.Spec
	values []int32 // [rows, shape…]
}

func (c *indices) Spec() tensor.Spec { return c.spec }

func (c *indices) Len() int { return len(c.values) / c.spec.Shape.Size() }

func (c *indices) Float32([]float32, []int) { panic(notNumeric(c.spec)) }

func (c *indices) Float64([]float64, []int) { panic(notNumeric(c.spec)) }

func (c *indices) Int32(dst []int32, rows []int) {
	width := c.spec.Shape.Size()
	if width == 1 { // without a call for each
		for i, r := range rows {
			dst[i] = c.values[r]
		}
		return
	}
	for i, r := range rows {
		copy(dst[i*width:][:width], c.values[r*width:][:width])
	}
}

// view is some rows of a column. It asks for one row at a time, because it has nowhere to put translated rows.
type view struct {
	column Column
	rows   []int
}

func (v *view) Spec() tensor.Spec { return v.column.Spec() }

func (v *view) Len() int { return len(v.rows) }

func (v *view) Float32(dst []float32, rows []int) { gatherView(v, v.column.Float32, dst, rows) }

func (v *view) Float64(dst []float64, rows []int) { gatherView(v, v.column.Float64, dst, rows) }

func (v *view) Int32(dst []int32, rows []int) { gatherView(v, v.column.Int32, dst, rows) }

func gatherView[E any](v *view, gather func([]E, []int), dst []E, rows []int) {
	width := v.Spec().Shape.Size()
	for i, r := range rows {
		gather(dst[i*width:][:width], v.rows[r:r+1])
	}
}

func notIndex(s tensor.Spec) string {
	return fmt.Sprintf("data: column %q holds numbers, not indices", s.Name)
}

func notNumeric(s tensor.Spec) string {
	return fmt.Sprintf("data: column %q holds indices, not numbers", s.Name)
}
