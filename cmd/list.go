package cmd

import (
	"fmt"

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
  strata list optimizer
  strata describe optimizer adam`,
		Args:              arguments(0, 1, "KIND"),
		ValidArgsFunction: completeKinds,
		RunE: func(_ *cobra.Command, args []string) error {
			kinds := registry.Kinds()
			if len(args) == 1 {
				k, err := registry.FindKind(args[0])
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
	t := table{align: "ll"}
	for _, name := range k.Names() {
		d, err := k.Describe(name)
		if err != nil {
			return err
		}
		t.add("  "+name, d.Doc)
	}
	t.write(p.stdout)
	return nil
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
