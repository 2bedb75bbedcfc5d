package optim

import (
	"math"

	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// RAdam: Adam that scales its steps by √v only as far as v can be trusted.
//
//	m ← β₁·m + (1−β₁)·g
//	v ← β₂·v + (1−β₂)·g²
//	ρ_∞ = 2/(1−β₂) − 1,  ρ = ρ_∞ − 2·t·β₂ᵗ/(1−β₂ᵗ)
//	w ← w − η/(1−β₁ᵗ) · m · r·√(1−β₂ᵗ)/(√v + ε)      where ρ > 5; r² = (ρ−4)(ρ−2)ρ_∞ / ((ρ_∞−4)(ρ_∞−2)ρ)
//	w ← w − η/(1−β₁ᵗ) · m                            else
//
// Liu, Jiang, He, Chen, Liu, Gao and Han, "On the variance of the adaptive learning rate and beyond", ICLR 2020, algorithm
// 2; the bound of 5 is PyTorch's.
//
// Shapes: w, g, m, v [n].

// RAdamConfig configures radam.
type RAdamConfig struct {
	_          struct{} `doc:"Adam that needs no warm-up: its first steps are momentum, and scaled by the mean square as that becomes reliable"`
	AdamConfig          // lends its keys
}

// RAdam is the optimizer of Liu and others. Its slots are those of Adam.
type RAdam[T tensor.Float] struct{ Adam[T] }

// NewRAdam returns the optimizer that c describes. It panics unless c passes registry.Check.
func NewRAdam[T tensor.Float](c RAdamConfig) Optimizer[T] {
	return &RAdam[T]{Adam[T]{registry.MustCheck(c).AdamConfig}}
}

func init() {
	Register("radam", RAdamConfig{AdamConfig: adamDefaults}, NewRAdam[float32], NewRAdam[float64])
}

// Folder implements Folder.
func (o *RAdam[T]) Folder() Optimizer[T] { return o }

// Update implements Optimizer.
func (o *RAdam[T]) Update(u *Update[T]) {
	lr, beta1, beta2 := u.Rates[0], u.Rates[1], u.Rates[2]
	unadapted := lr / (1 - math.Pow(beta1, float64(u.Step)))
	step := kernel.AdamStep[T]{
		Beta1: T(beta1), C1: T(1 - beta1), Beta2: T(beta2), C2: T(1 - beta2),
		Correction: 1, Eps: T(u.Rates[3]), Step: T(unadapted), Keep: 1,
	}
	fold := folding[T](&u.Fold)
	rectified, adaptive := rectification(beta2, float64(u.Step))
	if !adaptive {
		kernel.Unadapted(u.Param, u.Grad, u.Slots[0], u.Slots[1], &step, fold.pointer())
		return
	}
	step.Step = T(unadapted * rectified)
	kernel.Adam(u.Param, u.Grad, u.Slots[0], u.Slots[1], &step, fold.pointer())
}

// rectification returns r·√(1−β₂ᵗ), and false where the mean square is too young to divide by.
func rectification(beta2, t float64) (factor float64, adaptive bool) {
	left := math.Pow(beta2, t)
	limit := 2/(1-beta2) - 1
	rho := limit - 2*t*left/(1-left)
	if !(rho > 5) {
		return 0, false
	}
	r2 := (rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho)
	return math.Sqrt(r2 * (1 - left)), true
}
