package layers

import (
	"slices"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// y = (1/n) Σ_i W[x_i] over the n places where x_i is not padding        x [… length], W [vocabulary dim], y [… dim]
//
// y is 0 where all of x is padding; with the sum, the factor 1/n is 1. dW[k] = Σ dy/n over the places where x is k. It is
// row-sparse: the rows that no x names have no gradient, and padding has none.
//
// The order of the places does not count, hence the name: a bag of words.

// EmbeddingBagConfig is the configuration of embedding_bag.
type EmbeddingBagConfig struct {
	_          struct{} `doc:"the mean of the trained vectors of the whole numbers along the last axis, without those that are padding: a bag of words"`
	Dim        int      `doc:"elements of each vector" is:"required,>0"`
	Vocabulary int      `doc:"rows of the table; 0 takes as many as the input has classes" is:">=0"`
	Combine    string   `doc:"mean divides the sum of the vectors by their number; sum does not" is:"one of mean|sum"`
	Padding    int      `doc:"whole number that stands for nothing and is left out; -1 leaves out none" is:">=-1"`
	Weights    Init     `doc:"initializer of the table"`
}

// EmbeddingBag averages rows of a table. Parameter: w [vocabulary dim], whose gradient is row-sparse.
type EmbeddingBag[T tensor.Float] struct {
	c      EmbeddingBagConfig
	size   int // rows of the table
	length int // whole numbers of one bag
	w      ParamID
	dy     WorkspaceID // dy/n of one bag
}

// NewEmbeddingBag returns an embedding_bag layer. Where no initializer is chosen, W takes standard normal numbers.
func NewEmbeddingBag[T tensor.Float](c EmbeddingBagConfig) Layer[T] {
	if c.Weights.IsZero() {
		c.Weights = unitNormal
	}
	return &EmbeddingBag[T]{c: c}
}

func init() {
	Register("embedding_bag", EmbeddingBagConfig{Combine: "mean", Weights: unitNormal}, NewEmbeddingBag[float32], NewEmbeddingBag[float64])
}

// Build implements Layer.
func (l *EmbeddingBag[T]) Build(b *Builder[T]) error {
	if err := b.OneInput(); err != nil {
		return err
	}
	if err := registry.Check(l.c); err != nil {
		return err
	}
	l.size, l.length = l.c.Vocabulary, b.In(0).Last()
	if l.size == 0 {
		l.size = b.Classes(0)
	}
	b.Index(0, l.size)
	l.w = b.RowParam("w", l.c.Weights, l.size, l.c.Dim, b.In(0).Size())
	l.dy = b.Workspace(l.c.Dim)
	b.Out(withLast(b.In(0), l.c.Dim)...)
	b.BackwardReads(true, false)
	b.FLOPs(b.In(0).Size() * l.c.Dim)
	return nil
}

// Forward implements Layer. It panics with an *IndexError for a number that the table has no row for.
func (l *EmbeddingBag[T]) Forward(f *Frame[T]) {
	x, y, w, dim := f.Index(0), f.Out(), f.Param(l.w), l.c.Dim
	if i := slices.IndexFunc(x, func(k int32) bool { return k < 0 || int(k) >= l.size }); i >= 0 {
		n := len(x) / f.Rows
		panic(&IndexError{Row: i / n, Element: i % n, Value: int(x[i]), Size: l.size})
	}
	clear(y)
	for i := range len(x) / l.length {
		bag, sum := x[i*l.length:(i+1)*l.length], y[i*dim:(i+1)*dim]
		for _, k := range bag {
			if int(k) != l.c.Padding {
				tensor.AddTo(sum, w[int(k)*dim:(int(k)+1)*dim])
			}
		}
		if scale := l.scale(bag); scale != 1 {
			tensor.Scale(scale, sum)
		}
	}
}

// Backward implements Layer.
func (l *EmbeddingBag[T]) Backward(f *Frame[T]) {
	x, dx, dim := f.Index(0), f.Workspace(l.dy), l.c.Dim
	for i := range len(x) / l.length {
		bag := x[i*l.length : (i+1)*l.length]
		tensor.ScaleTo(dx, l.scale(bag), f.DOut()[i*dim:(i+1)*dim])
		for j, k := range bag {
			if int(k) != l.c.Padding {
				f.DRows(l.w).Add(bag[j:j+1], dx)
			}
		}
	}
}

// scale returns 1/n for the n numbers of a bag that are not padding, and 1 for a sum or where there is none.
func (l *EmbeddingBag[T]) scale(bag []int32) T {
	n := 0
	for _, k := range bag {
		if int(k) != l.c.Padding {
			n++
		}
	}
	if l.c.Combine == "sum" || n == 0 {
		return 1
	}
	return 1 / T(n)
}
