// Package losstest is the conformance kit of losses: one call checks that a loss keeps the contract of package loss,
// whoever wrote it.
//
//	func TestQuantile(t *testing.T) {
//		losstest.Run(t, "quantile", losstest.Case{
//			Config: QuantileConfig{Tau: 0.9},
//			Pred:   tensor.Shape{3},
//			Target: losstest.Numbers(3),
//		})
//	}
//
// Every rule is a subtest. A failure names the rule, the index, both values, and what goes wrong in training when the
// rule is broken. All numbers are drawn from fixed seeds: a failure repeats.
package losstest

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/tensor"
)

// A Case is one configuration of a loss and what it scores.
type Case struct {
	Config any          // of the type that the loss registered; nil for its defaults
	Pred   tensor.Shape // of one row of predictions
	Target tensor.Spec  // such as Numbers(3) or Classes(10)

	// Range is where the predictions lie; [-2, 2] without it. Log-probabilities need [-4, 0].
	Range [2]float64
	// Values are what targets that are numbers are drawn from, such as -1 and 1; numbers in [0, 1) without them.
	Values []float64
}

// Numbers describes targets of real numbers. The shape is that of one row.
func Numbers(shape ...int) tensor.Spec { return tensor.Spec{Shape: shape} }

// Classes describes targets that are one of n classes. The shape is that of one row.
func Classes(n int, shape ...int) tensor.Spec { return tensor.Spec{Shape: shape, Classes: n} }

// A Violation is a rule that a loss breaks.
type Violation struct {
	Rule   string // "Gradient"
	Loss   string // the registered name
	Case   string // the configuration, the predictions and the targets
	Detail string // element type, index, and both values
	Why    string // what goes wrong in training
}

func (v *Violation) Error() string {
	return fmt.Sprintf("loss %q breaks the rule %s\n  where: %s\n  what:  %s\n  why:   %s", v.Loss, v.Rule, v.Case, v.Detail, v.Why)
}

// Run checks a registered loss against every rule, as subtests: one for each case, and in it one for each rule.
//
// Run counts allocations: the test that calls it must not be parallel.
func Run(t *testing.T, name string, cases ...Case) {
	t.Helper()
	subjects, err := subjectsOf(name, cases)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range subjects {
		t.Run(s.shapes(), func(t *testing.T) {
			for _, r := range rules() {
				t.Run(r.name, func(t *testing.T) {
					if v := r.apply(s); v != nil {
						t.Error(v)
					}
				})
			}
		})
	}
}

// Check is Run without a test: it returns what the loss breaks, nil when it keeps every rule. The error says that there
// is nothing to check: an unknown name, or a case that does not fit the loss.
func Check(name string, cases ...Case) ([]*Violation, error) {
	subjects, err := subjectsOf(name, cases)
	if err != nil {
		return nil, err
	}
	var violations []*Violation
	for _, s := range subjects {
		for _, r := range rules() {
			if v := r.apply(s); v != nil {
				violations = append(violations, v)
			}
		}
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

// A subject is a registered loss with one case.
type subject struct {
	Case
	name string
	rows int
}

func subjectsOf(name string, cases []Case) ([]*subject, error) {
	defaults, err := loss.Registry.DefaultConfig(name)
	if err != nil {
		return nil, fmt.Errorf("losstest: %w", err)
	}
	if len(cases) == 0 {
		return nil, fmt.Errorf("losstest: loss %q has no case: say what it scores", name)
	}
	var subjects []*subject
	for _, c := range cases {
		if c.Config == nil {
			c.Config = defaults
		}
		if got, want := reflect.TypeOf(c.Config), reflect.TypeOf(defaults); got != want {
			return nil, fmt.Errorf("losstest: loss %q is configured by %v, not by %v", name, want, got)
		}
		if c.Range == [2]float64{} {
			c.Range = [2]float64{-2, 2}
		}
		s := &subject{Case: c, name: name, rows: 5}
		if _, err := newHarness[float64](s); err != nil {
			return nil, fmt.Errorf("losstest: loss %q does not build on %s: %w", name, s, err)
		}
		subjects = append(subjects, s)
	}
	return subjects, nil
}

// part makes the loss's part anew.
func (s *subject) part() (loss.Part, error) {
	return loss.Registry.Build(s.name, func(c any) { reflect.ValueOf(c).Elem().Set(reflect.ValueOf(s.Config)) })
}

// shapes formats what is scored, as in "[4] against [2]<10".
func (s *subject) shapes() string {
	target := s.Target.Shape.String()
	if s.Target.IsIndex() {
		target += fmt.Sprintf("<%d", s.Target.Classes)
	}
	return fmt.Sprintf("%v against %s", s.Pred, target)
}

func (s *subject) String() string {
	config := fmt.Sprintf("%T%+v", s.Config, s.Config)
	config = strings.Replace(strings.Replace(config, "{_:{}}", "{}", 1), "{_:{} ", "{", 1) // the field that holds the doc
	return fmt.Sprintf("%s on %s, %d rows", config, s.shapes(), s.rows)
}
