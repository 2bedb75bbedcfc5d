package registry

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// An UnknownError is a name that no part, key or kind has.
type UnknownError struct {
	What  string // "layer", "key", …
	Name  string
	Known []string
}

// Error implements error: the name and the suggestion, or the names there are.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("unknown %s %q; %s", e.What, e.Name, e.Hint())
}

// Hint is the remedy: the nearest name, or the list of all.
func (e *UnknownError) Hint() string {
	if near := Nearest(e.Name, e.Known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(e.Known) == 0 {
		return "there is none"
	}
	return "known: " + strings.Join(e.Known, ", ")
}

// Nearest returns the candidate that a person who typed name most likely meant, or "" when none is near: equal but for
// case, '-' and '_', or within an edit distance of a third of its length (at least 1, at most 3).
func Nearest(name string, candidates []string) string {
	if len(name) > maxQuoted {
		return "" // the distance costs the product of both lengths, and no name is that long
	}
	fold := func(s string) string {
		return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
	}
	best, bestDistance := "", 4
	for _, c := range candidates {
		a, b := fold(name), fold(c)
		d := levenshtein.ComputeDistance(a, b)
		if limit := min(max(len(b)/3, 1), 3); d <= limit && d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}
