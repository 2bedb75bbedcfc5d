package layers

import (
	"fmt"
	"slices"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// y = W[x]        x […] whole numbers below vocabulary, W [vocabulary dim], y [… dim]
//
// dW[k] = Σ dy over the places where x is k. It is row-sparse: the rows that no x names have no gradient.
//
// Bengio, Ducharme, Vincent and Jauvin, "A neural probabilistic language model", JMLR 3, 2003.

// EmbeddingConfig is the configuration of embedding.
type EmbeddingConfig struct {
	_          struct{} `doc:"a trained vector for each whole number: a new last axis with row x of a table"`
	Dim        int      `doc:"elements of each vector" is:"required,>0"`
	Vocabulary int      `doc:"rows of the table; 0 takes as many as the input has classes" is:">=0"`
	Weights    Init     `doc:"initializer of the table"`
}

// Embedding looks up rows of a table. Parameter: w [vocabulary dim], whose gradient is row-sparse.
type Embedding[T tensor.Float] struct {
	c    EmbeddingConfig
	size int // rows of the table
	n    int // whole numbers of one row of the batch
	w    ParamID
}

// unitNormal is what a table begins with where nothing else is chosen, as in PyTorch: inputs of variance one are what
// the initializers of the layers behind it count on.
var unitNormal = Init{Name: "normal", Config: Normal{Std: 1}}

// NewEmbedding returns an embedding layer. Where no initializer is chosen, W takes standard normal numbers.
func NewEmbedding[T tensor.Float](c EmbeddingConfig) Layer[T] {
	if c.Weights.IsZero() {
		c.Weights = unitNormal
	}
	return &Embedding[T]{c: c}
}

func init() {
	Register("embedding", EmbeddingConfig{Weights: unitNormal}, NewEmbedding[float32], NewEmbedding[float64])
}

// Build implements Layer.
func (l *Embedding[T]) Build(b *Builder[T]) error {
	if err := b.OneInput(); err != nil {
		return err
	}
	if err := registry.Check(l.c); err != nil {
		return err
	}
	l.size, l.n = l.c.Vocabulary, b.In(0).Size()
	if l.size == 0 {
		l.size = b.Classes(0)
	}
	b.Index(0, l.size)
	l.w = b.RowParam("w", l.c.Weights, l.size, l.c.Dim, l.n)
	b.Out(append(append(tensor.Shape{}, b.In(0)...), l.c.Dim)...)
	b.BackwardReads(true, false)
	return nil
}

// Forward implements Layer. It panics with an *IndexError for a number that the table has no row for.
func (l *Embedding[T]) Forward(f *Frame[T]) {
	x := f.Index(0)
	if i := slices.IndexFunc(x, func(k int32) bool { return k < 0 || int(k) >= l.size }); i >= 0 {
		panic(&IndexError{Row: i / l.n, Element: i % l.n, Value: int(x[i]), Size: l.size})
	}
	tensor.GatherRows(f.Out(), f.Param(l.w), x, l.c.Dim)
}

// Backward implements Layer.
func (l *Embedding[T]) Backward(f *Frame[T]) { f.DRows(l.w).Add(f.Index(0), f.DOut()) }

// An IndexError is the panic of a layer that reads a whole number beyond those that it declared.
type IndexError struct {
	Row     int // of the batch
	Element int // of the row
	Value   int
	Size    int // the numbers are to be in [0, Size)
}

func (e *IndexError) Error() string {
	return fmt.Sprintf("row %d of the batch: element %d is %d, and must be in [0, %d)", e.Row, e.Element, e.Value, e.Size)
}
