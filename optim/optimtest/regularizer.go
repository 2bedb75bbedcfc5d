package optimtest

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/tensor"
)

// A RegularizerCase is one configuration of a regularizer.
type RegularizerCase struct {
	Config any // of the type that the regularizer registered, without schedules; nil for its defaults
}

// RunRegularizer checks a registered regularizer against every rule, as subtests: one for each case, and in it one for each
// rule. No cases mean one, of the defaults. It counts allocations: the test that calls it must not be parallel.
func RunRegularizer(t *testing.T, name string, cases ...RegularizerCase) {
	t.Helper()
	subjects, err := regularizers(name, cases)
	if err != nil {
		t.Fatal(err)
	}
	runAll(t, subjects, regularizerRules)
}

// CheckRegularizer is RunRegularizer without a test: it returns what the regularizer breaks, nil when it keeps every rule.
// The error says that there is nothing to check: an unknown name, or a case that does not fit the regularizer.
func CheckRegularizer(name string, cases ...RegularizerCase) ([]*Violation, error) {
	subjects, err := regularizers(name, cases)
	if err != nil {
		return nil, err
	}
	var list []*Violation
	for _, s := range subjects {
		list = append(list, violations(s, regularizerRules, "")...)
	}
	return list, nil
}

// A regularizer is a registered one with one case.
type regularizer struct {
	name   string
	config any
	r      optim.Regularizer[float64]
	r32    optim.Regularizer[float32]
	rates  []float64
}

func (s *regularizer) names() (part, config string) {
	return fmt.Sprintf("regularizer %q", s.name), fmt.Sprintf("%+v", s.config)
}

func regularizers(name string, cases []RegularizerCase) ([]*regularizer, error) {
	defaults, err := optim.Regularizers.DefaultConfig(name)
	if err != nil {
		return nil, fmt.Errorf("optimtest: %w", err)
	}
	if len(cases) == 0 {
		cases = []RegularizerCase{{}}
	}
	var list []*regularizer
	for _, c := range cases {
		if c.Config == nil {
			c.Config = defaults
		}
		if got, want := reflect.TypeOf(c.Config), reflect.TypeOf(defaults); got != want {
			return nil, fmt.Errorf("optimtest: regularizer %q is configured by %v, not by %v", name, want, got)
		}
		part := optim.RegularizerChoice{Name: name, Config: c.Config}.New()
		s := &regularizer{name, c.Config, optim.MakeRegularizer[float64](part), optim.MakeRegularizer[float32](part), nil}
		for _, r := range s.r.Rates() {
			if r.Value.Schedule != nil {
				return nil, fmt.Errorf("optimtest: regularizer %q: %s follows a schedule: the kit needs constants", name, r.Name)
			}
			s.rates = append(s.rates, r.Value.Value)
		}
		list = append(list, s)
	}
	return list, nil
}

var regularizerRules = []rule[*regularizer]{
	{"Gradient", "training follows another penalty than the one that it logs", (*regularizer).gradient},
	{"Rates", "a schedule of the strength does nothing", (*regularizer).followsRates},
	{"KeepsInputs", "the weights and the rates belong to the trainer", (*regularizer).keepsInputs},
	{"Parts", "the term of a model depends on how its parameters are cut", (*regularizer).parts},
	{"Folds", "the penalty acts otherwise where the update folds it in", (*regularizer).folds},
	{"Projects", "a constraint that is met, or a step of no length, changes the weights", (*regularizer).projects},
	{"Rows", "rows of a table that are projected alone are not what the whole would give", (*regularizer).rows},
	{"KeepsNaN", "a broken number is hidden, and training goes on with it", (*regularizer).keepsNaN},
	{"Float32", "a model trains otherwise in the other element type", (*regularizer).float32},
	{"NoAllocs", "the garbage collector runs while training", (*regularizer).noAllocs},
}

// gradient compares with central differences of the penalty. Where the gradient adds nothing, a Projector does the work.
func (s *regularizer) gradient() string {
	w, dw := weights[float64](9), make([]float64, 9)
	for i := range dw {
		dw[i] = float64(10 * i) // AddGradient adds to it
	}
	s.r.AddGradient(w, dw, s.rates)
	_, projects := s.r.(optim.Projector[float64])
	const h = 1e-5
	for i, x := range w {
		w[i] = x + h
		up := s.r.Penalty(w, s.rates)
		w[i] = x - h
		down := s.r.Penalty(w, s.rates)
		w[i] = x
		want := float64(10*i) + (up-down)/(2*h)
		if projects && dw[i] == float64(10*i) {
			continue
		}
		if !(math.Abs(dw[i]-want) < 1e-7*max(1, math.Abs(want))) {
			return fmt.Sprintf("element %d: the gradient is %v, by differences of the penalty %v", i, dw[i], want)
		}
	}
	return ""
}

// followsRates doubles each rate and looks for a difference.
func (s *regularizer) followsRates() string {
	for k, r := range s.r.Rates() {
		if s.rates[k] == 0 {
			continue
		}
		rates := slices.Clone(s.rates)
		rates[k] *= 2
		if slices.Equal(s.effect(rates), s.effect(s.rates)) {
			return fmt.Sprintf("%s makes no difference", r.Name)
		}
	}
	return ""
}

// effect is all that the regularizer does to some weights.
func (s *regularizer) effect(rates []float64) []float64 {
	w, dw := weights[float64](elements), make([]float64, elements)
	tensor.Scale(5, w)
	s.r.AddGradient(w, dw, rates)
	dw = append(dw, s.r.Penalty(w, rates))
	if p, ok := s.r.(optim.Projector[float64]); ok {
		p.Project(w, optim.Projection{Shape: tensor.Shape{elements, 1}, LR: 0.1, Rates: rates})
	}
	return append(dw, w...)
}

