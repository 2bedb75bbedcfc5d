package optim

import (
	"math"

	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// NAdam: Adam with Nesterov's momentum and a warm-up of it, ψ = momentum_decay.
//
//	μ_t = β₁·(1 − ½·0.96^(t·ψ))
//	m ← β₁·m + (1−β₁)·g
//	v ← β₂·v + (1−β₂)·g²
//	w ← w − η·((1−μ_t)/(1−Π_t)·g + μ_{t+1}/(1−Π_{t+1})·m) / (√v/√(1−β₂ᵗ) + ε)        Π_t = μ_1·…·μ_t
//
// Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop 2016, algorithm 2. Π follows from the step and is not
// remembered: where β₁ or ψ follows a schedule, it takes their present value, like Adam's corrections.
//
// Shapes: w, g, m, v [n].

// NAdamConfig configures nadam.
type NAdamConfig struct {
	_             struct{}        `doc:"Adam with Nesterov's momentum"`
	AdamConfig                    // lends its keys
	MomentumDecay registry.Number `doc:"how soon the momentum grows from half of beta1 to all of it" is:">=0" class:"override"`
}

// NAdam is the optimizer of Dozat. Its slots are those of Adam.
type NAdam[T tensor.Float] struct {
	Adam[T]
	config NAdamConfig
}

// NewNAdam returns the optimizer that c describes. It panics unless c passes registry.Check.
func NewNAdam[T tensor.Float](c NAdamConfig) Optimizer[T] {
	return &NAdam[T]{Adam: Adam[T]{c.AdamConfig}, config: registry.MustCheck(c)}
}

func init() {
	c := NAdamConfig{AdamConfig: adamDefaults, MomentumDecay: registry.Const(0.004)}
	c.LR = registry.Const(0.002)
	Register("nadam", c, NewNAdam[float32], NewNAdam[float64])
}

// Rates implements Optimizer.
func (o *NAdam[T]) Rates() []Rate { return RatesOf(o.config) }

// Folder implements Folder.
func (o *NAdam[T]) Folder() Optimizer[T] { return o }

// Update implements Optimizer.
func (o *NAdam[T]) Update(u *Update[T]) {
	lr, beta1, beta2 := u.Rates[0], u.Rates[1], u.Rates[2]
	now, next, product := nadamMomentum(beta1, u.Rates[4], u.Step)
	step := kernel.NAdamStep[T]{
		Beta1: T(beta1), C1: T(1 - beta1), Beta2: T(beta2), C2: T(1 - beta2),
		Correction: T(1 / math.Sqrt(1-math.Pow(beta2, float64(u.Step)))), Eps: T(u.Rates[3]),
		GradientPart: T((1 - now) / (1 - product)), MeanPart: T(next / (1 - product*next)), Step: T(lr),
	}
	fold := folding[T](&u.Fold)
	kernel.NAdam(u.Param, u.Grad, u.Slots[0], u.Slots[1], &step, fold.pointer())
}

// nadamMomentum returns μ_t, μ_{t+1} and Π_t. The factors of Π stop where more of them would not change 1 − Π.
func nadamMomentum(beta1, decay float64, t int64) (now, next, product float64) {
	const negligible = 1.0 / (1 << 60)
	at := func(t float64) float64 { return beta1 * (1 - 0.5*math.Pow(0.96, t*decay)) }
	product = 1
	for i := int64(1); i <= t && product > negligible; i++ {
		product *= at(float64(i))
	}
	return at(float64(t)), at(float64(t + 1)), product
}
