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
	"github.com/strata-ml/strata/tensor"
)

// leastSquares is the problem ½/n·‖X·w − y‖² with X [n k].
type leastSquares struct{ x, y []float64 }

func newLeastSquares(n, k int) leastSquares {
	r := tensor.NewRandom(7)
	p := leastSquares{make([]float64, n*k), make([]float64, n)}
	for i := range p.x {
		p.x[i] = r.Normal(i)
	}
	for i := range p.y {
		p.y[i] = r.WithName("y").Normal(i)
	}
	return p
}

// gradient returns Xᵀ·(X·w − y)/n.
func (p leastSquares) gradient(w []float64) []float64 {
	dw := make([]float64, len(w))
	for i, y := range p.y {
		row := p.x[i*len(w):][:len(w)]
		residual := -y
		for j, x := range row {
			residual += x * w[j]
		}
		for j, x := range row {
			dw[j] += x * residual / float64(len(p.y))
		}
	}
	return dw
}

// A rule gives the next weight from the present one and its gradients in all steps so far: the update as a formula over
// the whole past, where the optimizers keep running sums.
type rule func(w float64, past []float64) float64

// decayedSum returns Σ decay^(t−i)·g_i over the steps i = 1…t.
func decayedSum(decay float64, past []float64, f func(float64) float64) float64 {
	var sum float64
	for i, g := range past {
		sum += math.Pow(decay, float64(len(past)-1-i)) * f(g)
	}
	return sum
}

func velocity(mu, tau float64, past []float64) float64 {
	t := float64(len(past))
	first := math.Pow(mu, t-1) * past[0] * tau // the first gradient is not dampened
	return (1-tau)*decayedSum(mu, past, func(g float64) float64 { return g }) + first
}

func adamStep(lr, beta1, beta2, eps float64, past []float64) float64 {
	t := float64(len(past))
	mean := (1 - beta1) * decayedSum(beta1, past, func(g float64) float64 { return g }) / (1 - math.Pow(beta1, t))
	square := (1 - beta2) * decayedSum(beta2, past, func(g float64) float64 { return g * g }) / (1 - math.Pow(beta2, t))
	return lr * mean / (math.Sqrt(square) + eps)
}

type ruleCase struct {
	name string
	o    optim.Optimizer[float64]
	rule rule
}

func ruleCases() []ruleCase {
	num := registry.Const
	sgd := func(c optim.SGDConfig) optim.Optimizer[float64] { return optim.NewSGD[float64](c) }
	adam := optim.AdamConfig{LR: num(0.02), Beta1: num(0.8), Beta2: num(0.95), Eps: num(1e-3)}
	return []ruleCase{
		{
			"sgd", sgd(optim.SGDConfig{LR: num(0.1)}),
			func(w float64, past []float64) float64 { return w - 0.1*past[len(past)-1] },
		},
		{
			"sgd momentum", sgd(optim.SGDConfig{LR: num(0.1), Momentum: num(0.8)}),
			func(w float64, past []float64) float64 { return w - 0.1*velocity(0.8, 0, past) },
		},
		{
			"sgd dampening", sgd(optim.SGDConfig{LR: num(0.1), Momentum: num(0.8), Dampening: num(0.3)}),
			func(w float64, past []float64) float64 { return w - 0.1*velocity(0.8, 0.3, past) },
		},
		{
			"sgd nesterov", sgd(optim.SGDConfig{LR: num(0.1), Momentum: num(0.8), Nesterov: true}),
			func(w float64, past []float64) float64 {
				return w - 0.1*(past[len(past)-1]+0.8*velocity(0.8, 0, past))
			},
		},
		{
			"adam", optim.NewAdam[float64](adam),
			func(w float64, past []float64) float64 { return w - adamStep(0.02, 0.8, 0.95, 1e-3, past) },
		},
		{
			"adamw", optim.NewAdamW[float64](optim.AdamWConfig{AdamConfig: adam, WeightDecay: num(0.5)}),
			func(w float64, past []float64) float64 {
				return (1-0.02*0.5)*w - adamStep(0.02, 0.8, 0.95, 1e-3, past)
			},
		},
	}
}

func TestLeastSquaresUpdate(t *testing.T) {
	const steps, k = 12, 4
	problem := newLeastSquares(9, k)
	for _, c := range ruleCases() {
		t.Run(c.name, func(t *testing.T) {
			w, slots := []float64{1, -2, 0.5, 3}, zeroSlots(c.o, k)
			want := slices.Clone(w)
			past := make([][]float64, k)
			for step := range steps {
				for j, g := range problem.gradient(want) {
					past[j] = append(past[j], g)
				}
				for j := range want {
					want[j] = c.rule(want[j], past[j])
				}
				c.o.Update(&optim.Update[float64]{
					Param: w, Grad: problem.gradient(w), Slots: slots, Rates: constantRates(c.o), Step: int64(step + 1), Decay: 1,
				})
				golden.Near(t, fmt.Sprintf("w after step %d", step+1), w, want, 1e-12)
			}
		})
	}
}

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

func TestUpdatePropagatesNaN(t *testing.T) {
	for _, c := range ruleCases() {
		for _, bad := range []float64{math.NaN(), math.Inf(1)} {
			w := []float64{1, 1}
			c.o.Update(&optim.Update[float64]{
				Param: w, Grad: []float64{bad, 1}, Slots: zeroSlots(c.o, 2), Rates: constantRates(c.o), Step: 1,
			})
			if finite(w[0]) || !finite(w[1]) {
				t.Errorf("%s: gradient [%v 1] gives %v", c.name, bad, w)
			}
		}
	}
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func TestNothingAllocates(t *testing.T) {
	const n = 8
	w, g := make([]float64, n), make([]float64, n)
	for _, c := range ruleCases() {
		u := &optim.Update[float64]{Param: w, Grad: g, Slots: zeroSlots(c.o, n), Rates: constantRates(c.o), Step: 1}
		if a := testing.AllocsPerRun(20, func() { c.o.Update(u) }); a != 0 {
			t.Errorf("%s: %v allocations", c.name, a)
		}
		u.Fold = optim.Fold{Factor: 0.5, L1: 0.1, L2: 0.1}
		if a := testing.AllocsPerRun(20, func() { c.o.Update(u) }); a != 0 {
			t.Errorf("%s, folded: %v allocations", c.name, a)
		}
	}
	for name, r := range regularizers() {
		if a := testing.AllocsPerRun(20, func() { r.Penalty(w); r.AddGradient(w, g) }); a != 0 {
			t.Errorf("%s: %v allocations", name, a)
		}
	}
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
	check(optim.Regularizers, "l1", "l2", "elastic")
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
		"L1Config: strength must not be negative, is -1":     func() { optim.NewL1[float32](optim.L1Config{Strength: -1}) },
		"L2Config: strength must not be negative, is NaN":    func() { optim.NewL2[float32](optim.L2Config{Strength: math.NaN()}) },
		"ElasticConfig: l2 must not be negative, is -0.0001": func() { optim.NewElastic[float32](optim.ElasticConfig{L2: -1e-4}) },
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
