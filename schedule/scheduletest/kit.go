// Package scheduletest checks that a schedule keeps its contract: a schedule of another module calls Run, which the
// built-in ones pass too.
//
// The rules:
//
//	Pure         the same progress gives the same bits, in any order and from several goroutines
//	Bounded      each value is finite and not negative: at 0, in the course of a run, beyond its end, and in a run
//	             without one
//	Monotone     the value does not fall where the case says that it rises, and the other way round
//	Units        epochs of one step are the same as steps, and steps per epoch change nothing but the scale of time
//	Evaluations  only a schedule.Watcher depends on evaluations, and only on those that it names
package scheduletest

import (
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/schedule"
)

// A Case is one configuration of a schedule, and what is known of it.
type Case struct {
	Config any    // of the part that is tested; nil for its defaults
	Rises  []Span // where the value does not fall
	Falls  []Span // where the value does not rise
}

// A Span is the part of a run between two times, both within it, in the unit of the schedule.
type Span struct{ From, To int64 }

// The run that the rules look at.
const (
	stepsPerEpoch = 10
	epochs        = 60
)

// A T reports what is wrong; it is a *testing.T.
type T interface {
	Helper()
	Errorf(format string, args ...any)
}

// Run checks the schedule of a name in each of the cases, as subtests.
func Run(t *testing.T, name string, cases ...Case) {
	t.Helper()
	for i, c := range cases {
		t.Run(fmt.Sprintf("%s/%d", name, i), func(t *testing.T) { Check(t, name, c) })
	}
}

// Check checks the schedule of a name in one case.
func Check(t T, name string, c Case) {
	t.Helper()
	s, err := build(name, c.Config, "")
	if err != nil {
		t.Errorf("the case is no configuration of %s: %v", name, err)
		return
	}
	k := kit{t, name, s}
	k.pure()
	k.bounded()
	k.evaluations()
	k.units(c.Config)
	unit := int64(stepsPerEpoch)
	if unitOf(c.Config) == "step" {
		unit = 1
	}
	for _, span := range c.Rises {
		k.monotone("falls", span, unit, func(before, after float64) bool { return after < before })
	}
	for _, span := range c.Falls {
		k.monotone("rises", span, unit, func(before, after float64) bool { return after > before })
	}
}

// build makes a schedule whose lengths count a unit; "" for that of the configuration.
func build(name string, config any, unit string) (schedule.Schedule, error) {
	return schedule.Registry.Build(name, func(target any) {
		if config != nil {
			set(target, config)
		}
		if field, ok := unitField(target); ok && unit != "" {
			field.SetString(unit)
		}
	})
}

// kit is one schedule while it is checked.
type kit struct {
	t    T
	name string
	s    schedule.Schedule
}

func (k kit) fail(rule, format string, args ...any) {
	k.t.Helper()
	k.t.Errorf("schedule %q breaks the rule %s: %s", k.name, rule, fmt.Sprintf(format, args...))
}

// at returns the progress of the run at a step, with the evaluations that there were by then.
func at(step int64) schedule.Progress {
	return schedule.Progress{Step: step, StepsPerEpoch: stepsPerEpoch, Steps: epochs * stepsPerEpoch, Evaluations: recorded}
}

var recorded = evaluations(1)

// watched are the scores that a schedule under test may watch.
var watched = []string{"loss", "accuracy"}

// evaluations are those of a run in which nothing improves after the tenth epoch: one for each epoch, of so many steps
// times scale.
func evaluations(scale int64) map[string]schedule.Evaluations {
	all := map[string]schedule.Evaluations{}
	for _, name := range watched {
		e := schedule.Evaluations{HigherIsBetter: name != "loss"}
		for epoch := range int64(epochs) {
			v := 1 / float64(1+min(epoch, 10))
			if e.HigherIsBetter {
				v = 1 - v
			}
			e.Steps, e.Values = append(e.Steps, (epoch+1)*stepsPerEpoch*scale), append(e.Values, v)
		}
		all[name] = e
	}
	return all
}

func same(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }

