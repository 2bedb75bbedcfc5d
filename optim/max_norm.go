package optim

import (
	"math"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// The max-norm constraint: after each update, a group of weights w whose Euclidean norm is above m is scaled down to it.
//
//	w ← w·min(1, m/‖w‖)
//
// A group is what one unit reads, a column of the weights [in units] of a dense layer, or a row of a matrix, such as the
// vector of a word. A parameter of more axes is seen as a matrix: for columns, of all axes but the last by the last; for
// rows, of the first by all others. Of a parameter of one axis, such as a bias, each element is a column, and the whole a
// row.
//
// Srebro, Rennie and Jaakkola, "Maximum-margin matrix factorization", NIPS 2004; with dropout: Srivastava and others,
// "Dropout", JMLR 2014.
//
// Shape: w [rows columns].

// MaxNormConfig configures max_norm.
type MaxNormConfig struct {
	_   struct{}        `doc:"constraint: after each update, groups of weights with a larger norm are scaled down to max; no term of the loss"`
	Max registry.Number `doc:"largest Euclidean norm of a group" is:">0" class:"override"`
	Of  string          `doc:"what a group is: columns, what each unit of a dense layer reads; or rows, such as the vectors of an embedding" is:"one of columns|rows" class:"override"`
}

// The groups of weights whose norm a max-norm constraint bounds.
const (
	Columns = "columns"
	Rows    = "rows"
)

// MaxNorm is the constraint that no group of weights has a norm above max. It is a Projector.
type MaxNorm[T tensor.Float] struct{ config MaxNormConfig }

// NewMaxNorm returns the regularizer that c describes. It panics unless c passes registry.Check.
func NewMaxNorm[T tensor.Float](c MaxNormConfig) Regularizer[T] {
	return &MaxNorm[T]{registry.MustCheck(c)}
}

func init() {
	RegisterRegularizer("max_norm", MaxNormConfig{Max: registry.Const(3), Of: Columns}, NewMaxNorm[float32], NewMaxNorm[float64])
}

// Rates implements Regularizer.
func (r *MaxNorm[T]) Rates() []Rate { return RatesOf(r.config) }

// Penalty implements Regularizer: a constraint is no term of the loss.
func (r *MaxNorm[T]) Penalty([]T, []float64) float64 { return 0 }

// AddGradient implements Regularizer: it adds nothing.
func (r *MaxNorm[T]) AddGradient(w, dw []T, rates []float64) {}

// Fold implements FoldedRegularizer.
func (r *MaxNorm[T]) Fold([]float64) (self Regularizer[T], l1, l2 float64) { return r, 0, 0 }

// ByRows implements Projector: a column has an element in every row.
func (r *MaxNorm[T]) ByRows() bool { return r.config.Of == Rows }

// Project implements Projector. A norm that is not a number changes nothing.
func (r *MaxNorm[T]) Project(w []T, p Projection) {
	if len(w) == 0 {
		return
	}
	if r.config.Of == Rows {
		width := len(w)
		if len(p.Shape) > 1 {
			width = len(w) / p.Shape[0]
		}
		for at := 0; at < len(w); at += width {
			row := w[at : at+width]
			if factor := shrink(tensor.SumSquares(row), p.Rates[0]); factor < 1 {
				tensor.Scale(T(factor), row)
			}
		}
		return
	}
	boundColumns(w, p.Shape[len(p.Shape)-1], p.Rates[0])
}

// boundColumns bounds the columns of w [rows columns], some of them at a time, so that memory is read row by row.
func boundColumns[T tensor.Float](w []T, columns int, most float64) {
	var factors [64]float64
	for at := 0; at < columns; at += len(factors) {
		f := factors[:min(len(factors), columns-at)]
		clear(f)
		for row := at; row < len(w); row += columns {
			for j, x := range w[row : row+len(f)] {
				f[j] += float64(float64(x) * float64(x))
			}
		}
		for j, sum := range f {
			f[j] = shrink(sum, most)
		}
		for row := at; row < len(w); row += columns {
			for j, factor := range f {
				if factor < 1 {
					w[row+j] *= T(factor)
				}
			}
		}
	}
}

// shrink returns the factor that takes a norm to at most most; it is 1 where the norm is not a number.
func shrink(sumSquares, most float64) float64 {
	if norm := math.Sqrt(sumSquares); norm > most {
		return most / norm
	}
	return 1
}
