package cmd

import (
	"fmt"
	"strconv"
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
		if len(origins) > 0 && holds(line, origins[0].Path) {
			comments[i] = "# " + origins[0].From
			origins = origins[1:]
			width = max(width, utf8.RuneCountInString(line))
		}
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

// holds reports whether a line of YAML holds the value of a path: `units: 64` for model.fc1.units, and `- accuracy`
// for an item of a list, whose path ends in a number.
func holds(line, path string) bool {
	key := path[strings.LastIndexByte(path, '.')+1:]
	text := strings.TrimLeft(line, " ")
	if _, err := strconv.Atoi(key); err == nil {
		return strings.HasPrefix(text, "- ")
	}
	for strings.HasPrefix(text, "- ") {
		text = text[2:]
	}
	value, ok := strings.CutPrefix(text, key+":")
	return ok && strings.TrimSpace(value) != ""
}