func (k kit) pure() {
	const last = epochs * stepsPerEpoch
	first := make([]float64, last+1)
	for i := range first {
		first[i] = k.s.At(at(int64(i)))
	}
	var group sync.WaitGroup
	differs := make([]int64, 2)
	for g := range differs {
		differs[g] = -1
		group.Go(func() {
			for i := int64(last); i >= 0; i-- {
				if !same(k.s.At(at(i)), first[i]) {
					differs[g] = i
				}
			}
		})
	}
	group.Wait()
	for _, i := range differs {
		if i >= 0 {
			k.fail("Pure", "at step %d it is %v, and was %v before other steps were asked for: it remembers something", i, k.s.At(at(i)), first[i])
			return
		}
	}
}

func (k kit) bounded() {
	steps := []int64{1e4, 1e6, 1e9, 1e12}
	for i := range int64(2 * epochs * stepsPerEpoch) {
		steps = append(steps, i)
	}
	for _, step := range steps {
		open := at(step)
		open.Steps = 0
		for _, p := range []schedule.Progress{at(step), open} {
			if v := k.s.At(p); math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
				k.fail("Bounded", "it is %v at step %d of %d", v, p.Step, p.Steps)
				return
			}
		}
	}
}

func (k kit) monotone(word string, span Span, unit int64, wrong func(before, after float64) bool) {
	for step := span.From * unit; step < span.To*unit; step++ {
		before, after := k.s.At(at(step)), k.s.At(at(step+1))
		if wrong(before, after) {
			k.fail("Monotone", "it %s from %v at step %d to %v at the next", word, before, step, after)
			return
		}
	}
}

// closeTo reports whether two values differ by rounding alone.
func closeTo(a, b float64) bool { return math.Abs(a-b) <= 1e-12*max(math.Abs(a), math.Abs(b)) }

func (k kit) units(config any) {
	inEpochs, err := build(k.name, config, "epoch")
	if err != nil {
		return // reported before
	}
	inSteps, _ := build(k.name, config, "step")
	longer := map[int64]map[string]schedule.Evaluations{3: evaluations(3), 39: evaluations(39)}
	for i := range int64(2 * epochs) {
		one := schedule.Progress{Step: i, StepsPerEpoch: 1, Steps: epochs, Evaluations: recorded}
		if a, b := inEpochs.At(one), inSteps.At(one); !closeTo(a, b) {
			k.fail("Units", "with one step per epoch it is %v at epoch %d and %v at step %d", a, i, b, i)
			return
		}
		for scale, e := range longer {
			p := at(i * stepsPerEpoch)
			p.Step, p.StepsPerEpoch, p.Steps, p.Evaluations = p.Step*scale, p.StepsPerEpoch*scale, p.Steps*scale, e
			if a, b := inEpochs.At(at(i*stepsPerEpoch)), inEpochs.At(p); !closeTo(a, b) {
				k.fail("Units", "after %d epochs it is %v with %d steps per epoch and %v with %d", i, a, stepsPerEpoch, b, p.StepsPerEpoch)
				return
			}
		}
	}
}

func (k kit) evaluations() {
	reads := map[string]bool{}
	for _, name := range schedule.WatchedBy(k.s) {
		reads[name] = true
	}
	for i := range int64(epochs * stepsPerEpoch) {
		p := at(i)
		p.Evaluations = map[string]schedule.Evaluations{}
		for _, name := range watched {
			if reads[name] {
				p.Evaluations[name] = recorded[name]
			}
		}
		if a, b := k.s.At(at(i)), k.s.At(p); !same(a, b) {
			k.fail("Evaluations", "at step %d it is %v, and %v without the scores that its Watches does not name", i, a, b)
			return
		}
		late := at(i)
		late.Evaluations = map[string]schedule.Evaluations{}
		for name, e := range recorded {
			n := i / stepsPerEpoch
			late.Evaluations[name] = schedule.Evaluations{HigherIsBetter: e.HigherIsBetter, Steps: e.Steps[:n], Values: e.Values[:n]}
		}
		if a, b := k.s.At(at(i)), k.s.At(late); !same(a, b) {
			k.fail("Evaluations", "at step %d it is %v, and %v without the evaluations that come later", i, a, b)
			return
		}
	}
}

// unitOf returns the unit that a configuration names, "" where it has none.
func unitOf(config any) string {
	if config == nil {
		return ""
	}
	field, ok := unitField(config)
	if !ok {
		return ""
	}
	return field.String()
}

// configOf returns the defaults of a schedule, changed.
func configOf[C any](change func(c *C)) any {
	c := registry.Defaults[C]()
	change(&c)
	return c
}
