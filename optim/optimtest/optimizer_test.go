package optimtest_test

import (
	"math"
	"slices"
	"testing"

	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/optim/optimtest"
	"github.com/strata-ml/strata/registry"
)

// registered holds the names before this package's tests add optimizers of their own: variables are set before any init.
var registered = optim.Registry.Names()

var num = registry.Const

// with returns the default configuration of type C, changed by edit.
func with[C any](edit func(*C)) C {
	c := registry.Defaults[C]()
	edit(&c)
	return c
}

// adamNumbers are those of the formulas below.
func adamNumbers(c *optim.AdamConfig) {
	*c = optim.AdamConfig{LR: num(0.02), Beta1: num(0.8), Beta2: num(0.95), Eps: num(1e-3)}
}

var adam = adamRule{0.02, 0.8, 0.95, 1e-3}

// cases says which configurations of an optimizer are checked, with the formula of each.
var cases = map[string][]optimtest.Case{
	"sgd": {
		{Config: optim.SGDConfig{LR: num(0.1)}, Next: func(w float64, past []float64) float64 { return w - 0.1*last(past) }},
		{
			Config: optim.SGDConfig{LR: num(0.1), Momentum: num(0.8)},
			Next:   func(w float64, past []float64) float64 { return w - 0.1*velocity(0.8, 0, past) },
		},
		{
			Config: optim.SGDConfig{LR: num(0.1), Momentum: num(0.8), Dampening: num(0.3)},
			Next:   func(w float64, past []float64) float64 { return w - 0.1*velocity(0.8, 0.3, past) },
		},
		{
			Config: optim.SGDConfig{LR: num(0.1), Momentum: num(0.8), Nesterov: true},
			Next:   func(w float64, past []float64) float64 { return w - 0.1*(last(past)+0.8*velocity(0.8, 0, past)) },
		},
	},
	"adagrad": {
		{},
		{
			Config: optim.AdagradConfig{LR: num(0.1), Eps: num(1e-3), Initial: 0.25},
			Next: func(w float64, past []float64) float64 {
				return w - 0.1*last(past)/(math.Sqrt(0.25+decayed(1, past, square))+1e-3)
			},
		},
	},
	"rmsprop": {
		{},
		{
			Config: optim.RMSpropConfig{LR: num(0.02), Rho: num(0.9), Eps: num(1e-3)},
			Next: func(w float64, past []float64) float64 {
				return w - 0.02*last(past)/(math.Sqrt(0.1*decayed(0.9, past, square))+1e-3)
			},
		},
		{
			Config: optim.RMSpropConfig{LR: num(0.02), Rho: num(0.9), Eps: num(1e-1), Momentum: num(0.7), Centered: true},
			Next: func(w float64, past []float64) float64 {
				step := 0.0
				for t := range past {
					mean := 0.1 * decayed(0.9, past[:t+1], itself)
					variance := 0.1*decayed(0.9, past[:t+1], square) - mean*mean
					step = 0.7*step + past[t]/(math.Sqrt(variance)+1e-1)
				}
				return w - 0.02*step
			},
		},
	},
	"adadelta": {
		{},
		{
			Config: optim.AdadeltaConfig{LR: num(0.5), Rho: num(0.8), Eps: num(1e-4)},
			Next: func(w float64, past []float64) float64 {
				var steps []float64
				for t := range past {
					of := math.Sqrt((0.2*decayed(0.8, steps, square) + 1e-4) / (0.2*decayed(0.8, past[:t+1], square) + 1e-4))
					steps = append(steps, of*past[t])
				}
				return w - 0.5*last(steps)
			},
		},
	},
	"adam": {
		{},
		{Config: with(adamNumbers), Next: func(w float64, past []float64) float64 { return w - adam.step(past) }},
	},
	"adamw": {
		{},
		{
			Config: with(func(c *optim.AdamWConfig) { adamNumbers(&c.AdamConfig); c.WeightDecay = num(0.5) }),
			Next:   func(w float64, past []float64) float64 { return (1-0.02*0.5)*w - adam.step(past) },
		},
		{Config: with(func(c *optim.AdamWConfig) { c.WeightDecay = num(0) })},
	},
	"adamax": {
		{},
		{
			Config: optim.AdamaxConfig{LR: num(0.02), Beta1: num(0.8), Beta2: num(0.95), Eps: num(1e-3)},
			Next: func(w float64, past []float64) float64 {
				largest := 0.0
				for t, g := range past {
					largest = max(largest, math.Pow(0.95, float64(len(past)-1-t))*(math.Abs(g)+1e-3))
				}
				return w - 0.02*adam.mean(past)/largest
			},
		},
	},
	"amsgrad": {
		{},
		{
			Config: with(func(c *optim.AMSGradConfig) { adamNumbers(&c.AdamConfig) }),
			Next: func(w float64, past []float64) float64 {
				largest := 0.0
				for t := range past {
					largest = max(largest, 0.05*decayed(0.95, past[:t+1], square))
				}
				return w - 0.02*adam.mean(past)/(math.Sqrt(largest/(1-math.Pow(0.95, float64(len(past)))))+1e-3)
			},
		},
	},
	"nadam": {
		{},
		{
			Config: with(func(c *optim.NAdamConfig) { adamNumbers(&c.AdamConfig); c.MomentumDecay = num(0.5) }),
			Next: func(w float64, past []float64) float64 {
				momentum := func(t int) float64 { return 0.8 * (1 - 0.5*math.Pow(0.96, 0.5*float64(t))) }
				product := 1.0
				for t := range past {
					product *= momentum(t + 1)
				}
				now, next := momentum(len(past)), momentum(len(past)+1)
				direction := (1-now)/(1-product)*last(past) + next/(1-product*next)*0.2*decayed(0.8, past, itself)
				return w - 0.02*direction/(math.Sqrt(adam.square(past))+1e-3)
			},
		},
	},
	"radam": {
		{},
		{
			Config: with(func(c *optim.RAdamConfig) { adamNumbers(&c.AdamConfig) }),
			Next: func(w float64, past []float64) float64 {
				t, limit := float64(len(past)), 2/0.05-1
				rho := limit - 2*t*math.Pow(0.95, t)/(1-math.Pow(0.95, t))
				if rho <= 5 {
					return w - 0.02*adam.mean(past)
				}
				r := math.Sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho))
				root := math.Sqrt(0.05 * decayed(0.95, past, square))
				return w - 0.02*adam.mean(past)*r*math.Sqrt(1-math.Pow(0.95, t))/(root+1e-3)
			},
		},
	},
	"lion": {
		{},
		{
			Config: with(func(c *optim.LionConfig) {
				c.LR, c.Beta1, c.Beta2, c.WeightDecay = num(0.02), num(0.7), num(0.9), num(0.5)
			}),
			Next: func(w float64, past []float64) float64 {
				mean := 0.1 * decayed(0.9, past[:len(past)-1], itself)
				return (1-0.02*0.5)*w - math.Copysign(0.02, 0.7*mean+0.3*last(past))
			},
		},
	},
}

