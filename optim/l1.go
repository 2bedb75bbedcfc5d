package optim

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// The L1 penalty of weights w, with strength λ:
//
//	penalty = λ·Σ |w_i|
//	dw_i   += λ·sign(w_i), 0 at w_i = 0
//
// At 0, where the penalty has no derivative, 0 is the subgradient of least size. It pulls all weights alike towards 0;
// steps of descent pass over 0 rather than rest on it, so weights come near 0 but are not exactly 0. Tibshirani,
// "Regression shrinkage and selection via the lasso", 1996.
//
// Shapes: w, dw [n].

// L1Config configures l1.
type L1Config struct {
	_        struct{} `doc:"penalty strength · Σ|w|: drives the weights that do little towards zero"`
	Strength float64  `doc:"factor of the penalty" is:">=0"`
}

// L1 is the penalty strength·Σ|w|.
type L1[T tensor.Float] struct{ config L1Config }

// NewL1 returns the regularizer that c describes. It panics unless c passes registry.Check.
func NewL1[T tensor.Float](c L1Config) Regularizer[T] { return &L1[T]{registry.MustCheck(c)} }

func init() { RegisterRegularizer("l1", L1Config{Strength: 1e-4}, NewL1[float32], NewL1[float64]) }

// Penalty implements Regularizer.
func (r *L1[T]) Penalty(w []T) float64 { return r.config.Strength * tensor.SumAbs(w) }

// AddGradient implements Regularizer.
func (r *L1[T]) AddGradient(w, dw []T) { FoldGradient(dw, w, Fold{L1: r.config.Strength}) }

// Fold implements FoldedRegularizer.
func (r *L1[T]) Fold() (self Regularizer[T], l1, l2 float64) { return r, r.config.Strength, 0 }
