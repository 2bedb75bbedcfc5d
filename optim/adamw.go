package optim

import (
	"fmt"
	"path"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// AdamW: Adam with decoupled weight decay λ.
//
//	w ← (1 − η·λ)·w       then the step of Adam, on the gradient of the loss alone
//
// The decay is part of the update, not of the gradient: it does not enter the running means, is not divided by √v, and
// is no term of the loss. An l2 penalty is all three. For plain descent the two agree, with λ = 2·strength; for Adam
// they do not. Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2; as in PyTorch,
// the decay is multiplied by the learning rate.
//
// Shapes: w, g, m, v [n].

// AdamWConfig configures adamw.
type AdamWConfig struct {
	_           struct{}        `doc:"Adam with decoupled weight decay: weights shrink by a part of themselves, apart from the gradient"`
	AdamConfig                  // lends its keys
	WeightDecay registry.Number `doc:"part of a weight that a step takes away, times lr" is:">=0" class:"override"`
	DecayParams []string        `doc:"parameters that decay, as patterns like */w" class:"override"`
}

// Validate implements the check of package registry.
func (c AdamWConfig) Validate() error { return checkDecayParams(c.DecayParams) }

// checkDecayParams returns an error for a pattern that is malformed.
func checkDecayParams(patterns []string) error {
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil {
			return &registry.FieldError{Key: "decay_params", Err: fmt.Errorf("holds a malformed pattern: %q", p)}
		}
	}
	return nil
}

// AdamW is Adam with decoupled weight decay. It is a Decayer.
type AdamW[T tensor.Float] struct {
	Adam[T]
	config AdamWConfig
}

// NewAdamW returns the optimizer that c describes. It panics unless c passes registry.Check.
func NewAdamW[T tensor.Float](c AdamWConfig) Optimizer[T] {
	return &AdamW[T]{Adam: Adam[T]{c.AdamConfig}, config: registry.MustCheck(c)}
}

func init() {
	Register("adamw", AdamWConfig{
		AdamConfig: adamDefaults, WeightDecay: registry.Const(0.01), DecayParams: []string{"*/w"},
	}, NewAdamW[float32], NewAdamW[float64])
}

// Rates implements Optimizer.
func (o *AdamW[T]) Rates() []Rate { return RatesOf(o.config) }

// DecayParams implements Decayer.
func (o *AdamW[T]) DecayParams() []string { return o.config.DecayParams }

// Folder implements Folder.
func (o *AdamW[T]) Folder() Optimizer[T] { return o }

// Update implements Optimizer.
func (o *AdamW[T]) Update(u *Update[T]) {
	adamStep(u, u.keep(u.Rates[4]))
}
