package optim

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// The elastic net, the sum of the L1 and the L2 penalty of weights w:
//
//	penalty = λ₁·Σ |w_i| + λ₂·Σ w_i²
//	dw_i   += λ₁·sign(w_i) + 2·λ₂·w_i
//
// Zou and Hastie, "Regularization and variable selection via the elastic net", 2005, the naive elastic net.
//
// Shapes: w, dw [n].

// ElasticConfig configures elastic.
type ElasticConfig struct {
	_  struct{}        `doc:"penalty l1 · Σ|w| + l2 · Σw²: the elastic net"`
	L1 registry.Number `doc:"factor of the sum of absolute values" is:">=0" class:"override"`
	L2 registry.Number `doc:"factor of the sum of squares" is:">=0" class:"override"`
}

// Elastic is the penalty l1·Σ|w| + l2·Σw².
type Elastic[T tensor.Float] struct{ config ElasticConfig }

// NewElastic returns the regularizer that c describes. It panics unless c passes registry.Check.
func NewElastic[T tensor.Float](c ElasticConfig) Regularizer[T] {
	return &Elastic[T]{registry.MustCheck(c)}
}

func init() {
	RegisterRegularizer("elastic", ElasticConfig{L1: registry.Const(1e-4), L2: registry.Const(1e-4)}, NewElastic[float32], NewElastic[float64])
}

// Rates implements Regularizer.
func (r *Elastic[T]) Rates() []Rate { return RatesOf(r.config) }

// Penalty implements Regularizer.
func (r *Elastic[T]) Penalty(w []T, rates []float64) float64 {
	return float64(rates[0]*tensor.SumAbs(w)) + float64(rates[1]*tensor.SumSquares(w))
}

// AddGradient implements Regularizer.
func (r *Elastic[T]) AddGradient(w, dw []T, rates []float64) {
	FoldGradient(dw, w, Fold{L1: rates[0], L2: 2 * rates[1]})
}

// Fold implements FoldedRegularizer.
func (r *Elastic[T]) Fold(rates []float64) (self Regularizer[T], l1, l2 float64) {
	return r, rates[0], 2 * rates[1]
}
