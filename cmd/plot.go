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

// plotFlags say what to draw: runs, or one of the others.
type plotFlags struct {
	output               string
	schedule, histograms string
	set, activations     []string
	by, line             string
	figures              plots.Options
}

func (p *program) plotVerb() *cobra.Command {
	var o plotFlags
	c := &cobra.Command{
		Use:   "plot RUN…|--schedule FILE|--histograms FILE|--activation NAME [flags]",
		Short: "Draw the curves of a run, or of several on one figure",
		Long: `Draw the curves of a run as PNG and SVG: the loss, each metric, the learning rate,
the gradient norm, and the update of each node relative to its weights. Of several
runs, draw the loss and each metric on one figure; of runs that log their activations
the share of saturated outputs or dead units of each; and of runs that log their
weights the share of exact zeros and the histogram of each parameter. With --by, draw
the best evaluation of each run over a key of the experiment, such as optimizer.lr.
It prints the files' paths.

A run may still be under way. With --schedule, draw what is to come: the learning
rate of an experiment, and its other hyperparameters that follow a schedule, step
by step, without training. With --histograms, draw what the activations of an
experiment put out before training, a histogram for each: how its initial weights
carry the numbers through the net. With --activation, draw layers that are functions
of one number, such as tanh, and their derivatives.`,
		Example: `  strata plot runs/digits-1
  strata plot runs/digits-1 runs/digits-2 --output comparison
  strata plot runs/digits-* --by optimizer.lr --line optimizer.type --only loss
  strata plot --schedule digits.yaml
  strata plot --histograms digits.yaml --set model.fc1.weights.type=xavier_normal
  strata plot --activation relu,gelu,silu`,
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case o.schedule != "":
				return arguments(0, 0, "--schedule FILE")(c, args)
			case o.histograms != "":
				return arguments(0, 0, "--histograms FILE")(c, args)
			case len(o.activations) > 0:
				return arguments(0, 0, "--activation NAME")(c, args)
			}
			return arguments(1, -1, "RUN")(c, args)
		},
		RunE: func(_ *cobra.Command, args []string) error { return p.plot(args, o) },
	}
	c.Flags().StringVar(&o.output, "output", "", "directory `DIR` of the figures (default RUN/plots, or plots for all else)")
	c.Flags().StringSliceVar(&o.figures.Only, "only", nil, "draw no other figure than `FIGURE`, such as loss or metric_accuracy, or several with commas between them")
	addFormatFlag(c, &o.figures)
	c.Flags().BoolVar(&o.figures.HideResumes, "no-resume-marks", false, "leave out the lines where the run was resumed")
	c.Flags().StringVar(&o.by, "by", "", "draw the runs over the value of `KEY`, which is a number that they differ in")
	c.Flags().StringVar(&o.line, "line", "", "with --by, draw a line for each value of `KEY`")
	c.Flags().StringVar(&o.schedule, "schedule", "", "draw the schedules of the experiment `FILE`")
	c.Flags().StringVar(&o.histograms, "histograms", "", "draw histograms of the activations of the experiment `FILE` before training")
	addSetFlag(c, &o.set)
	c.Flags().StringSliceVar(&o.activations, "activation", nil, "draw the activation `NAME`, or several with commas between them")
	c.MarkFlagsMutuallyExclusive("schedule", "histograms", "activation", "by")
	return c
}

func addFormatFlag(c *cobra.Command, o *plots.Options) {
	c.Flags().StringSliceVar(&o.Formats, "format", nil, "`FORMAT` of the figures: png or svg (default both)")
}

func (p *program) plot(dirs []string, o plotFlags) error {
	switch {
	case o.schedule != "":
		return p.plotSchedules(o.schedule, o.set, o.output, o.figures)
	case o.histograms != "":
		return p.plotHistograms(o)
	case len(o.set) > 0:
		return usage("--set changes an experiment file: name one with --schedule or --histograms")
	case len(o.activations) > 0:
		return p.plotActivations(o.activations, o.output, o.figures)
	case o.by != "":
		return p.plotSweep(dirs, o)
	case o.line != "":
		return usage("--line needs --by")
	}
	return p.plotRuns(dirs, o.output, o.figures)
}

// plotRuns draws the curves of runs.
func (p *program) plotRuns(dirs []string, output string, o plots.Options) error {
	histories, err := readHistories(dirs)
	if err != nil {
		return err
	}
	files, err := draw(histories, dirs, output, o)
	for _, f := range files {
		fmt.Fprintln(p.stdout, f)
	}
	return err
}

func readHistories(dirs []string) ([]*train.History, error) {
	var histories []*train.History
	for _, dir := range dirs {
		if err := isRun(dir); err != nil {
			return nil, err
		}
		h, err := readHistory(dir)
		if err != nil {
			return nil, err
		}
		histories = append(histories, h)
	}
	return histories, nil
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

// histogramRows is how many rows of the training data a histogram is of.
const histogramRows = 256

// plotHistograms draws what the activations of an experiment put out before it is trained.
func (p *program) plotHistograms(o plotFlags) error {
	e, err := experiment.Load(o.histograms, experiment.Options{Set: o.set, Env: p.env})
	if err != nil {
		return err
	}
	outputs, err := e.InitialOutputs(histogramRows)
	if err != nil {
		return err
	}
	var samples []plots.Sample
	for _, n := range outputs {
		samples = append(samples, plots.Sample(n))
	}
	if o.output == "" {
		o.output = experiment.PlotDir
	}
	files, err := plots.WriteOutputs(e.Config.Name, samples, o.output, o.figures)
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
