package tensor

import (
	"fmt"

	"github.com/strata-ml/strata/internal/kernel"
)

// A RowGradient is the gradient of a table [rows width] that is zero but for a few rows: those alone, each once, in the
// order in which they were first added to. Its cost follows from the rows that are touched and not from the table.
type RowGradient[T Float] struct {
	width   int
	touched []int32 // rows of the table
	grads   []T     // [capacity width]; the gradient of touched[i] is row i
	place   []int32 // by row of the table: its place in touched plus one, 0 where it is not there
}

// NewRowGradient returns an empty gradient of a table [rows width], of which up to capacity different rows can be
// touched between two calls of Clear.
func NewRowGradient[T Float](rows, width, capacity int) *RowGradient[T] {
	capacity = min(capacity, rows)
	return &RowGradient[T]{
		width: width, touched: make([]int32, 0, capacity), grads: make([]T, capacity*width), place: make([]int32, rows),
	}
}

// Width returns the number of elements of a row.
func (g *RowGradient[T]) Width() int { return g.width }

// Capacity returns the number of different rows that can be touched.
func (g *RowGradient[T]) Capacity() int { return cap(g.touched) }

// Rows returns the rows of the table that were touched, in the order in which they first were.
func (g *RowGradient[T]) Rows() []int32 { return g.touched }

// Grads returns the gradients of Rows, in their order. Shape: [len(Rows) width].
func (g *RowGradient[T]) Grads() []T { return g.grads[:len(g.touched)*g.width] }

// Row returns row i of Grads.
func (g *RowGradient[T]) Row(i int) []T { return g.grads[i*g.width : (i+1)*g.width : (i+1)*g.width] }

// Add adds dy to the gradient of each of the given rows, one after the other: a row that comes n times is the sum of its
// n gradients in their order. Shape: dy [len(rows) width].
//
// It panics with a *RowError for a row that the table does not have, and where more rows are touched than there is
// capacity for.
func (g *RowGradient[T]) Add(rows []int32, dy []T) {
	checkLen("add_rows", len(dy), len(rows)*g.width)
	for i, row := range rows {
		if uint(row) >= uint(len(g.place)) {
			panic(&RowError{Op: "add_rows", At: i, Row: int(row), Rows: len(g.place)})
		}
		from := dy[i*g.width : (i+1)*g.width]
		if p := g.place[row]; p > 0 {
			AddTo(g.Row(int(p)-1), from)
			continue
		}
		if len(g.touched) == cap(g.touched) {
			panic(&ShapeError{Op: "add_rows", Detail: fmt.Sprintf("more than %d rows are touched", cap(g.touched))})
		}
		g.touched = append(g.touched, row)
		g.place[row] = int32(len(g.touched))
		copy(g.Row(len(g.touched)-1), from)
	}
}

// Clear makes the gradient zero again.
func (g *RowGradient[T]) Clear() {
	for _, row := range g.touched {
		g.place[row] = 0
	}
	g.touched = g.touched[:0]
}

// AddTo adds the gradient to that of the whole table. Shape: table [rows width].
func (g *RowGradient[T]) AddTo(table []T) {
	checkLen("add_to_table", len(table), len(g.place)*g.width)
	for i, row := range g.touched {
		at := int(row) * g.width
		AddTo(table[at:at+g.width], g.Row(i))
	}
}

// GatherRows sets row i of dst to row rows[i] of a table. Shapes: dst [len(rows) width], table [… width].
//
// It panics with a *RowError for a row that the table does not have.
func GatherRows[T Float](dst, table []T, rows []int32, width int) {
	checkRows("gather_rows", len(table), width)
	checkLen("gather_rows", len(dst), len(rows)*width)
	n := len(table) / width
	for i, row := range rows {
		if uint(row) >= uint(n) {
			panic(&RowError{Op: "gather_rows", At: i, Row: int(row), Rows: n})
		}
		if next := i + kernel.RowsAhead; next < len(rows) {
			kernel.PrefetchRow(table, int(rows[next]), width)
		}
		at := int(row) * width
		copy(dst[i*width:(i+1)*width], table[at:at+width])
	}
}

// A RowError is the panic of a kernel that was asked for a row that a table does not have.
type RowError struct {
	Op   string
	At   int // place in the list of rows
	Row  int // what stands there
	Rows int // of the table
}

func (e *RowError) Error() string {
	return fmt.Sprintf("tensor: %s: row %d, number %d of the list, is outside of a table of %d", e.Op, e.Row, e.At, e.Rows)
}
