package cmd

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/plots"
	"github.com/strata-ml/strata/train"
)

func (p *program) plotVerb() *cobra.Command {
	var output string
	var o plots.Options
	c := &cobra.Command{
		Use:   "plot RUN… [flags]",
		Short: "Draw the curves of a run, or of several on one figure",
		Long: `Draw the curves of a run as PNG and SVG: the loss, each metric, the learning rate,
the gradient norm, and the update of each node relative to its weights. Of several
runs, draw the loss and each metric on one figure. It prints the files' paths.

A run may still be under way.`,
		Example: `  strata plot runs/digits-1
  strata plot runs/digits-1 runs/digits-2 --output comparison`,
		Args: arguments(1, -1, "RUN"),
		RunE: func(_ *cobra.Command, args []string) error {
			var histories []*train.History
			for _, dir := range args {
				if err := isRun(dir); err != nil {
					return err
				}
				h, err := readHistory(dir)
				if err != nil {
					return err
				}
				histories = append(histories, h)
			}
			files, err := draw(histories, args, output, o)
			for _, f := range files {
				fmt.Fprintln(p.stdout, f)
			}
			return err
		},
	}
	c.Flags().StringVar(&output, "output", "", "directory `DIR` of the figures (default RUN/plots, or plots for several runs)")
	c.Flags().BoolVar(&o.HideResumes, "no-resume-marks", false, "leave out the lines where the run was resumed")
	return c
}

// draw draws one run into its own directory, and several into one that is theirs together.
func draw(histories []*train.History, dirs []string, output string, o plots.Options) ([]string, error) {
	if len(histories) == 1 {
		if output == "" {
			output = filepath.Join(dirs[0], experiment.PlotDir)
		}
		return plots.WriteRun(histories[0], output, o)
	}
	if output == "" {
		output = experiment.PlotDir
	}
	return plots.Compare(histories, output, o)
}
