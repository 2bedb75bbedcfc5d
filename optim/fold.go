package optim

import (
	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/tensor"
)

// A Fold is what an update has still to do to its gradient g before the rule sees it, with w the parameter before the
// update:
//
//	Factor·(g + L1·sign(w) + L2·w)        sign(0) = 0
//
// So penalties and clipping by norm cost no pass of their own over memory. Factor 0 stands for 1: the zero Fold changes
// nothing.
type Fold struct{ Factor, L1, L2 float64 }

// A Folder is an Optimizer whose Update obeys Update.Fold. Folder returns the optimizer itself: a rule that embeds a
// Folder has its methods, too, but does not fold unless it says so in its own name.
type Folder[T tensor.Float] interface {
	Optimizer[T]
	Folder() Optimizer[T]
}

// Folds reports whether Update.Fold may be set for the optimizer. For another one the gradient has to be folded in
// memory, by FoldGradient.
func Folds[T tensor.Float](o Optimizer[T]) bool {
	f, ok := o.(Folder[T])
	return ok && f.Folder() == o
}

// A FoldedRegularizer is a Regularizer whose gradient is l1·sign(w) + l2·w, which a Fold can hold. Fold returns the
// regularizer itself, for the reason that Folder does, and the coefficients.
type FoldedRegularizer[T tensor.Float] interface {
	Regularizer[T]
	Fold(rates []float64) (self Regularizer[T], l1, l2 float64)
}

// AddPenalty adds the gradient of a regularizer, whose Rates have the values rates, to a fold and reports whether the fold can hold it. If not, the fold is
// as before, and the gradient is to be added in memory, by AddGradient.
func AddPenalty[T tensor.Float](f *Fold, r Regularizer[T], rates []float64) bool {
	folded, ok := r.(FoldedRegularizer[T])
	if !ok {
		return false
	}
	self, l1, l2 := folded.Fold(rates)
	if self != r {
		return false
	}
	f.L1 += l1
	f.L2 += l2
	return true
}

// FoldGradient computes g = Factor·(g + L1·sign(w) + L2·w): the gradient that the rule of a Folder sees, to the bit.
// Shapes: g, w [n].
func FoldGradient[T tensor.Float](g, w []T, f Fold) {
	if k := folding[T](&f); k.on {
		kernel.FoldInto(g, w, &k.Fold)
	}
}

// FoldedSumSquares returns Σ (g + L1·sign(w) + L2·w)²: the square of the norm that a gradient with its penalties has
// before clipping. It is finite only if every term is, and stores nothing. Shapes: g, w [n].
func FoldedSumSquares[T tensor.Float](g, w []T, f Fold) float64 {
	if f.L1 == 0 && f.L2 == 0 {
		return kernel.SumSquares(g)
	}
	k := folding[T](&f)
	return kernel.PenalizedSumSquares(w, g, &k.Fold)
}

// kernelFold is a Fold for a kernel, and whether there is anything to fold.
type kernelFold[T tensor.Float] struct {
	kernel.Fold[T]
	on bool
}

func folding[T tensor.Float](f *Fold) (k kernelFold[T]) {
	if *f == (Fold{}) {
		return k
	}
	factor := f.Factor
	if factor == 0 {
		factor = 1
	}
	return kernelFold[T]{kernel.Fold[T]{Factor: T(factor), L1: T(f.L1), L2: T(f.L2)}, true}
}

// pointer is the fold as a kernel takes it: nil where there is nothing to fold.
func (k *kernelFold[T]) pointer() *kernel.Fold[T] {
	if !k.on {
		return nil
	}
	return &k.Fold
}
