package optim_test

import (
	"fmt"

	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// The sign of the momentum, w ← w − η·sign(v), as an optimizer of another module.

type SignConfig struct {
	_        struct{}        `doc:"steps of one size along the sign of the momentum"`
	LR       registry.Number `key:"lr" doc:"learning rate" is:">=0"`
	Momentum registry.Number `doc:"part of the velocity that a step keeps" is:">=0,<1"`
}

type Sign[T tensor.Float] struct{ config SignConfig }

func NewSign[T tensor.Float](c SignConfig) optim.Optimizer[T] { return &Sign[T]{c} }

func init() {
	optim.Register("sign", SignConfig{LR: registry.Const(0.001), Momentum: registry.Const(0.9)}, NewSign[float32], NewSign[float64])
}

func (o *Sign[T]) Slots() []string { return []string{"velocity"} }

func (o *Sign[T]) Rates() []optim.Rate { return optim.RatesOf(o.config) }

func (o *Sign[T]) Update(u *optim.Update[T]) {
	lr, mu, v := T(u.Rates[0]), T(u.Rates[1]), u.Slots[0]
	for i, g := range u.Grad {
		v[i] = mu*v[i] + (1-mu)*g
		switch {
		case v[i] > 0:
			u.Param[i] -= lr
		case v[i] < 0:
			u.Param[i] += lr
		case v[i] != 0: // NaN
			u.Param[i] = v[i]
		}
	}
}

// An optimizer is a rule without memory: whoever trains keeps its slots and gives it the rates of each step. A name in
// a configuration finds it once it is registered.
func Example_customOptimizer() {
	part, err := optim.Registry.Build("sign", func(config any) {
		config.(*SignConfig).LR = registry.Const(0.5)
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	o := optim.Make[float32](part)

	w := []float32{1, 2, 3}
	o.Update(&optim.Update[float32]{
		Param: w,
		Grad:  []float32{0.1, -20, 0},
		Slots: [][]float32{make([]float32, 3)},
		Rates: []float64{0.5, 0.9},
		Step:  1,
	})
	fmt.Println(o.Slots(), w)
	// Output: [velocity] [0.5 2.5 3]
}
