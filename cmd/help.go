package cmd

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/registry"
)

// usageTemplate is the help of a verb below its description.
const usageTemplate = `Usage:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND [flags]{{else}}{{.UseLine}}{{end}}
{{- if .HasExample}}

Examples:
{{.Example}}{{end}}
{{- $commands := .Commands}}
{{- range $group := .Groups}}

{{.Title}}
{{- range $commands}}
{{- if and (eq .GroupID $group.ID) (or .IsAvailableCommand (eq .Name "help"))}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}
{{- if and .HasAvailableSubCommands (not .Groups)}}

Commands:
{{- range $commands}}
{{- if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}
{{- if .HasAvailableLocalFlags}}

Flags:
{{.Flags.FlagUsagesWrapped 100 | trimTrailingWhitespaces}}{{end}}
{{- if .HasAvailableSubCommands}}

"{{.CommandPath}} COMMAND --help" tells more about a command.{{end}}
`

func (p *program) helpVerb(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Show the help of a command",
		Long:    "Show the help of a command, as its flag --help does.",
		Example: "  strata help train",
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil {
				return err
			}
			if err := p.noSuchVerb(root, rest); err != nil {
				return err
			}
			return c.Help()
		},
	}
}

// noSuchVerb refuses arguments of the root: they are a verb that there is none of.
func (p *program) noSuchVerb(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var known []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			known = append(known, c.Name())
		}
	}
	return usage("%w", &registry.UnknownError{What: "command", Name: args[0], Known: known})
}

var flagName = regexp.MustCompile(`--([a-z][a-z-]*)`)

// suggestFlag adds the nearest flag to an error about an unknown one.
func suggestFlag(c *cobra.Command, err error) error {
	name, unknown := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !unknown {
		return err
	}
	var known []string
	for _, match := range flagName.FindAllStringSubmatch(c.Flags().FlagUsages(), -1) {
		known = append(known, match[1])
	}
	if near := registry.Nearest(name, known); near != "" {
		return fmt.Errorf("%w; did you mean --%s?", err, near)
	}
	return err
}