func (s *regularizer) keepsInputs() string {
	w, rates := weights[float64](elements), slices.Clone(s.rates)
	inner, whole := guarded(make([]float64, elements))
	s.r.Penalty(w, rates)
	s.r.AddGradient(w, inner, rates)
	if whole[0] != 12345 || whole[elements+1] != 12345 {
		return "it writes beyond the gradient"
	}
	if d := differ("the rates", rates, s.rates); d != "" {
		return d
	}
	return differ("the weights", w, weights[float64](elements))
}

func (s *regularizer) parts() string {
	w := weights[float64](elements)
	whole, parts := s.r.Penalty(w, s.rates), s.r.Penalty(w[:100], s.rates)+s.r.Penalty(w[100:], s.rates)
	if !(math.Abs(whole-parts) <= 1e-12*max(1, math.Abs(whole))) {
		return fmt.Sprintf("the penalty of all is %v, and the sum of those of two parts %v", whole, parts)
	}
	if zero := s.r.Penalty(make([]float64, 3), s.rates); zero != 0 {
		return fmt.Sprintf("the penalty of zeros is %v", zero)
	}
	return ""
}

func (s *regularizer) folds() string {
	var f optim.Fold
	if !optim.AddPenalty(&f, s.r, s.rates) {
		return ""
	}
	w := weights[float64](elements)
	w[3] = 0
	folded, added := gradient(w), gradient(w)
	optim.FoldGradient(folded, w, f)
	s.r.AddGradient(w, added, s.rates)
	return differ("the gradient", folded, added)
}

func (s *regularizer) projects() string {
	p, ok := s.r.(optim.Projector[float64])
	if !ok {
		return ""
	}
	still := optim.Projection{Shape: tensor.Shape{elements, 1}, Rates: s.rates}
	w := weights[float64](elements)
	p.Project(w, still)
	once := slices.Clone(w)
	p.Project(w, still)
	for i := range w {
		if !(math.Abs(w[i]-once[i]) <= 1e-12) {
			return fmt.Sprintf("projected again with learning rate 0, element %d goes from %v to %v", i, once[i], w[i])
		}
	}
	return ""
}

func (s *regularizer) rows() string {
	p, ok := s.r.(optim.Projector[float64])
	if !ok || !p.ByRows() {
		return ""
	}
	whole, apart := weights[float64](tableRows*tableWidth), weights[float64](tableRows*tableWidth)
	tensor.Scale(5, whole)
	tensor.Scale(5, apart)
	p.Project(whole, optim.Projection{Shape: tensor.Shape{tableRows, tableWidth}, LR: 0.1, Rates: s.rates})
	for at := 0; at < len(apart); at += tableWidth {
		p.Project(apart[at:at+tableWidth], optim.Projection{Shape: tensor.Shape{1, tableWidth}, LR: 0.1, Rates: s.rates})
	}
	return differ("the table projected row by row", apart, whole)
}

func (s *regularizer) keepsNaN() string {
	w, dw := []float64{1, math.NaN()}, make([]float64, 2)
	s.r.AddGradient(w, dw, s.rates)
	p, projects := s.r.(optim.Projector[float64])
	if projects {
		p.Project(w, optim.Projection{Shape: tensor.Shape{2}, LR: 0.1, Rates: s.rates})
		if !math.IsNaN(w[1]) {
			return fmt.Sprintf("it takes an element from NaN to %v", w[1])
		}
		return ""
	}
	if !math.IsNaN(dw[1]) || math.IsNaN(dw[0]) {
		return fmt.Sprintf("the gradient for the weights [1 NaN] is %v", dw)
	}
	if penalty := s.r.Penalty(w, s.rates); !math.IsNaN(penalty) {
		return fmt.Sprintf("the penalty of weights with NaN is %v", penalty)
	}
	return ""
}

func (s *regularizer) float32() string {
	w, dw, dw32 := weights[float64](elements), make([]float64, elements), make([]float32, elements)
	w32 := make([]float32, elements)
	for i, x := range w {
		w32[i] = float32(x)
	}
	s.r.AddGradient(w, dw, s.rates)
	s.r32.AddGradient(w32, dw32, s.rates)
	if p, ok := s.r.(optim.Projector[float64]); ok {
		projection := optim.Projection{Shape: tensor.Shape{elements}, LR: 0.1, Rates: s.rates}
		p.Project(w, projection)
		s.r32.(optim.Projector[float32]).Project(w32, projection)
	}
	for i := range w {
		if !(math.Abs(float64(dw32[i])-dw[i]) <= 1e-5) || !(math.Abs(float64(w32[i])-w[i]) <= 1e-5) {
			return fmt.Sprintf("element %d: gradient %v and weight %v in float32, %v and %v in float64", i, dw32[i], w32[i], dw[i], w[i])
		}
	}
	return ""
}

func (s *regularizer) noAllocs() string {
	if raceEnabled {
		return "" // the race detector allocates by itself
	}
	w, dw := weights[float32](elements), make([]float32, elements)
	projection := optim.Projection{Shape: tensor.Shape{elements}, LR: 0.1, Rates: s.rates}
	n := testing.AllocsPerRun(10, func() {
		s.r32.Penalty(w, s.rates)
		s.r32.AddGradient(w, dw, s.rates)
		if p, ok := s.r32.(optim.Projector[float32]); ok {
			p.Project(w, projection)
		}
	})
	if n != 0 {
		return fmt.Sprintf("it allocates %v times", n)
	}
	return ""
}
