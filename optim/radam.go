package optim

import (
	"math"

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
	beta1, take1, beta2, take2, eps := T(u.Rates[1]), T(1-u.Rates[1]), T(u.Rates[2]), T(1-u.Rates[2]), T(u.Rates[3])
	plain := u.Rates[0] / (1 - math.Pow(u.Rates[1], float64(u.Step)))
	rectified, adaptive := rectification(u.Rates[2], float64(u.Step))
	step := T(plain)
	if adaptive {
		step = T(plain * rectified)
	}
	var folded block[T]
	for at := 0; at < len(u.Param); at += len(folded) {
		w, g := u.block(at, &folded)
		m, v := u.slot(0, at, len(w)), u.slot(1, at, len(w))
		for i, gi := range g {
			m[i] = T(beta1*m[i]) + T(take1*gi)
			v[i] = T(beta2*v[i]) + T(take2*gi*gi)
			if adaptive {
				w[i] -= step * m[i] / (sqrt(v[i]) + eps)
			} else {
				w[i] -= T(step * m[i])
			}
		}
	}
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
