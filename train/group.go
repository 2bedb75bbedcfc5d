package train

import (
	"errors"
	"fmt"
	"slices"

	"github.com/strata-ml/strata/optim"
)

// A Group is some parameters that are updated otherwise than the rest. Where a parameter is in several groups, their scales
// multiply.
type Group struct {
	Params     []string `doc:"patterns of the parameters" is:"required" class:"override"`
	LRScale    float64  `key:"lr_scale" doc:"factor of the learning rate, and so of weight decay too; 0 is freeze's" is:">0" class:"override"`
	DecayScale float64  `doc:"factor of the optimizer's weight decay; 0 for none" is:">=0" class:"override"`
}

// DefaultGroup is the Group of a block that sets nothing.
func DefaultGroup() Group { return Group{LRScale: 1, DecayScale: 1} }

// errNoDecay says that a group scales what there is not.
var errNoDecay = errors.New("decay_scale needs an optimizer with weight decay, such as adamw; a penalty has params of its own")

// CheckDecayScale returns an error where the group scales the weight decay of an optimizer that has none.
func (g Group) CheckDecayScale(decays bool) error {
	if g.DecayScale != 1 && !decays {
		return errNoDecay
	}
	return nil
}

// scaleByGroups sets the scales of every update. The values of the rates follow in resolveRates.
func (r *Run[T]) scaleByGroups() error {
	_, decays := r.s.Optimizer.(optim.Decayer)
	for i := range r.updates {
		r.updates[i].lrScale = 1
	}
	for _, g := range r.s.Groups {
		if err := g.CheckDecayScale(decays); err != nil {
			return fmt.Errorf("groups: %w", err)
		}
		found := false
		for i := range r.updates {
			u := &r.updates[i]
			matches, err := optim.Match(g.Params, u.param.Path)
			if err != nil {
				return fmt.Errorf("groups: %w", err)
			}
			if matches {
				found = true
				u.lrScale *= g.LRScale
				u.update.Decay *= g.DecayScale
			}
		}
		if !found {
			return fmt.Errorf("groups: the patterns %v match no parameter", g.Params)
		}
	}
	for i := range r.updates {
		if u := &r.updates[i]; u.lrScale != 1 {
			u.update.Rates = slices.Clone(r.rates.values)
		}
	}
	return nil
}

// scaleRates gives the parameters of groups the rates of the step with their own learning rate.
func (r *Run[T]) scaleRates() {
	for i := range r.updates {
		if u := &r.updates[i]; u.lrScale != 1 {
			copy(u.update.Rates, r.rates.values)
			u.update.Rates[0] *= u.lrScale
		}
	}
}
