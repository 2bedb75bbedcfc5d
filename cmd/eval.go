package cmd

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/train"
)

// An evaluation is what eval --json prints.
type evaluation struct {
	Checkpoint string                  `json:"checkpoint"`
	Step       int64                   `json:"step"`
	Epoch      train.Number            `json:"epoch"`
	Input      string                  `json:"input,omitempty"`
	Loss       train.Number            `json:"loss"`
	Metrics    map[string]train.Number `json:"metrics"`
}

func (p *program) evalVerb() *cobra.Command {
	var input string
	var asJSON bool
	var o experiment.TrainedOptions
	c := &cobra.Command{
		Use:   "eval RUN|CHECKPOINT [flags]",
		Short: "Score a trained model",
		Long: `Score a trained model with its loss and metrics on the evaluation rows of its
experiment, or on the rows of another file of the same kind. Of a run it takes the
best checkpoint, or the newest with --last.`,
		Example: `  strata eval runs/digits-1
  strata eval runs/iris-1 --input more-irises.csv
  strata eval runs/digits-1 --last --json | jq .metrics.accuracy`,
		Args: arguments(1, 1, "RUN or CHECKPOINT"),
		RunE: func(_ *cobra.Command, args []string) error {
			return p.withTrained(args[0], o, func(t *experiment.Trained) error {
				rec, err := evaluate(t, input)
				if err != nil {
					return err
				}
				result := evaluation{t.Path, rec.Step, rec.Epoch, input, rec.Loss, rec.Metrics}
				if asJSON {
					return writeJSON(p.stdout, result)
				}
				p.printEvaluation(result)
				return nil
			})
		},
	}
	c.Flags().StringVar(&input, "input", "", "score on the rows of this `FILE`")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	addTrainedFlags(c, &o)
	return c
}

// addTrainedFlags adds the flags of every verb that opens a trained model.
func addTrainedFlags(c *cobra.Command, o *experiment.TrainedOptions) {
	c.Flags().BoolVar(&o.Last, "last", false, "take the newest checkpoint of the run instead of the best")
	c.Flags().StringVar(&o.DataDir, "data-dir", "", "`DIR` where relative data paths start (default where they did when the run began)")
}

// withTrained calls f with the model of a run or a checkpoint that the command line names, and tells a person what is to
// know of it: before f how it was found, after f what the data that f read brought up.
func (p *program) withTrained(path string, o experiment.TrainedOptions, f func(t *experiment.Trained) error) error {
	if err := exists(path); err != nil {
		return err
	}
	t, err := experiment.OpenTrained(path, o)
	if err != nil {
		return err
	}
	found := len(t.Warnings)
	p.warn(t.Warnings...)
	err = f(t)
	p.warn(t.Warnings[found:]...)
	return errors.Join(err, t.Close())
}

func evaluate(t *experiment.Trained, input string) (train.Record, error) {
	if input == "" {
		return t.Evaluate()
	}
	// A path of the command line starts from the working directory, not from where the experiment's data are.
	file, err := filepath.Abs(input)
	if err != nil {
		return train.Record{}, err
	}
	if err := exists(input); err != nil {
		return train.Record{}, err
	}
	return t.EvaluateFile(file)
}

func (p *program) printEvaluation(e evaluation) {
	t := table{align: "ll"}
	t.add("checkpoint", e.Checkpoint)
	t.add("trained", fmt.Sprintf("%s, %s", plural(e.Step, "step"), formatEpochs(e.Epoch)))
	if e.Input != "" {
		t.add("input", e.Input)
	}
	t.add("loss", formatValue(e.Loss))
	for _, name := range slices.Sorted(maps.Keys(e.Metrics)) {
		t.add(name, formatValue(e.Metrics[name]))
	}
	t.write(p.stdout)
}
