// Package optimtest is the conformance kit of optimizers and regularizers: one call checks that one keeps the contract of
// package optim, whoever wrote it.
//
//	func TestSign(t *testing.T) {
//		optimtest.Run(t, "sign", optimtest.Case{Config: SignConfig{LR: registry.Const(0.1)}})
//	}
//
// Every rule is a subtest. A failure names the rule, the element, both values, and what goes wrong in a run when the rule is
// broken. All numbers are drawn from fixed seeds: a failure repeats.
package optimtest

import (
	"fmt"
	"testing"
)

// A Violation is a rule that an optimizer or a regularizer breaks.
type Violation struct {
	Rule   string // "Restores"
	Part   string // `optimizer "adam"`
	Case   string // the configuration
	Detail string // the element and both values
	Why    string // what goes wrong in a run
}

func (v *Violation) Error() string {
	return fmt.Sprintf("%s breaks the rule %s\n  where: %s\n  what:  %s\n  why:   %s", v.Part, v.Rule, v.Case, v.Detail, v.Why)
}

// A rule checks one promise of a subject. check returns what is wrong, "" for nothing.
type rule[S any] struct {
	name  string
	why   string
	check func(s S) string
}

// A subject is a part with one configuration.
type subject interface{ names() (part, config string) }

// violations checks rules, all of them or, where only is not "", the one of that name.
func violations[S subject](s S, rules []rule[S], only string) []*Violation {
	var list []*Violation
	for _, r := range rules {
		if only != "" && r.name != only {
			continue
		}
		if detail := attempt(func() string { return r.check(s) }); detail != "" {
			part, config := s.names()
			list = append(list, &Violation{Rule: r.name, Part: part, Case: config, Detail: detail, Why: r.why})
		}
	}
	return list
}

// attempt turns a panic of the part into what is wrong.
func attempt(check func() string) (detail string) {
	defer func() {
		if p := recover(); p != nil {
			detail = fmt.Sprint("it panics: ", p)
		}
	}()
	return check()
}

// runAll checks every rule of every subject, as subtests.
func runAll[S subject](t *testing.T, subjects []S, rules []rule[S]) {
	t.Helper()
	for _, s := range subjects {
		_, config := s.names()
		t.Run(config, func(t *testing.T) {
			for _, r := range rules {
				t.Run(r.name, func(t *testing.T) {
					for _, v := range violations(s, rules, r.name) {
						t.Error(v)
					}
				})
			}
		})
	}
}
