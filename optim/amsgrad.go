package optim

import (
	"math"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// AMSGrad: Adam that divides by the largest mean square so far.
//
//	m ← β₁·m + (1−β₁)·g
//	v ← β₂·v + (1−β₂)·g²
//	h ← max(h, v)
//	w ← w − η/(1−β₁ᵗ) · m / (√h/√(1−β₂ᵗ) + ε)
//
// Reddi, Kale and Kumar, "On the convergence of Adam and beyond", ICLR 2018, algorithm 2, with Adam's corrections; as in
// PyTorch, the maximum is that of the mean square before its correction.
//
// Shapes: w, g, m, v, h [n].

// AMSGradConfig configures amsgrad.
type AMSGradConfig struct {
	_          struct{} `doc:"Adam whose steps are scaled by the largest mean square so far, so that they cannot grow again"`
	AdamConfig          // lends its keys
}

// AMSGrad is the optimizer of Reddi, Kale and Kumar. Its slots are those of Adam and the largest mean square, called max.
type AMSGrad[T tensor.Float] struct{ Adam[T] }

// NewAMSGrad returns the optimizer that c describes. It panics unless c passes registry.Check.
func NewAMSGrad[T tensor.Float](c AMSGradConfig) Optimizer[T] {
	return &AMSGrad[T]{Adam[T]{registry.MustCheck(c).AdamConfig}}
}

func init() {
	Register("amsgrad", AMSGradConfig{AdamConfig: adamDefaults}, NewAMSGrad[float32], NewAMSGrad[float64])
}

// Slots implements Optimizer.
func (o *AMSGrad[T]) Slots() []string { return []string{"m", "v", "max"} }

// Folder implements Folder.
func (o *AMSGrad[T]) Folder() Optimizer[T] { return o }

// Update implements Optimizer.
func (o *AMSGrad[T]) Update(u *Update[T]) {
	t := float64(u.Step)
	beta1, take1, beta2, take2 := T(u.Rates[1]), T(1-u.Rates[1]), T(u.Rates[2]), T(1-u.Rates[2])
	correction, eps := T(1/math.Sqrt(1-math.Pow(u.Rates[2], t))), T(u.Rates[3])
	step := T(u.Rates[0] / (1 - math.Pow(u.Rates[1], t)))
	var folded block[T]
	for at := 0; at < len(u.Param); at += len(folded) {
		w, g := u.block(at, &folded)
		m, v, largest := u.slot(0, at, len(w)), u.slot(1, at, len(w)), u.slot(2, at, len(w))
		for i, gi := range g {
			m[i] = T(beta1*m[i]) + T(take1*gi)
			v[i] = T(beta2*v[i]) + T(take2*gi*gi)
			largest[i] = max(largest[i], v[i])
			w[i] -= step * m[i] / (T(sqrt(largest[i])*correction) + eps)
		}
	}
}
