package optimtest

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/tensor"
)

// A Case is one configuration of an optimizer.
type Case struct {
	Config any  // of the type that the optimizer registered, without schedules; nil for its defaults
	Next   Next // the rule as a formula; nil leaves the rule Formula out
}

// A Next is an update as a formula over the whole past, where an optimizer keeps running sums: the next value of an element
// from the present one and its gradients in all steps so far, the last of which is the present one.
type Next func(w float64, past []float64) float64

// Run checks a registered optimizer against every rule, as subtests: one for each case, and in it one for each rule. No
// cases mean one, of the defaults. It counts allocations: the test that calls it must not be parallel.
func Run(t *testing.T, name string, cases ...Case) {
	t.Helper()
	subjects, err := optimizers(name, cases)
	if err != nil {
		t.Fatal(err)
	}
	runAll(t, subjects, optimizerRules)
}

// Check is Run without a test: it returns what the optimizer breaks, nil when it keeps every rule. The error says that there
// is nothing to check: an unknown name, or a case that does not fit the optimizer.
func Check(name string, cases ...Case) ([]*Violation, error) {
	subjects, err := optimizers(name, cases)
	if err != nil {
		return nil, err
	}
	var list []*Violation
	for _, s := range subjects {
		list = append(list, violations(s, optimizerRules, "")...)
	}
	return list, nil
}

// An optimizer is a registered one with one case.
type optimizer struct {
	name   string
	config any
	next   Next
	part   optim.Part
}

func (s *optimizer) names() (part, config string) {
	return fmt.Sprintf("optimizer %q", s.name), fmt.Sprintf("%+v", s.config)
}

func optimizers(name string, cases []Case) ([]*optimizer, error) {
	defaults, err := optim.Registry.DefaultConfig(name)
	if err != nil {
		return nil, fmt.Errorf("optimtest: %w", err)
	}
	if len(cases) == 0 {
		cases = []Case{{}}
	}
	var list []*optimizer
	for _, c := range cases {
		if c.Config == nil {
			c.Config = defaults
		}
		if got, want := reflect.TypeOf(c.Config), reflect.TypeOf(defaults); got != want {
			return nil, fmt.Errorf("optimtest: optimizer %q is configured by %v, not by %v", name, want, got)
		}
		part := optim.Choice{Name: name, Config: c.Config}.New()
		for _, r := range optim.Make[float64](part).Rates() {
			if r.Value.Schedule != nil {
				return nil, fmt.Errorf("optimtest: optimizer %q: %s follows a schedule: the kit needs constants", name, r.Name)
			}
		}
		list = append(list, &optimizer{name, c.Config, c.Next, part})
	}
	return list, nil
}

// A trial is a parameter that an optimizer trains.
type trial[T tensor.Float] struct {
	o optim.Optimizer[T]
	u optim.Update[T]
}

// newTrial returns a trial at its first step, from weights w.
func newTrial[T tensor.Float](s *optimizer, w []T) *trial[T] {
	t := &trial[T]{o: optim.Make[T](s.part), u: optim.Update[T]{Param: append([]T(nil), w...), Decay: 1}}
	for range t.o.Slots() {
		t.u.Slots = append(t.u.Slots, make([]T, len(w)))
	}
	for _, r := range t.o.Rates() {
		t.u.Rates = append(t.u.Rates, r.Value.Value)
	}
	return t
}

// step updates the parameter by a gradient.
func (t *trial[T]) step(g []T) {
	t.u.Step++
	t.u.Grad = g
	t.o.Update(&t.u)
}

// restored returns what is left of a trial when the program ends and a checkpoint is read: the numbers, and another
// optimizer of the same configuration.
func (t *trial[T]) restored(s *optimizer) *trial[T] {
	again := newTrial(s, t.u.Param)
	again.u.Step = t.u.Step
	for i, slot := range t.u.Slots {
		copy(again.u.Slots[i], slot)
	}
	return again
}

// differ says where two trials differ, "" where they hold the same bits.
func (t *trial[T]) differ(other *trial[T]) string {
	if d := differ("the parameter", t.u.Param, other.u.Param); d != "" {
		return d
	}
	for i, name := range t.o.Slots() {
		if d := differ("slot "+name, t.u.Slots[i], other.u.Slots[i]); d != "" {
			return d
		}
	}
	return ""
}

// differ says where two slices differ, "" where they hold the same numbers; NaN is the same as NaN.
func differ[T tensor.Float](what string, got, want []T) string {
	for i := range want {
		if got[i] != want[i] && (got[i] == got[i] || want[i] == want[i]) {
			return fmt.Sprintf("element %d of %s is %v, want %v", i, what, got[i], want[i])
		}
	}
	return ""
}

// weights returns n numbers around 0.
func weights[T tensor.Float](n int) []T {
	r := tensor.NewRandom(71)
	w := make([]T, n)
	for i := range w {
		w[i] = T(r.Normal(i))
	}
	return w
}

// gradient returns the gradient a·(w − c) of the quadratic ½·Σ a·(w−c)², 0.2 ≤ a ≤ 1.
func gradient[T tensor.Float](w []T) []T {
	r := tensor.NewRandom(72)
	g := make([]T, len(w))
	for i := range w {
		g[i] = T(0.2+0.8*r.Float64(i)) * (w[i] - T(r.WithName("c").Normal(i)))
	}
	return g
}

// loss returns the quadratic whose gradient gradient is.
func loss[T tensor.Float](w []T) float64 {
	sum := 0.0
	r := tensor.NewRandom(72)
	for i, g := range gradient(w) {
		sum += float64(g) * float64(g) / (0.2 + 0.8*r.Float64(i)) / 2
	}
	return sum
}
