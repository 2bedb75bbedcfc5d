package cmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/checkpoint/exchange"
	"github.com/strata-ml/strata/experiment"
)

func (p *program) importVerb() *cobra.Command {
	var set, renames []string
	var output string
	var o experiment.ImportOptions
	c := &cobra.Command{
		Use:   "import WEIGHTS FILE --output CHECKPOINT [flags]",
		Short: "Make a checkpoint of an experiment from the weights of another program",
		Long: `Make a checkpoint of the experiment in FILE from weights in safetensors or npz, for
eval, predict, and warm_start in another experiment.

Each parameter and state of the model must be there with its name and shape, and
nothing else; all that does not fit is told at once. --rename OLD=NEW maps the name
of a tensor or of a node, or of several with a * on both sides. Weights of a dense
layer are [in out]: --transpose exchanges the axes of those that are [out in], as
PyTorch's are. Its patterns and OLD are names as they stand in WEIGHTS.`,
		Example: `  strata import digits.safetensors digits.yaml --output digits.strata
  strata import torch.safetensors digits.yaml --output digits.strata \
    --transpose '*.weight' --rename '*.weight=*/w' --rename '*.bias=*/b'`,
		Args: arguments(2, 2, "WEIGHTS and FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			var err error
			if o.Rename, err = parseRenames(renames); err != nil {
				return err
			}
			if output == "" {
				return usage("--output is missing: name the checkpoint to write")
			}
			if err := errors.Join(exists(args[0]), isFree(output)); err != nil {
				return err
			}
			e, err := experiment.Load(args[1], experiment.Options{Set: set, Env: p.env})
			if err != nil {
				return err
			}
			s, err := p.importWeights(args[0], e, o)
			if err != nil {
				return err
			}
			if err := checkpoint.Save(output, s); err != nil {
				return err
			}
			fmt.Fprintf(p.stdout, "%s in %s\n", plural(len(s.Tensors), "tensor"), output)
			return nil
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "`CHECKPOINT` to write, which must not exist")
	c.Flags().StringArrayVar(&renames, "rename", nil, "give a tensor another name by `OLD=NEW`; may be repeated, the first that matches counts")
	c.Flags().StringArrayVar(&o.Transpose, "transpose", nil, "exchange the two axes of the tensors that match this `PATTERN`; may be repeated")
	c.Flags().BoolVar(&o.Round, "round", false, "round float64 to a model of float32")
	c.Flags().BoolVar(&o.AllowMissing, "allow-missing", false, "leave what WEIGHTS lacks as in a new run")
	c.Flags().BoolVar(&o.AllowExtra, "allow-extra", false, "pass over what the model has no place for")
	addSetFlag(c, &set)
	return c
}

func parseRenames(list []string) ([]experiment.Rename, error) {
	var renames []experiment.Rename
	for _, one := range list {
		old, to, _ := strings.Cut(one, "=")
		r := experiment.Rename{Old: old, New: to}
		if err := r.Validate(); err != nil {
			return nil, usage("--rename: %w", err)
		}
		renames = append(renames, r)
	}
	return renames, nil
}

func (p *program) importWeights(path string, e *experiment.Experiment, o experiment.ImportOptions) (*checkpoint.Snapshot, error) {
	a, err := exchange.Open(path)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	s, warnings, err := e.Import(a, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p.warn(warnings...)
	return s, nil
}
