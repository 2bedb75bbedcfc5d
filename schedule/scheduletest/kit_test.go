package scheduletest_test

import (
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/strata-ml/strata/schedule"
	"github.com/strata-ml/strata/schedule/scheduletest"
)

// TestRegistered runs the kit over every registered schedule.
func TestRegistered(t *testing.T) {
	examples := scheduletest.Examples()
	for _, name := range schedule.Registry.Names() {
		if strings.HasPrefix(name, "test_") {
			continue
		}
		if len(examples[name]) == 0 {
			t.Errorf("schedule %s has no case: give it one", name)
		}
		scheduletest.Run(t, name, examples[name]...)
	}
}

// A flaw is a schedule that breaks a rule.
type flaw func(p schedule.Progress) float64

func (f flaw) At(p schedule.Progress) float64 { return f(p) }

// A flawConfig says which flaw it is, and has a unit as the built-in schedules do.
type flawConfig struct {
	_    struct{} `doc:"breaks a rule"`
	Rule string   `doc:"the rule"`
	Unit string   `doc:"epoch or step" is:"one of epoch|step"`
}

func init() {
	schedule.Register("test_flaw", flawConfig{Unit: "epoch"}, func(c flawConfig) schedule.Schedule { return flawOf(c) })
}

func flawOf(c flawConfig) flaw {
	var calls atomic.Int64 // the race detector has its own say about a plain number
	switch c.Rule {
	case "Pure":
		return func(schedule.Progress) float64 { return float64(calls.Add(1)) }
	case "Bounded":
		return func(p schedule.Progress) float64 { return 1 - float64(p.Step)/float64(p.Steps) } // 0/0, and below 0 at the end
	case "Monotone":
		return func(p schedule.Progress) float64 { return 2 + math.Sin(p.Epoch()) }
	case "Units":
		return func(p schedule.Progress) float64 { return float64(p.Step) } // whatever the unit is
	case "Evaluations":
		return func(p schedule.Progress) float64 { return float64(len(p.Evaluations["loss"].Values)) }
	}
	return func(p schedule.Progress) float64 { return 1 }
}

// A recorder takes what the kit reports.
type recorder struct{ reports []string }

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.reports = append(r.reports, fmt.Sprintf(format, args...))
}

// TestKitFindsFlaws shows that each rule refuses what it should.
func TestKitFindsFlaws(t *testing.T) {
	for _, rule := range []string{"", "Pure", "Bounded", "Monotone", "Units", "Evaluations"} {
		r := &recorder{}
		c := scheduletest.Case{Config: flawConfig{Rule: rule, Unit: "epoch"}}
		if rule == "Monotone" {
			c.Falls = []scheduletest.Span{{From: 0, To: 20}}
		}
		scheduletest.Check(r, "test_flaw", c)
		if rule == "" {
			if len(r.reports) > 0 {
				t.Errorf("a good schedule: %q", r.reports)
			}
			continue
		}
		if want := `schedule "test_flaw" breaks the rule ` + rule; !strings.Contains(strings.Join(r.reports, "\n"), want) {
			t.Errorf("%s: reports %q", rule, r.reports)
		}
	}
}

func TestKitRefusesAWrongCase(t *testing.T) {
	r := &recorder{}
	scheduletest.Check(r, "constant", scheduletest.Case{Config: schedule.ConstantConfig{Value: -1}})
	if len(r.reports) != 1 || !strings.Contains(r.reports[0], "value must not be negative") {
		t.Errorf("reports %q", r.reports)
	}
}
