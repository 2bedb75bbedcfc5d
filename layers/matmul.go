package layers

import (
	"fmt"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// C = A·B        A [… m k], B [… k n], C [… m n], a product for each index of the axes in front, which are equal
//
// dA = dC·Bᵀ, dB = Aᵀ·dC
//
// With transpose second, C = A·Bᵀ for B [… n k], dA = dC·B and dB = dCᵀ·A; with transpose first, C = Aᵀ·B for A [… k m],
// dA = B·dCᵀ and dB = A·dC. A vector [k] is a row as A and a column as B, and its axis of one is left out of C: two
// vectors give their dot product, a single number.

// MatMulConfig is the configuration of matmul.
type MatMulConfig struct {
	_         struct{} `doc:"matrix product of two inputs [... m k] and [... k n] for each example; vectors [k] give a dot product or the product with a matrix"`
	Transpose string   `doc:"which input to transpose in its last two axes" is:"one of none|first|second"`
}

// MatMul multiplies its two inputs as matrices.
type MatMul[T tensor.Float] struct {
	c       MatMulConfig
	a, b, y extent // of one product
}

// An extent is the size of a matrix as it lies in memory.
type extent struct{ rows, cols int }

// NewMatMul returns a matmul layer. Where Transpose is empty, neither input is transposed.
func NewMatMul[T tensor.Float](c MatMulConfig) Layer[T] {
	if c.Transpose == "" {
		c.Transpose = "none"
	}
	return &MatMul[T]{c: c}
}

func init() {
	Register("matmul", MatMulConfig{Transpose: "none"}, NewMatMul[float32], NewMatMul[float64])
}

// Build implements Layer.
func (l *MatMul[T]) Build(b *Builder[T]) error {
	if b.NumIn() != 2 {
		return fmt.Errorf("takes two inputs, has %d", b.NumIn())
	}
	if err := registry.Check(l.c); err != nil {
		return err
	}
	first, second := b.In(0), b.In(1)
	switch vectors := [2]bool{len(first) == 1, len(second) == 1}; {
	case len(first) == 0 || len(second) == 0:
		return fmt.Errorf("takes matrices or vectors, has %v and %v", first, second)
	case vectors[0] && l.c.Transpose == "first", vectors[1] && l.c.Transpose == "second":
		return &registry.FieldError{Key: "transpose", Err: fmt.Errorf("must name a matrix of the inputs %v and %v, is %s", first, second, l.c.Transpose)}
	}
	var frontA, frontB, out tensor.Shape
	l.a, frontA = matrixAtEnd(first, extent{1, first.Last()})
	l.b, frontB = matrixAtEnd(second, extent{second.Last(), 1})
	inner := l.b.rows
	l.y = extent{l.a.rows, l.b.cols}
	switch l.c.Transpose {
	case "first":
		l.y.rows = l.a.cols
	case "second":
		l.y.cols, inner = l.b.rows, l.b.cols
	}
	if k := l.a.rows * l.a.cols / l.y.rows; k != inner || !frontA.Equal(frontB) {
		return fmt.Errorf("takes inputs [… m k] and [… k n] with equal axes in front, has %v and %v, transpose %s", first, second, l.c.Transpose)
	}
	out = append(out, frontA...)
	if len(first) > 1 {
		out = append(out, l.y.rows)
	}
	if len(second) > 1 {
		out = append(out, l.y.cols)
	}
	b.Out(out...)
	b.BackwardReads(true, false)
	b.FLOPs(2 * out.Size() * inner)
	return nil
}

// matrixAtEnd returns the matrix that the last two axes hold and the axes in front of it, or a vector's own extent.
func matrixAtEnd(s tensor.Shape, vector extent) (extent, tensor.Shape) {
	n := len(s) - 2
	if n < 0 {
		return vector, nil
	}
	return extent{s[n], s[n+1]}, s[:n]
}

// next cuts the first matrix of the extent off a slice of them.
func next[T tensor.Float](e extent, x *[]T) tensor.Matrix[T] {
	m := tensor.Mat(e.rows, e.cols, *x)
	*x = (*x)[len(m.Data):]
	return m
}

// Forward implements Layer.
func (l *MatMul[T]) Forward(f *Frame[T]) {
	for xa, xb, xy := f.In(0), f.In(1), f.Out(); len(xy) > 0; {
		a, b, y := next(l.a, &xa), next(l.b, &xb), next(l.y, &xy)
		switch l.c.Transpose {
		case "first":
			tensor.MatMulTN(y, tensor.Overwrite, a, b)
		case "second":
			tensor.MatMulNT(y, tensor.Overwrite, a, b)
		default:
			tensor.MatMul(y, tensor.Overwrite, a, b)
		}
	}
}

// Backward implements Layer.
func (l *MatMul[T]) Backward(f *Frame[T]) {
	xa, xb, xda, xdb := f.In(0), f.In(1), f.DIn(0), f.DIn(1)
	for xdy := f.DOut(); len(xdy) > 0; {
		a, b, dy, da, db := next(l.a, &xa), next(l.b, &xb), next(l.y, &xdy), next(l.a, &xda), next(l.b, &xdb)
		switch l.c.Transpose {
		case "first":
			tensor.MatMulNT(da, tensor.Overwrite, b, dy)
			tensor.MatMul(db, tensor.Overwrite, a, dy)
		case "second":
			tensor.MatMul(da, tensor.Overwrite, dy, b)
			tensor.MatMulTN(db, tensor.Overwrite, dy, a)
		default:
			tensor.MatMulNT(da, tensor.Overwrite, dy, b)
			tensor.MatMulTN(db, tensor.Overwrite, a, dy)
		}
	}
}
