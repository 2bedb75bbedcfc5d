package optimtest_test

import (
	"testing"

	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/optim/optimtest"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// registeredRegularizers holds the names before this package's tests add regularizers of their own.
var registeredRegularizers = optim.Regularizers.Names()

// regularizerCases lists what is checked beside the defaults.
var regularizerCases = map[string][]optimtest.RegularizerCase{
	"l1":      {{}, {Config: optim.L1Config{Strength: num(0.3)}}, {Config: optim.L1Config{Strength: num(0.3), Form: optim.Proximal}}},
	"l2":      {{}, {Config: optim.L2Config{Strength: num(0.3)}}},
	"elastic": {{}, {Config: optim.ElasticConfig{L1: num(0.3), L2: num(0.7)}}},
	"max_norm": {
		{},
		{Config: optim.MaxNormConfig{Max: num(0.5), Of: optim.Rows}},
		{Config: optim.MaxNormConfig{Max: num(0.5), Of: optim.Columns}},
	},
}

func TestEveryRegisteredRegularizer(t *testing.T) {
	for _, name := range registeredRegularizers {
		t.Run(name, func(t *testing.T) { optimtest.RunRegularizer(t, name, regularizerCases[name]...) })
	}
}

// plantedRegularizers lists flaws of an L2 penalty, each with the rule of the kit that must find it.
var plantedRegularizers = map[string]string{
	"half_the_gradient": "Gradient",
	"constant":          "Rates",
	"shrinks_weights":   "KeepsInputs",
	"norm_of_all":       "Parts",
	"folds_half":        "Folds",
	"shrinks_again":     "Projects",
	"projects_by_mean":  "Rows",
	"hides_nan":         "KeepsNaN",
	"float32_only":      "Float32",
	"allocates":         "NoAllocs",
}

type flawedPenaltyConfig struct {
	_        struct{}        `doc:"an L2 penalty with a flaw"`
	Strength registry.Number `doc:"factor" is:">=0"`
	Flaw     string          `doc:"which one"`
}

type flawedPenalty[T tensor.Float] struct {
	config flawedPenaltyConfig
	sink   []T
}

func newFlawedPenalty[T tensor.Float](c flawedPenaltyConfig) optim.Regularizer[T] {
	if c.Flaw == "shrinks_again" || c.Flaw == "projects_by_mean" {
		return &flawedProjector[T]{flawedPenalty[T]{config: c}}
	}
	return &flawedPenalty[T]{config: c}
}

func init() {
	optim.RegisterRegularizer("flawed", flawedPenaltyConfig{}, newFlawedPenalty[float32], newFlawedPenalty[float64])
}

func (r *flawedPenalty[T]) Rates() []optim.Rate { return optim.RatesOf(r.config) }

func (r *flawedPenalty[T]) Penalty(w []T, rates []float64) float64 {
	switch r.config.Flaw {
	case "constant":
		return 0.3 * tensor.SumSquares(w)
	case "norm_of_all":
		return rates[0] * tensor.SumSquares(w) * float64(len(w))
	}
	return rates[0] * tensor.SumSquares(w)
}

func (r *flawedPenalty[T]) AddGradient(w, dw []T, rates []float64) {
	factor := T(2 * rates[0])
	switch r.config.Flaw {
	case "half_the_gradient":
		factor /= 2
	case "constant":
		factor = 0.6
	case "allocates":
		r.sink = make([]T, len(w))
	case "float32_only":
		if T(1e-10)+1 == 1 {
			factor *= 1.1
		}
	}
	for i, x := range w {
		if r.config.Flaw == "hides_nan" && x != x {
			continue
		}
		dw[i] += T(factor * x)
		if r.config.Flaw == "shrinks_weights" {
			w[i] *= 0.5
		}
	}
}

func (r *flawedPenalty[T]) Fold(rates []float64) (self optim.Regularizer[T], l1, l2 float64) {
	if r.config.Flaw != "folds_half" {
		return nil, 0, 0
	}
	return r, 0, rates[0]
}

type flawedProjector[T tensor.Float] struct{ flawedPenalty[T] }

func (r *flawedProjector[T]) ByRows() bool { return true }

func (r *flawedProjector[T]) Project(w []T, p optim.Projection) {
	off := T(0)
	if r.config.Flaw == "projects_by_mean" && p.LR > 0 {
		for _, x := range w {
			off += T(0.1*x) / T(len(w))
		}
	}
	for i := range w {
		if r.config.Flaw == "shrinks_again" {
			w[i] *= 0.9
		}
		w[i] -= off
	}
}

func TestPlantedFlawsOfRegularizersAreFound(t *testing.T) {
	for flaw, want := range plantedRegularizers {
		t.Run(flaw, func(t *testing.T) {
			if flaw == "allocates" && raceDetector {
				t.Skip("the race detector allocates by itself: run without -race")
			}
			list, err := optimtest.CheckRegularizer("flawed", optimtest.RegularizerCase{Config: flawedPenaltyConfig{Strength: num(0.3), Flaw: flaw}})
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
	list, err := optimtest.CheckRegularizer("flawed", optimtest.RegularizerCase{Config: flawedPenaltyConfig{Strength: num(0.3)}})
	if err != nil || len(list) > 0 {
		t.Errorf("the penalty without a flaw: %v, %v", list, err)
	}
}
