// Package layerstest is the conformance kit of layers: one call checks that a layer keeps the contract of package
// layers, whoever wrote it.
//
//	func TestSwish(t *testing.T) {
//		layerstest.Run(t, "swish", layerstest.Case{
//			Config: SwishConfig{Beta: 1.5},
//			In:     []tensor.Spec{layerstest.Real(7)},
//		})
//	}
//
// Every rule is a subtest. A failure names the rule, the tensor, the index, both values, and what goes wrong in a model
// when the rule is broken. All numbers are drawn from fixed seeds: a failure repeats.
package layerstest

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/tensor"
)

// A Case is one configuration of a layer and the inputs to run it on.
type Case struct {
	Config any           // of the type that the layer registered; nil for its defaults
	In     []tensor.Spec // one for each input, such as Real(7) or Index(50, 5); nil for DefaultInputs
	Range  [2]float64    // where the real inputs lie; [-2, 2] without it. The logarithm needs [0.5, 2]
}

// Real describes an input of real numbers. The shape is that of one row.
func Real(shape ...int) tensor.Spec { return tensor.Spec{Shape: shape} }

// Index describes an input of whole numbers in [0, classes). The shape is that of one row.
func Index(classes int, shape ...int) tensor.Spec { return tensor.Spec{Shape: shape, Classes: classes} }

// DefaultInputs returns the lists of inputs that a case without inputs stands for. Those that the layer's Build refuses
// are left out.
func DefaultInputs() [][]tensor.Spec {
	return [][]tensor.Spec{
		{Real(7)},
		{Real(3, 5)},
		{Real(5, 4, 3)},
		{Real(7), Real(7)},
		{Real(3, 4), Real(4, 5)},
		{Index(11, 5)},
	}
}

// A Violation is a rule that a layer breaks.
type Violation struct {
	Rule   string // "Gradient"
	Layer  string // the registered name
	Case   string // the configuration and the inputs
	Detail string // element type, tensor, index, and both values
	Why    string // what goes wrong in a model
}

func (v *Violation) Error() string {
	return fmt.Sprintf("layer %q breaks the rule %s\n  where: %s\n  what:  %s\n  why:   %s", v.Layer, v.Rule, v.Case, v.Detail, v.Why)
}

// Run checks a registered layer against every rule, as subtests: one for each case, and in it one for each rule.
// No cases mean one: the default configuration on the default inputs.
//
// Run changes GOMAXPROCS for a while and counts allocations: the test that calls it must not be parallel.
func Run(t *testing.T, name string, cases ...Case) {
	t.Helper()
	subjects, err := subjectsOf(name, cases)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range subjects {
		t.Run(s.inputs(), func(t *testing.T) {
			s.eachRule(func(rule string, check func() *Violation) {
				t.Run(rule, func(t *testing.T) {
					if v := check(); v != nil {
						t.Error(v)
					}
				})
			})
		})
	}
}

// Check is Run without a test: it returns what the layer breaks, nil when it keeps every rule. The error says that
// there is nothing to check: an unknown name, or a case that does not fit the layer.
func Check(name string, cases ...Case) ([]*Violation, error) {
	subjects, err := subjectsOf(name, cases)
	if err != nil {
		return nil, err
	}
	var violations []*Violation
	for _, s := range subjects {
		s.eachRule(func(_ string, check func() *Violation) {
			if v := check(); v != nil {
				violations = append(violations, v)
			}
		})
	}
	return violations, nil
}

// Rules returns the names of the rules in the order in which they run.
func Rules() []string {
	var names []string
	for _, r := range rules() {
		names = append(names, r.name)
	}
	return names
}

// A subject is a registered layer with one case.
type subject struct {
	name   string
	config any
	in     []tensor.Spec
	low    float64 // real inputs lie in [low, high]
	high   float64
	rows   int // of an ordinary batch
	probes int // elements of each tensor that a rule perturbs one by one
}

func subjectsOf(name string, cases []Case) ([]*subject, error) {
	defaults, err := layers.Registry.DefaultConfig(name)
	if err != nil {
		return nil, fmt.Errorf("layerstest: %w", err)
	}
	if len(cases) == 0 {
		cases = []Case{{}}
	}
	var subjects []*subject
	for _, c := range cases {
		if c.Config == nil {
			c.Config = defaults
		}
		if got, want := reflect.TypeOf(c.Config), reflect.TypeOf(defaults); got != want {
			return nil, fmt.Errorf("layerstest: layer %q is configured by %v, not by %v", name, want, got)
		}
		if c.Range == [2]float64{} {
			c.Range = [2]float64{-2, 2}
		}
		s := &subject{name: name, config: c.Config, in: c.In, low: c.Range[0], high: c.Range[1], rows: 5, probes: 100}
		if len(c.In) > 0 {
			subjects = append(subjects, s)
			continue
		}
		found := s.onDefaultInputs()
		if len(found) == 0 {
			return nil, fmt.Errorf("layerstest: layer %q with configuration %+v builds on none of DefaultInputs: say in Case.In what it takes", name, c.Config)
		}
		subjects = append(subjects, found...)
	}
	return subjects, nil
}

// onDefaultInputs returns the subject on those of DefaultInputs that it builds on.
func (s *subject) onDefaultInputs() []*subject {
	var found []*subject
	for _, in := range DefaultInputs() {
		if _, err := newHarness[float64](s.with(in)); err == nil {
			found = append(found, s.with(in))
		}
	}
	return found
}

// part makes the layer's part anew.
func (s *subject) part() (layers.Part, error) {
	return layers.Registry.Build(s.name, func(c any) { reflect.ValueOf(c).Elem().Set(reflect.ValueOf(s.config)) })
}

// with returns the subject on other inputs.
func (s *subject) with(in []tensor.Spec) *subject {
	other := *s
	other.in = in
	return &other
}

// inputs formats the inputs, as in "[7],[5]<11".
func (s *subject) inputs() string {
	var parts []string
	for _, spec := range s.in {
		if spec.IsIndex() {
			parts = append(parts, fmt.Sprintf("%v<%d", spec.Shape, spec.Classes))
		} else {
			parts = append(parts, spec.Shape.String())
		}
	}
	if len(parts) == 0 {
		return "no inputs"
	}
	return strings.Join(parts, ",")
}

func (s *subject) String() string {
	config := fmt.Sprintf("%T%+v", s.config, s.config)
	config = strings.Replace(strings.Replace(config, "{_:{}}", "{}", 1), "{_:{} ", "{", 1) // the field that holds the doc
	return fmt.Sprintf("%s on %s, %d rows", config, s.inputs(), s.rows)
}

// eachRule calls visit for every rule in turn. A layer that does not build is visited no further, and the last rules
// are left out where another one is broken.
func (s *subject) eachRule(visit func(rule string, check func() *Violation)) {
	broken := false
	for _, r := range rules() {
		if broken && r.last {
			return
		}
		visit(r.name, func() *Violation {
			v := r.apply(s)
			broken = broken || v != nil
			return v
		})
		if broken && r.name == buildRule {
			return
		}
	}
}
