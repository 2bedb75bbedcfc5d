package cmd

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/experiment"
)

func (p *program) showVerb() *cobra.Command {
	var set []string
	c := &cobra.Command{
		Use:   "show FILE [flags]",
		Short: "Show an experiment with every default, and where each value comes from",
		Long: `Show an experiment as it would train: YAML with every default written out, and
beside each value where it comes from. No data file is read.`,
		Example: `  strata show digits.yaml
  STRATA_SEED=7 strata show digits.yaml --set optimizer.lr=0.01`,
		Args: arguments(1, 1, "FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			e, err := experiment.Load(args[0], experiment.Options{Set: set, Env: p.env, SkipData: true})
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(p.stdout, annotate(string(e.Resolved()), e.Origins()))
			return err
		},
	}
	addSetFlag(c, &set)
	return c
}

// annotate writes the origin of each value beside it, as comments in one column. Both the text and the origins are in
// the order of the experiment.
func annotate(resolved string, origins []experiment.Origin) string {
	lines := strings.Split(strings.TrimSuffix(resolved, "\n"), "\n")
	comments := make([]string, len(lines))
	width := 0
	for i, line := range lines {
		n := held(line, origins)
		if n == 0 {
			continue
		}
		var from []string
		for _, o := range origins[:n] {
			from = append(from, o.From)
		}
		comments[i] = "# " + strings.Join(slices.Compact(from), ", ")
		origins = origins[n:]
		width = max(width, utf8.RuneCountInString(line))
	}
	var b strings.Builder
	for i, line := range lines {
		b.WriteString(line)
		if comments[i] != "" {
			b.WriteString(strings.Repeat(" ", width-utf8.RuneCountInString(line)+2) + comments[i])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// held returns how many of the next values a line of YAML holds: none of `model:`, one of `units: 64`, and all of a list
// as in `missing: [NA, "?"]`, whose items go by their numbers.
func held(line string, next []experiment.Origin) int {
	key, value, ok := strings.Cut(strings.TrimLeft(line, " -"), ":")
	if !ok || strings.TrimSpace(value) == "" || len(next) == 0 {
		return 0
	}
	if lastOf(next[0].Path) == key {
		return 1
	}
	list, _ := cutLast(next[0].Path)
	if lastOf(list) != key {
		return 0
	}
	n := 0
	for n < len(next) && strings.HasPrefix(next[n].Path, list+".") {
		n++
	}
	return n
}

// cutLast splits a dotted path before its last key.
func cutLast(path string) (before, last string) {
	i := strings.LastIndexByte(path, '.')
	return path[:max(i, 0)], path[i+1:]
}

func lastOf(path string) string {
	_, last := cutLast(path)
	return last
}
