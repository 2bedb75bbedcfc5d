package optim_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/internal/golden"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
)

func TestDecayIsForMarkedParametersOnly(t *testing.T) {
	o := optim.NewAdamW[float64](registry.Defaults[optim.AdamWConfig]())
	for decay, want := range map[float64]float64{1: 2 * (1 - 0.001*0.01), 0.5: 2 * (1 - 0.001*0.005), 0: 2} {
		w := []float64{2}
		o.Update(&optim.Update[float64]{
			Param: w, Grad: []float64{0}, Slots: zeroSlots(o, 1), Rates: constantRates(o), Step: 1, Decay: decay,
		})
		golden.Near(t, fmt.Sprint("decay ", decay), w, []float64{want}, 1e-15)
	}
	if got := o.(optim.Decayer).DecayParams(); !slices.Equal(got, []string{"*/w"}) {
		t.Errorf("decay_params %q", got)
	}
}

func TestRatesFollowTheStep(t *testing.T) {
	o := optim.NewSGD[float64](optim.SGDConfig{LR: registry.Const(1)})
	w := []float64{1}
	o.Update(&optim.Update[float64]{Param: w, Grad: []float64{1}, Rates: []float64{0.25, 0, 0}, Step: 1})
	golden.Near(t, "w", w, []float64{0.75}, 0)
}

func TestSlotsAndRates(t *testing.T) {
	for _, c := range []struct {
		name         string
		slots, rates string
	}{
		{"sgd", "[]", "[lr momentum dampening]"},
		{"adam", "[m v]", "[lr beta1 beta2 eps]"},
		{"adamw", "[m v]", "[lr beta1 beta2 eps weight_decay]"},
		{"adagrad", "[sum]", "[lr eps]"},
		{"rmsprop", "[v]", "[lr rho eps momentum]"},
		{"adadelta", "[v u]", "[lr rho eps]"},
		{"adamax", "[m u]", "[lr beta1 beta2 eps]"},
		{"amsgrad", "[m v max]", "[lr beta1 beta2 eps]"},
		{"nadam", "[m v]", "[lr beta1 beta2 eps momentum_decay]"},
		{"radam", "[m v]", "[lr beta1 beta2 eps]"},
		{"lion", "[m]", "[lr beta1 beta2 weight_decay]"},
	} {
		o := optim.Make[float32](registry.Choose[optim.Part](c.name).New())
		var rates []string
		for _, r := range o.Rates() {
			rates = append(rates, r.Name)
		}
		if fmt.Sprint(o.Slots()) != c.slots || fmt.Sprint(rates) != c.rates {
			t.Errorf("%s: slots %v, rates %v", c.name, o.Slots(), rates)
		}
	}
	scheduled := optim.NewSGD[float32](optim.SGDConfig{Momentum: registry.Scheduled("a schedule that may leave 0")})
	if got := scheduled.Slots(); !slices.Equal(got, []string{"momentum"}) {
		t.Errorf("slots with a schedule of momentum: %v", got)
	}
}

func TestFoldAndClipAllocateNothing(t *testing.T) {
	const n = 8
	w, g := make([]float64, n), make([]float64, n)
	fold := optim.Fold{Factor: 0.5, L1: 0.1}
	if a := testing.AllocsPerRun(20, func() { optim.FoldGradient(g, w, fold); optim.FoldedSumSquares(g, w, fold) }); a != 0 {
		t.Errorf("fold: %v allocations", a)
	}
	clip := optim.Clip{Norm: 1, Value: 1}
	if a := testing.AllocsPerRun(20, func() { optim.ClipGradient(clip, g) }); a != 0 {
		t.Errorf("clip: %v allocations", a)
	}
}

func TestValidate(t *testing.T) {
	num := registry.Const
	for _, c := range []struct {
		config interface{ Validate() error }
		want   string // "" where it is valid
	}{
		{optim.SGDConfig{}, ""},
		{optim.SGDConfig{Momentum: num(0.9), Nesterov: true}, ""},
		{optim.SGDConfig{Momentum: registry.Scheduled("any"), Nesterov: true}, ""},
		{optim.SGDConfig{Nesterov: true}, "nesterov needs momentum, which is 0"},
		{optim.SGDConfig{Dampening: num(0.5)}, "dampening needs momentum, which is 0"},
		{optim.SGDConfig{Momentum: num(0.9), Dampening: num(0.5), Nesterov: true}, "nesterov needs dampening 0, which is 0.5"},
		{optim.AdamWConfig{DecayParams: []string{"*/w", "fc[12]/*"}}, ""},
		{optim.AdamWConfig{DecayParams: []string{"*/w", "fc[1/w"}}, `decay_params holds a malformed pattern: "fc[1/w"`},
	} {
		err := c.config.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
		if _, ok := errors.AsType[*registry.FieldError](err); err != nil && !ok {
			t.Errorf("%v names no field", err)
		}
	}
}

