package registry

import (
	"fmt"
	"strings"
	"unicode/utf8"

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

// maxListed is how many names a message lists.
const maxListed = 40

// Hint is the remedy: the nearest name, or the list of all.
func (e *UnknownError) Hint() string {
	if near := Nearest(e.Name, e.Known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(e.Known) == 0 {
		return "there is none"
	}
	if n := len(e.Known) - maxListed; n > 0 {
		return fmt.Sprintf("known: %s and %d more", strings.Join(e.Known[:maxListed], ", "), n)
	}
	return "known: " + strings.Join(e.Known, ", ")
}

// Nearest returns the candidate that a person who typed name most likely meant, or "" when none is near: equal but for
// case, '-' and '_'; with two neighbouring letters swapped; within an edit distance of a third of its length (at least
// 1, at most 3) that leaves something of both; or the only one that begins with name.
func Nearest(name string, candidates []string) string {
	if len(name) > maxQuoted {
		return "" // the distance costs the product of both lengths, and no name is that long
	}
	typed := foldName(name)
	best, bestDistance := "", 4
	var begun []string
	for _, c := range candidates {
		folded := foldName(c)
		d := levenshtein.ComputeDistance(typed, folded)
		if isSwap(typed, folded) {
			d = 1
		}
		unlike := d > 0 && d >= max(utf8.RuneCountInString(typed), utf8.RuneCountInString(folded))
		if limit := min(max(len(folded)/3, 1), 3); d <= limit && d < bestDistance && !unlike {
			best, bestDistance = c, d
		}
		if len(typed) >= 3 && strings.HasPrefix(folded, typed) {
			begun = append(begun, c)
		}
	}
	if best == "" && len(begun) == 1 {
		return begun[0]
	}
	return best
}

var wordBreaks = strings.NewReplacer("-", "", "_", "", " ", "")

func foldName(s string) string { return wordBreaks.Replace(strings.ToLower(s)) }

// isSwap reports whether a is b with two neighbouring letters exchanged.
func isSwap(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i+1 < len(a); i++ {
		if a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}
