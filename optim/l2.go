package optim

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// The L2 penalty of weights w, with strength λ:
//
//	penalty = λ·Σ w_i²
//	dw_i   += 2·λ·w_i
//
// What other programs call a weight decay of d in the gradient is λ = d/2. The penalty is part of the loss and of the
// gradient that the optimizer sees, so it also enters momentum and the running means of Adam, which divides it by √v.
// Weight decay that is decoupled from the gradient is a setting of the optimizer: see AdamW. Hoerl and Kennard, "Ridge
// regression", 1970; Krogh and Hertz, "A simple weight decay can improve generalization", 1991.
//
// Shapes: w, dw [n].

// L2Config configures l2.
type L2Config struct {
	_        struct{}        `doc:"penalty strength · Σw², in the loss and its gradient; weight decay apart from the gradient is adamw's"`
	Strength registry.Number `doc:"factor of the penalty" is:">=0" class:"override"`
}

// L2 is the penalty strength·Σw².
type L2[T tensor.Float] struct{ config L2Config }

// NewL2 returns the regularizer that c describes. It panics unless c passes registry.Check.
func NewL2[T tensor.Float](c L2Config) Regularizer[T] { return &L2[T]{registry.MustCheck(c)} }

func init() {
	RegisterRegularizer("l2", L2Config{Strength: registry.Const(1e-4)}, NewL2[float32], NewL2[float64])
}

// Rates implements Regularizer.
func (r *L2[T]) Rates() []Rate { return RatesOf(r.config) }

// Penalty implements Regularizer.
func (r *L2[T]) Penalty(w []T, rates []float64) float64 { return rates[0] * tensor.SumSquares(w) }

// AddGradient implements Regularizer.
func (r *L2[T]) AddGradient(w, dw []T, rates []float64) { FoldGradient(dw, w, Fold{L2: 2 * rates[0]}) }

// Fold implements FoldedRegularizer.
func (r *L2[T]) Fold(rates []float64) (self Regularizer[T], l1, l2 float64) {
	return r, 0, 2 * rates[0]
}
