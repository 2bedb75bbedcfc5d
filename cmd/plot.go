package cmd

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/plots"
	"github.com/strata-ml/strata/train"
)

func (p *program) plotVerb() *cobra.Command {
	var output, file string
	var set, activations []string
	var o plots.Options
	c := &cobra.Command{
		Use:   "plot RUN…|--schedule FILE|--activation NAME [flags]",
		Short: "Draw the curves of a run, or of several on one figure",
		Long: `Draw the curves of a run as PNG and SVG: the loss, each metric, the learning rate,
the gradient norm, and the update of each node relative to its weights. Of several
runs, draw the loss and each metric on one figure. It prints the files' paths.

A run may still be under way. With --schedule, draw what is to come: the learning
rate of an experiment, and its other hyperparameters that follow a schedule, step
by step, without training. With --activation, draw layers that are functions of one
number, such as tanh, and their derivatives.`,
		Example: `  strata plot runs/digits-1
  strata plot runs/digits-1 runs/digits-2 --output comparison
  strata plot --schedule digits.yaml
  strata plot --activation relu,gelu,silu`,
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case file != "":
				return arguments(0, 0, "--schedule FILE")(c, args)
			case len(activations) > 0:
				return arguments(0, 0, "--activation NAME")(c, args)
			}
			return arguments(1, -1, "RUN")(c, args)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case file != "":
				return p.plotSchedules(file, set, output, o)
			case len(set) > 0:
				return usage("--set changes an experiment file: name one with --schedule")
			case len(activations) > 0:
				return p.plotActivations(activations, output, o)
			}
			return p.plotRuns(args, output, o)
		},
	}
	c.Flags().StringVar(&output, "output", "", "directory `DIR` of the figures (default RUN/plots, or plots for all else)")
	c.Flags().BoolVar(&o.HideResumes, "no-resume-marks", false, "leave out the lines where the run was resumed")
	c.Flags().StringVar(&file, "schedule", "", "draw the schedules of the experiment `FILE`")
	addSetFlag(c, &set)
	c.Flags().StringSliceVar(&activations, "activation", nil, "draw the activation `NAME`, or several with commas between them")
	c.MarkFlagsMutuallyExclusive("schedule", "activation")
	return c
}

// plotRuns draws the curves of runs.
func (p *program) plotRuns(dirs []string, output string, o plots.Options) error {
	var histories []*train.History
	for _, dir := range dirs {
		if err := isRun(dir); err != nil {
			return err
		}
		h, err := readHistory(dir)
		if err != nil {
			return err
		}
		histories = append(histories, h)
	}
	files, err := draw(histories, dirs, output, o)
	for _, f := range files {
		fmt.Fprintln(p.stdout, f)
	}
	return err
}

// plotSchedules draws the rates of an experiment before it is trained.
func (p *program) plotSchedules(file string, set []string, output string, o plots.Options) error {
	e, err := experiment.Load(file, experiment.Options{Set: set, Env: p.env})
	if err != nil {
		return err
	}
	t, err := e.Timetable()
	if err != nil {
		return err
	}
	if output == "" {
		output = experiment.PlotDir
	}
	files, err := plots.WriteRates(e.Config.Name, t.StepsPerEpoch, ratesToDraw(t), output, o)
	for _, f := range files {
		fmt.Fprintln(p.stdout, f)
	}
	return err
}

// ratesToDraw returns the learning rate, and the other rates that follow a schedule.
func ratesToDraw(t *experiment.Timetable) []plots.Rate {
	var rates []plots.Rate
	for i, r := range t.Rates {
		if r.Constant && i > 0 {
			continue
		}
		rate := plots.Rate{Name: r.Name, Title: r.Name, Steps: r.Steps, Values: r.Values}
		if r.Name == "lr" {
			rate.Title = "learning rate"
		}
		if len(r.Watches) > 0 {
			rate.Note = "until evaluations of " + strings.Join(r.Watches, ", ") + " change it"
		}
		rates = append(rates, rate)
	}
	return rates
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
