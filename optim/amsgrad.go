package optim

import (
	"github.com/strata-ml/strata/internal/kernel"
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
	step := adamNumbers(u, 1)
	fold := folding[T](&u.Fold)
	kernel.AMSGrad(u.Param, u.Grad, u.Slots[0], u.Slots[1], u.Slots[2], &step, fold.pointer())
}
