package registry

import "fmt"

// A Class says whether the value of a key may change in the course of a run: whether a run that continues at a
// checkpoint may have another value than the one that it began with.
type Class string

const (
	// Frozen keys keep their values: the shapes of what a run has learned follow from them, or what it has computed means
	// something else with another value.
	Frozen Class = "frozen"
	// Extend keys say how long a run goes on, and what it shows and keeps. They may change at any time.
	Extend Class = "extend"
	// Override keys say how the steps to come are computed. A change of one is declared, and recorded in the history.
	Override Class = "override"
)

// parseClass reads the tag class:"…".
func parseClass(tag string) (Class, error) {
	switch c := Class(tag); c {
	case "", Frozen, Extend, Override:
		return c, nil
	}
	return "", fmt.Errorf("unknown class %q: it is one of %s, %s and %s", tag, Frozen, Extend, Override)
}

// or returns the class, or another where there is none.
func (c Class) or(other Class) Class {
	if c == "" {
		return other
	}
	return c
}