func TestEveryPartIsDocumented(t *testing.T) {
	check := func(k registry.Kind, want ...string) {
		for _, name := range want {
			if !slices.Contains(k.Names(), name) {
				t.Errorf("no %s %s", k.Kind(), name)
			}
		}
		for _, name := range k.Names() {
			d, err := k.Describe(name)
			if err != nil || d.Doc == "" {
				t.Errorf("%s: doc %q, error %v", name, d.Doc, err)
			}
			for _, f := range d.Fields {
				if f.Doc == "" {
					t.Errorf("%s: %s has no doc", name, f.Key)
				}
			}
		}
	}
	check(optim.Registry, "sgd", "adagrad", "rmsprop", "adadelta", "adam", "adamw", "adamax", "amsgrad", "nadam", "radam", "lion")
	check(optim.Regularizers, "l1", "l2", "elastic", "max_norm")
}

func TestAdamWLendsTheKeysOfAdam(t *testing.T) {
	d, err := optim.Registry.Describe("adamw")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, f := range d.Fields {
		keys = append(keys, f.Key+"="+f.Default)
	}
	want := "[lr=0.001 beta1=0.9 beta2=0.999 eps=1e-08 weight_decay=0.01 decay_params=[*/w]]"
	if fmt.Sprint(keys) != want {
		t.Errorf("got  %v\nwant %s", keys, want)
	}
}

// TestConstructorsPanic: an optimizer or regularizer has no error to return.
func TestConstructorsPanic(t *testing.T) {
	for want, build := range map[string]func(){
		"SGDConfig: momentum must be < 1, is 3":              func() { optim.NewSGD[float32](optim.SGDConfig{Momentum: registry.Const(3)}) },
		"SGDConfig: nesterov needs momentum, which is 0":     func() { optim.NewSGD[float32](optim.SGDConfig{Nesterov: true}) },
		"AdamConfig: eps must be positive, is 0":             func() { optim.NewAdam[float32](optim.AdamConfig{}) },
		"AdamWConfig: eps must be positive, is 0":            func() { optim.NewAdamW[float32](optim.AdamWConfig{}) },
		"L1Config: strength must not be negative, is -1":     func() { optim.NewL1[float32](optim.L1Config{Strength: registry.Const(-1)}) },
		"L2Config: strength must not be negative, is NaN":    func() { optim.NewL2[float32](optim.L2Config{Strength: registry.Const(math.NaN())}) },
		"ElasticConfig: l2 must not be negative, is -0.0001": func() { optim.NewElastic[float32](optim.ElasticConfig{L2: registry.Const(-1e-4)}) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
					t.Errorf("panic %q, want %q", got, want)
				}
			}()
			build()
		}()
	}
}

// TestRateCheck: a schedule may leave the range that its field's tag asks for.
func TestRateCheck(t *testing.T) {
	rates := optim.RatesOf(optim.SGDConfig{})
	lr, momentum, free := rates[0], rates[1], optim.Rate{Name: "free"}
	for _, test := range []struct {
		rate optim.Rate
		v    float64
		want string
	}{
		{lr, 0, ""},
		{lr, 3, ""},
		{momentum, 0.999, ""},
		{free, -7, ""},
		{lr, -0.1, "lr must not be negative, is -0.1"},
		{lr, math.NaN(), "lr must not be negative, is NaN"},
		{lr, math.Inf(1), "lr must be a finite number, is +Inf"},
		{momentum, 1, "momentum must be < 1, is 1"},
		{momentum, 3, "momentum must be < 1, is 3"},
		{free, math.NaN(), "free must be a finite number, is NaN"},
	} {
		got := ""
		if err := test.rate.Check(test.v); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s of %v: %q, want %q", test.rate.Name, test.v, got, test.want)
		}
	}
}
