package experiment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/strata-ml/strata/registry"
)

// A Diagnostic is one thing that is wrong with an experiment, and where.
type Diagnostic struct {
	File    string // the experiment file; "" where an override is at fault
	Origin  string // "--set seed=x" or "STRATA_SEED=x" where an override is at fault; "" for the file
	Line    int    // in the file or the override, from 1; 0 where the whole file is meant
	Column  int    // in characters, from 1
	Message string // `model: node "fc1": dense: units must be positive, is -1`
	Source  string // the line at fault
	Hint    string // the remedy, "" where the message says it
	Err     error  // what the message comes from, nil where it says all that there is to know
}

// Diagnostics are all the things that are wrong with an experiment, in the order of the text. It is the error of Load
// and Parse.
type Diagnostics struct{ List []Diagnostic }

// maxPrinted bounds what a person is shown: after that many the next run tells the rest.
const maxPrinted = 50

// Error formats every diagnostic with its source line and a caret.
func (d *Diagnostics) Error() string {
	var b strings.Builder
	for i, one := range d.List {
		if i == maxPrinted {
			fmt.Fprintf(&b, "and %d more\n", len(d.List)-i)
			break
		}
		b.WriteString(one.String())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Unwrap returns the errors that messages come from.
func (d *Diagnostics) Unwrap() []error {
	var list []error
	for _, one := range d.List {
		if one.Err != nil {
			list = append(list, one.Err)
		}
	}
	return list
}

// String formats the diagnostic as several lines: the place and the message, the source line, a caret, the remedy.
func (d Diagnostic) String() string {
	var b strings.Builder
	switch {
	case d.Origin != "":
		b.WriteString(shortenLine(d.Origin))
	case d.Line == 0:
		b.WriteString(d.File)
	default:
		fmt.Fprintf(&b, "%s:%d:%d", d.File, d.Line, d.Column)
	}
	fmt.Fprintf(&b, ": %s\n", printable(d.Message))
	if d.Line > 0 {
		number := ""
		if d.Origin == "" {
			number = fmt.Sprint(d.Line)
		}
		line, padding := window(d.Source, d.Column)
		fmt.Fprintf(&b, "%5s | %s\n      | %s^\n", number, line, padding)
	}
	if d.Hint != "" {
		fmt.Fprintf(&b, "      %s\n", printable(d.Hint))
	}
	return b.String()
}

// maxShown is how many characters of a source line are shown.
const maxShown = 120

// window returns the part of a line around a column, and the blanks that put a caret under the column.
func window(line string, column int) (shown, padding string) {
	runes := []rune(line)
	at := min(max(column-1, 0), len(runes))
	if len(runes) > maxShown {
		first := max(0, min(at-maxShown/2, len(runes)-maxShown))
		runes, at = runes[first:first+maxShown], at-first
		if first > 0 {
			runes[0] = '…'
		}
	}
	blanks := make([]rune, at)
	for i := range blanks {
		blanks[i] = ' '
		if runes[i] == '\t' {
			blanks[i] = '\t'
		}
	}
	return printable(string(runes)), string(blanks)
}

// printable replaces control characters, which a terminal would obey, but for tabs and ends of lines.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && r != '\n' && unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

func shortenLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if runes := []rune(s); len(runes) > maxShown {
		s = string(runes[:maxShown]) + "…"
	}
	return printable(s)
}

// A source is one text that values come from. The lines of all sources are counted on from one to the next, so that
// the Line of a node alone says which text it stands in.
type source struct {
	origin string // "" for the file, the whole override otherwise
	name   string // what Origins calls it: the file, "STRATA_SEED", "--set"
	first  int    // the count at line 1
	lines  []string
}

type sources struct {
	file string
	all  []source
}

// add appends a text and returns it with its place in the count.
func (s *sources) add(origin, name, text string) source {
	first := 1
	if n := len(s.all); n > 0 {
		// One line more than there are, because the end of a text is a place too.
		first = s.all[n-1].first + len(s.all[n-1].lines) + 1
	}
	added := source{origin, name, first, strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")}
	s.all = append(s.all, added)
	return added
}

// find returns the source that holds a counted line, and the line in it.
func (s *sources) find(counted int) (source, int) {
	for _, src := range slices.Backward(s.all) {
		if counted >= src.first {
			return src, counted - src.first + 1
		}
	}
	return s.all[0], 0
}

// diagnostics turns problems into diagnostics in the order of the texts. What is wrong with a place that syntax faults
// already is left out: it follows from them.
func (s *sources) diagnostics(syntax, problems []registry.Problem) []Diagnostic {
	type place struct{ line, column int }
	faulty := map[place]bool{}
	for _, p := range syntax {
		faulty[place{p.Node.Line, p.Node.Column}] = true
	}
	sorted := slices.Clone(syntax)
	for _, p := range problems {
		if !faulty[place{p.Node.Line, p.Node.Column}] {
			sorted = append(sorted, p)
		}
	}
	slices.SortStableFunc(sorted, func(a, b registry.Problem) int {
		return cmp.Or(cmp.Compare(a.Node.Line, b.Node.Line), cmp.Compare(a.Node.Column, b.Node.Column))
	})
	var list []Diagnostic
	for _, p := range sorted {
		src, line := s.find(p.Node.Line)
		d := Diagnostic{Origin: src.origin, Line: line, Column: p.Node.Column, Message: p.Message, Hint: p.Hint, Err: p.Err}
		if src.origin == "" {
			d.File = s.file
		}
		if line > 0 && line <= len(src.lines) {
			d.Source = src.lines[line-1]
		}
		list = append(list, d)
	}
	return list
}
