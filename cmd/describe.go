package cmd

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/train"
)

// experimentBlocks describes the experiment file itself and the blocks in it that are no parts, by name.
func experimentBlocks() map[string]registry.Description {
	blocks := map[string]registry.Description{}
	for name, block := range map[string]struct {
		doc    string
		config any
	}{
		"experiment":     {"the keys of an experiment file", experiment.DefaultConfig()},
		"train":          {"how long and in what portions an experiment trains", train.DefaultConfig()},
		"checkpoint":     {"when checkpoints are written and which are kept", train.DefaultCheckpointPolicy()},
		"early_stopping": {"when an experiment stops before its last epoch", train.DefaultEarlyStopping()},
		"non_finite":     {"what is done about numbers that are NaN or infinite", train.DefaultNonFinite()},
		"clip":           {"bounds on the gradient", optim.Clip{}},
		"log":            {"what an experiment records and plots besides the usual", train.Log{}},
		"warm_start":     {"weights from the checkpoint of another run", experiment.WarmStart{}},
	} {
		d := registry.DescribeConfig(block.config)
		d.Name, d.Doc = name, block.doc
		blocks[name] = d
	}
	return blocks
}

func (p *program) describeVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "describe [KIND] NAME",
		Short: "Describe a part and its settings",
		Long: `Describe a part: what it does, the keys that set it with their defaults, and the
module that it comes from. KIND may be left out where the name is that of one part
only. The name experiment stands for the file as a whole, and train, checkpoint,
early_stopping, non_finite, clip, log and warm_start for those blocks of it. The last
word beside a key is its class: whether a run that is resumed may go on with another
value (extend), only with resume --change (override), or not at all (frozen).`,
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
		k, err := findKind(args[0])
		if err != nil {
			return registry.Description{}, err
		}
		return k.Describe(args[1])
	}
	name := args[0]
	if block, ok := experimentBlocks()[name]; ok {
		return block, nil
	}
	kinds, all := []string(nil), slices.Sorted(maps.Keys(experimentBlocks()))
	var found registry.Description
	for _, k := range registry.Kinds() {
		all = append(append(all, k.Kind()), k.Names()...)
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
		if k, err := findKind(name); err == nil {
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
	fmt.Fprintln(p.stdout, wrap(title, 0))
	if d.Module != "" {
		fmt.Fprintf(p.stdout, "from %s\n", d.Module)
	}
	if len(d.Fields) == 0 {
		fmt.Fprintln(p.stdout, "\nIt has no settings.")
	}
	for _, f := range d.Fields {
		fmt.Fprintf(p.stdout, "\n  %s: %s\n", f.Key, formatField(f))
		fmt.Fprintf(p.stdout, "      %s\n", wrap(f.Doc, 6))
	}
}

// formatField says what values a key takes, and which one without being set.
func formatField(f registry.Field) string {
	value := f.Type
	switch {
	case strings.HasPrefix(f.Rule, "one of "):
		value = f.Rule
	case f.Rule != "":
		value += " " + f.Rule
	}
	switch f.Default {
	case "":
		value += ", required"
	case "none":
	default:
		value += " (default " + f.Default + ")"
	}
	if f.Class != "" {
		value += ", " + string(f.Class)
	}
	return value
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
		if k, err := findKind(args[0]); err == nil {
			names = k.Names()
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
