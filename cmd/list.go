package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/registry"
)

func (p *program) listVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "list [KIND]",
		Short: "List the parts that experiments are made of",
		Long: `List the parts that this binary knows, by kind: layers, losses, optimizers and the
rest, with those of your own. Describe shows the settings of one.`,
		Example: `  strata list
  strata list layers
  strata describe optimizer adam`,
		Args:              arguments(0, 1, "KIND"),
		ValidArgsFunction: completeKinds,
		RunE: func(_ *cobra.Command, args []string) error {
			kinds := registry.Kinds()
			if len(args) == 1 {
				k, err := findKind(args[0])
				if err != nil {
					return usage("%w", err)
				}
				kinds = []registry.Kind{k}
			}
			for i, k := range kinds {
				if i > 0 {
					fmt.Fprintln(p.stdout)
				}
				if err := p.printKind(k); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (p *program) printKind(k registry.Kind) error {
	fmt.Fprintf(p.stdout, "%s\n", k.Kind())
	width := 0
	for _, name := range k.Names() {
		width = max(width, len(name))
	}
	for _, name := range k.Names() {
		d, err := k.Describe(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "  %-*s  %s\n", width, name, wrap(d.Doc, width+4))
	}
	return nil
}

// findKind returns the registry of a kind. The plural will do, and so will the beginning of a name: data for data
// source.
func findKind(name string) (registry.Kind, error) {
	k, err := registry.FindKind(name)
	if err == nil {
		return k, nil
	}
	var found []registry.Kind
	for _, k := range registry.Kinds() {
		if strings.HasPrefix(k.Kind(), name) || name == k.Kind()+"s" {
			found = append(found, k)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	return nil, err
}

// completeKinds completes the name of a kind for a shell.
func completeKinds(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, k := range registry.Kinds() {
		names = append(names, k.Kind())
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
