package optimtest_test

import (
	"math"
	"slices"
	"testing"

	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/optim/optimtest"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// planted lists flaws of a momentum rule, each with the rule of the kit that must find it.
var planted = map[string]string{
	"two_slots_of_one_name": "Declared",
	"takes_half":            "Formula",
	"climbs":                "Descends",
	"ignores_lr":            "ZeroRate",
	"writes_gradient":       "KeepsInputs",
	"keeps_the_velocity":    "Apart",
	"counts_steps":          "Restores",
	"reads_a_neighbour":     "Rows",
	"denies_to_move":        "Rows",
	"forgets_to_fold":       "Folds",
	"decays_always":         "Decays",
	"hides_nan":             "KeepsNaN",
	"float32_only":          "Float32",
	"allocates":             "NoAllocs",
}

type flawedConfig struct {
	_    struct{}        `doc:"a momentum rule with a flaw"`
	LR   registry.Number `key:"lr" doc:"learning rate" is:">=0"`
	Flaw string          `doc:"which one"`
}

type flawed[T tensor.Float] struct {
	config flawedConfig
	last   T
	steps  int
	sink   []T
}

func newFlawed[T tensor.Float](c flawedConfig) optim.Optimizer[T] { return &flawed[T]{config: c} }

func init() {
	optim.Register("flawed", flawedConfig{LR: num(0.1)}, newFlawed[float32], newFlawed[float64])
}

func (o *flawed[T]) is(flaw string) bool { return o.config.Flaw == flaw }

func (o *flawed[T]) Slots() []string {
	if o.is("two_slots_of_one_name") {
		return []string{"v", "v"}
	}
	return []string{"v"}
}

func (o *flawed[T]) Rates() []optim.Rate { return optim.RatesOf(o.config) }

func (o *flawed[T]) MovesUntouched() bool { return !o.is("denies_to_move") }

func (o *flawed[T]) Folder() optim.Optimizer[T] {
	if o.is("forgets_to_fold") {
		return o
	}
	return nil
}

func (o *flawed[T]) Update(u *optim.Update[T]) {
	lr := T(u.Rates[0])
	switch {
	case o.is("climbs"):
		lr = -lr
	case o.is("ignores_lr"):
		lr = 0.1
	case o.is("float32_only") && T(1e-10)+1 == 1:
		lr *= 1.1
	case o.is("allocates"):
		o.sink = make([]T, len(u.Param))
	case o.is("counts_steps"):
		o.steps++
		lr /= T(o.steps)
	}
	for i, g := range u.Grad {
		v := T(0.9*u.Slots[0][i]) + g
		switch {
		case o.is("takes_half"):
			v = T(0.9*u.Slots[0][i]) + T(0.5*g)
		case o.is("keeps_the_velocity"):
			v, o.last = T(0.9*o.last)+g, v
		case o.is("reads_a_neighbour") && i+1 < len(u.Grad):
			v += T(0.1 * u.Grad[i+1])
		case o.is("hides_nan") && math.IsNaN(float64(v)):
			v = 0
		case o.is("writes_gradient"):
			u.Grad[i] = 0
		}
		u.Slots[0][i] = v
		u.Param[i] -= T(lr * v)
		if o.is("decays_always") {
			u.Param[i] -= T(T(u.Decay) * u.Param[i] * lr)
		}
	}
}

// TestPlantedFlawsAreFound: a kit that finds nothing would pass every optimizer.
func TestPlantedFlawsAreFound(t *testing.T) {
	rule := func(w float64, past []float64) float64 { return w - 0.1*decayed(0.9, past, itself) }
	for flaw, want := range planted {
		t.Run(flaw, func(t *testing.T) {
			if raceDetector && slices.Contains([]string{"keeps_the_velocity", "counts_steps", "allocates"}, flaw) {
				t.Skip("the race detector finds it first: it writes to the optimizer")
			}
			list, err := optimtest.Check("flawed", optimtest.Case{Config: flawedConfig{LR: num(0.1), Flaw: flaw}, Next: rule})
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, v := range list {
				t.Log(v)
				found = found || v.Rule == want
			}
			if !found {
				t.Errorf("no violation of %s", want)
			}
		})
	}
	list, err := optimtest.Check("flawed", optimtest.Case{Config: flawedConfig{LR: num(0.1)}, Next: rule})
	if err != nil || len(list) > 0 {
		t.Errorf("the rule without a flaw: %v, %v", list, err)
	}
}

// TestCasesThatDoNotFit: what cannot be checked is an error.
func TestCasesThatDoNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		optimizer string
		config    any
	}{
		"unknown":      {"adma", nil},
		"other config": {"adam", flawedConfig{}},
		"schedule":     {"flawed", flawedConfig{LR: registry.Scheduled("any")}},
	} {
		if _, err := optimtest.Check(c.optimizer, optimtest.Case{Config: c.config}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
