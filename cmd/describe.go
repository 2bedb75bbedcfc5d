package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/registry"
)

// experimentName is what describe takes for the keys of the experiment file itself.
const experimentName = "experiment"

func (p *program) describeVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "describe [KIND] NAME",
		Short: "Describe a part and its settings",
		Long: `Describe a part: what it does, the keys that set it with their defaults, and the
module that it comes from. KIND may be left out where the name is that of one part
only. The name experiment stands for the file as a whole.`,
		Example: `  strata describe layer dense
  strata describe adam
  strata describe experiment`,
		Args:              arguments(1, 2, "NAME, or KIND and NAME,"),
		ValidArgsFunction: completeParts,
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := findPart(args)
			if err != nil {
				return usage("%w", err)
			}
			p.printDescription(d)
			return nil
		},
	}
}

// findPart returns the description of the part that the arguments name: a kind and a name, or a name alone.
func findPart(args []string) (registry.Description, error) {
	if len(args) == 2 {
		k, err := registry.FindKind(args[0])
		if err != nil {
			return registry.Description{}, err
		}
		return k.Describe(args[1])
	}
	name := args[0]
	if name == experimentName {
		d := registry.DescribeConfig(experiment.DefaultConfig())
		d.Name, d.Doc = name, "the keys of an experiment file"
		return d, nil
	}
	var kinds, all []string
	var found registry.Description
	for _, k := range registry.Kinds() {
		all = append(all, k.Names()...)
		if !slices.Contains(k.Names(), name) {
			continue
		}
		var err error
		if found, err = k.Describe(name); err != nil {
			return registry.Description{}, err
		}
		kinds = append(kinds, k.Kind())
	}
	switch len(kinds) {
	case 0:
		if k, err := registry.FindKind(name); err == nil {
			return registry.Description{}, fmt.Errorf("%s is a kind; name one of its parts: %s", name, strings.Join(k.Names(), ", "))
		}
		slices.Sort(all)
		return registry.Description{}, unknownPart(name, slices.Compact(all))
	case 1:
		return found, nil
	}
	return registry.Description{}, fmt.Errorf("%s is the name of several parts; say which: %s %s", name, strings.Join(kinds, " "+name+", "), name)
}

// unknownPart suggests the nearest part; the list of all would be long.
func unknownPart(name string, all []string) error {
	if near := registry.Nearest(name, all); near != "" {
		return fmt.Errorf("unknown part %q; did you mean %q?", name, near)
	}
	return fmt.Errorf("unknown part %q; strata list names them all", name)
}

func (p *program) printDescription(d registry.Description) {
	title := strings.TrimSpace(d.Kind + " " + d.Name)
	if d.Doc != "" {
		title += ": " + d.Doc
	}
	fmt.Fprintln(p.stdout, title)
	if d.Module != "" {
		fmt.Fprintf(p.stdout, "from %s\n", d.Module)
	}
	if len(d.Fields) == 0 {
		fmt.Fprintln(p.stdout, "\nIt has no settings.")
		return
	}
	fmt.Fprintln(p.stdout)
	t := table{align: "llll"}
	t.add("key", "value", "default", "meaning")
	for _, f := range d.Fields {
		value := f.Type
		switch {
		case strings.HasPrefix(f.Rule, "one of "):
			value = f.Rule
		case f.Rule != "":
			value += " " + f.Rule
		}
		standard := f.Default
		if standard == "" {
			standard = "required"
		}
		t.add(f.Key, value, standard, f.Doc)
	}
	t.write(p.stdout)
}

// completeParts completes the name of a part, or of a kind and its parts, for a shell.
func completeParts(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	switch len(args) {
	case 0:
		for _, k := range registry.Kinds() {
			names = append(append(names, k.Kind()), k.Names()...)
		}
	case 1:
		if k, err := registry.FindKind(args[0]); err == nil {
			names = k.Names()
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