// TestEveryRegisteredOptimizer: each has a case with a formula, and each can update the rows of a table.
func TestEveryRegisteredOptimizer(t *testing.T) {
	for _, name := range registered {
		t.Run(name, func(t *testing.T) {
			if !slices.ContainsFunc(cases[name], func(c optimtest.Case) bool { return c.Next != nil }) {
				t.Error("no case has a formula")
			}
			part, err := optim.Registry.Build(name, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := optim.Make[float32](part).(optim.RowUpdater); !ok {
				t.Error("it is no RowUpdater, and would refuse every model with an embedding")
			}
			optimtest.Run(t, name, cases[name]...)
		})
	}
}

func last(past []float64) float64 { return past[len(past)-1] }
func itself(g float64) float64    { return g }
func square(g float64) float64    { return g * g }

// decayed returns Σ decay^(t−i)·f(g_i) over the steps i = 1…t.
func decayed(decay float64, past []float64, f func(float64) float64) float64 {
	var sum float64
	for i, g := range past {
		sum += math.Pow(decay, float64(len(past)-1-i)) * f(g)
	}
	return sum
}

func velocity(mu, tau float64, past []float64) float64 {
	first := math.Pow(mu, float64(len(past)-1)) * past[0] * tau // the first gradient is not dampened
	return (1-tau)*decayed(mu, past, itself) + first
}

// adamRule is Adam as a formula, from lr, beta1, beta2 and eps.
type adamRule [4]float64

func (a adamRule) mean(past []float64) float64 {
	return (1 - a[1]) * decayed(a[1], past, itself) / (1 - math.Pow(a[1], float64(len(past))))
}

func (a adamRule) square(past []float64) float64 {
	return (1 - a[2]) * decayed(a[2], past, square) / (1 - math.Pow(a[2], float64(len(past))))
}

func (a adamRule) step(past []float64) float64 {
	return a[0] * a.mean(past) / (math.Sqrt(a.square(past)) + a[3])
}
