package registry

import (
	"fmt"
	"reflect"
)

// A Choice is a configuration field that names a part: `he_normal`, or `{type: he_normal, gain: 2}`. The zero Choice
// names nothing.
type Choice[E any] struct {
	Name   string
	Config any // a configuration of the part, nil for its defaults
}

// Choose returns the choice of a part with its default configuration.
func Choose[E any](name string) Choice[E] { return Choice[E]{Name: name} }

// IsZero reports whether nothing was chosen.
func (c Choice[E]) IsZero() bool { return c.Name == "" }

// New builds the part. It panics where Check has an error about the name; decoding has checked it.
func (c Choice[E]) New() E { return c.buildAny().(E) }

// Settings returns the configuration of the chosen part: its defaults where the choice gives none.
func (c Choice[E]) Settings() (any, error) {
	if c.Config != nil {
		return c.Config, nil
	}
	return c.kind().DefaultConfig(c.Name)
}

// Or returns the choice, or the named part where nothing was chosen.
func (c Choice[E]) Or(name string) Choice[E] {
	if c.IsZero() {
		return Choose[E](name)
	}
	return c
}

// String formats the choice as its name.
func (c Choice[E]) String() string { return c.Name }

func (c Choice[E]) buildAny() any { return c.kind().buildAny(c.Name, c.Config) }

func (c Choice[E]) chosen() (string, any) { return c.Name, c.Config }

func (c *Choice[E]) choose(name string, config any) { c.Name, c.Config = name, config }

func (Choice[E]) kind() Kind {
	kindsMu.RLock()
	defer kindsMu.RUnlock()
	k := kindByType[reflect.TypeFor[E]()]
	if k == nil {
		panic(fmt.Sprintf("registry: no registry makes %v", reflect.TypeFor[E]()))
	}
	return k
}

// anyChoice is a *Choice[E] seen without E.
type anyChoice interface {
	kind() Kind
	chosen() (name string, config any)
	choose(name string, config any)
}

// ScheduleKind is the kind of the parts that a Number may name.
const ScheduleKind = "schedule"

// A Number is a configuration field that holds a constant or names a schedule: `0.1`, or
// `{type: step, start: 0.1, every: 5}`.
type Number struct {
	Value    float64 // the constant, where there is no schedule
	Schedule Builder // nil for a constant
}

// A Builder makes the part that a Number names. Choices are builders.
type Builder interface{ buildAny() any }

type built struct{ part any }

func (b built) buildAny() any { return b.part }

// Const returns the Number that is always v.
func Const(v float64) Number { return Number{Value: v} }

// Scheduled returns the Number that follows a schedule, an element of the registry of ScheduleKind. This package does
// not know that type: programs call schedule.Number, which takes no other.
func Scheduled(schedule any) Number { return Number{Schedule: built{schedule}} }

// Build makes the schedule; it returns nil for a constant.
func (n Number) Build() any {
	if n.Schedule == nil {
		return nil
	}
	return n.Schedule.buildAny()
}

// String formats the constant, or the name of the schedule.
func (n Number) String() string {
	if n.Schedule == nil {
		return formatFloat(n.Value)
	}
	if c, ok := n.Schedule.(selection); ok {
		return c.name
	}
	return fmt.Sprintf("%T", n.Schedule.buildAny())
}

// A selection is the choice of a part whose kind is known only by name.
type selection struct {
	from   Kind
	name   string
	config any
}

func (s selection) buildAny() any { return s.from.buildAny(s.name, s.config) }
