package optim

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// The L1 penalty of weights w, with strength λ, in one of two forms:
//
//	penalty = λ·Σ |w_i|
//	subgradient:  dw_i += λ·sign(w_i), 0 at w_i = 0
//	proximal:     w_i ← sign(w_i)·max(|w_i| − η·λ, 0) after an update with learning rate η
//
// At 0, where the penalty has no derivative, 0 is the subgradient of least size. It pulls all weights alike towards 0;
// steps of descent pass over 0 rather than rest on it, so weights come near 0 but are not exactly 0. The proximal form is
// no part of the gradient: it is what makes the penalty plus a half of the squared way from the updated weights least,
// and sets those to 0 that come nearer to it than η·λ. No optimizer rescales it, as decoupled decay.
//
// Tibshirani, "Regression shrinkage and selection via the lasso", 1996; Parikh and Boyd, "Proximal algorithms", 2014,
// section 6.5.2.
//
// Shapes: w, dw [n].

// L1Config configures l1.
type L1Config struct {
	_        struct{}        `doc:"penalty strength · Σ|w|: drives the weights that do little towards zero"`
	Strength registry.Number `doc:"factor of the penalty" is:">=0" class:"override"`
	Form     string          `doc:"subgradient, a part of the gradient, which brings weights near zero; or proximal, which after each update takes lr · strength off and leaves exact zeros" is:"one of subgradient|proximal" class:"override"`
}

// The forms of an L1 penalty.
const (
	Subgradient = "subgradient"
	Proximal    = "proximal"
)

// L1 is the penalty strength·Σ|w| in its subgradient form.
type L1[T tensor.Float] struct{ config L1Config }

// ProximalL1 is the penalty strength·Σ|w| in its proximal form. It is a Projector.
type ProximalL1[T tensor.Float] struct{ config L1Config }

// NewL1 returns the regularizer that c describes, an empty Form being Subgradient. It panics unless c passes
// registry.Check.
func NewL1[T tensor.Float](c L1Config) Regularizer[T] {
	if c.Form == "" {
		c.Form = Subgradient
	}
	if registry.MustCheck(c).Form == Proximal {
		return &ProximalL1[T]{c}
	}
	return &L1[T]{c}
}

func init() {
	RegisterRegularizer("l1", L1Config{Strength: registry.Const(1e-4), Form: Subgradient}, NewL1[float32], NewL1[float64])
}

// Rates implements Regularizer.
func (r *L1[T]) Rates() []Rate { return RatesOf(r.config) }

// Penalty implements Regularizer.
func (r *L1[T]) Penalty(w []T, rates []float64) float64 { return rates[0] * tensor.SumAbs(w) }

// AddGradient implements Regularizer.
func (r *L1[T]) AddGradient(w, dw []T, rates []float64) { FoldGradient(dw, w, Fold{L1: rates[0]}) }

// Fold implements FoldedRegularizer.
func (r *L1[T]) Fold(rates []float64) (self Regularizer[T], l1, l2 float64) { return r, rates[0], 0 }

// Rates implements Regularizer.
func (r *ProximalL1[T]) Rates() []Rate { return RatesOf(r.config) }

// Penalty implements Regularizer.
func (r *ProximalL1[T]) Penalty(w []T, rates []float64) float64 { return rates[0] * tensor.SumAbs(w) }

// AddGradient implements Regularizer: it adds nothing.
func (r *ProximalL1[T]) AddGradient(w, dw []T, rates []float64) {}

// Fold implements FoldedRegularizer.
func (r *ProximalL1[T]) Fold([]float64) (self Regularizer[T], l1, l2 float64) { return r, 0, 0 }

// ByRows implements Projector.
func (r *ProximalL1[T]) ByRows() bool { return true }

// Project implements Projector. A NaN stays.
func (r *ProximalL1[T]) Project(w []T, p Projection) {
	off := T(p.LR * p.Rates[0])
	for i, x := range w {
		switch {
		case x > off:
			w[i] = x - off
		case x < -off:
			w[i] = x + off
		case x == x:
			w[i] = 0
		}
	}
}
