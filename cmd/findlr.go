package cmd

import (
	"errors"
	"fmt"
	"math"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/plots"
	"github.com/strata-ml/strata/train"
)

// A foundRates is what find-lr --json prints.
type foundRates struct {
	Name      string        `json:"name"`
	Rate      string        `json:"rate"`
	ProbeRows int           `json:"probe_rows"`
	Start     train.Number  `json:"start_loss"`
	Powers    []triedRate   `json:"powers_of_ten"`
	Range     []rangedRate  `json:"range_test"`
	Best      *train.Number `json:"best_power,omitempty"`
	Steepest  *train.Number `json:"steepest,omitempty"`
	Diverges  *train.Number `json:"diverges,omitempty"`
	Suggested *train.Number `json:"suggested,omitempty"`
	Why       string        `json:"why"`
}

type triedRate struct {
	LR       train.Number `json:"lr"`
	Loss     train.Number `json:"loss"`
	Diverged bool         `json:"diverged"`
	Steps    int64        `json:"steps"`
}

type rangedRate struct {
	LR       train.Number `json:"lr"`
	Loss     train.Number `json:"loss"`
	Smoothed train.Number `json:"smoothed"`
}

func (p *program) findLRVerb() *cobra.Command {
	var set []string
	var output string
	var noPlots, asJSON bool
	var figures plots.Options
	o := experiment.DefaultFindLROptions()
	c := &cobra.Command{
		Use:   "find-lr FILE [flags]",
		Short: "Look for a learning rate of an experiment",
		Long: `Look for a learning rate of an experiment: train a few steps at each power of ten,
always from the same start, then once with a rate that rises from step to step
(a range test). Print the losses, draw them, and suggest a rate, with the reason.

The search trains copies: no run is made and none is changed. The exit code is 1
where the loss falls at no rate.`,
		Example: `  strata find-lr digits.yaml
  strata find-lr digits.yaml --from 1e-5 --to 1 --steps 300`,
		Args: arguments(1, 1, "FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.Validate(); err != nil || !(o.From > 0) || o.Steps < 20 {
				return usage("--from must be positive and smaller than --to, and --steps at least 20")
			}
			e, err := experiment.Load(args[0], experiment.Options{Set: set, Env: p.env})
			if err != nil {
				return err
			}
			s, err := e.FindLR(c.Context(), o)
			if err != nil {
				return err
			}
			var files []string
			if !noPlots {
				if files, err = drawSearch(e.Config.Name, s, output, figures); err != nil {
					return err
				}
			}
			if asJSON {
				err = writeJSON(p.stdout, foundRatesOf(e.Config.Name, s))
			} else {
				p.printSearch(args[0], s, files)
			}
			if err == nil && s.Suggested == 0 {
				err = errors.New("no learning rate to suggest: " + s.Why)
			}
			return err
		},
	}
	c.Flags().Float64Var(&o.From, "from", o.From, "smallest `RATE`")
	c.Flags().Float64Var(&o.To, "to", o.To, "largest `RATE`")
	c.Flags().Int64Var(&o.Steps, "steps", o.Steps, "`STEPS` at each power of ten; the range test has twice as many")
	c.Flags().StringVar(&output, "output", experiment.PlotDir, "directory `DIR` of the figure")
	addFormatFlag(c, &figures)
	c.Flags().BoolVar(&noPlots, "no-plots", false, "draw no figure")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	addSetFlag(c, &set)
	return c
}

func drawSearch(name string, s *experiment.LRSearch, dir string, o plots.Options) ([]string, error) {
	drawn := plots.LearningRates{Name: name, Rate: s.Rate, Suggest: s.Suggested}
	for _, t := range s.Powers {
		if !t.Diverged {
			drawn.Trials.X, drawn.Trials.Y = append(drawn.Trials.X, t.LR), append(drawn.Trials.Y, t.Loss)
			drawn.Trials.Name = fmt.Sprintf("after %d steps", t.Steps)
		}
	}
	for _, r := range s.Range {
		if r.Smoothed > s.Limit || math.IsNaN(r.Smoothed) {
			break // beyond, the curve would leave no room for what is of interest
		}
		drawn.Range.X, drawn.Range.Y = append(drawn.Range.X, r.LR), append(drawn.Range.Y, r.Loss)
		drawn.Smooth = append(drawn.Smooth, r.Smoothed)
	}
	return plots.WriteLearningRates(drawn, dir, o)
}

func foundRatesOf(name string, s *experiment.LRSearch) foundRates {
	rate := func(v float64) *train.Number {
		if v == 0 {
			return nil
		}
		n := train.Number(v)
		return &n
	}
	r := foundRates{
		Name: name, Rate: s.Rate, ProbeRows: s.ProbeRows, Start: train.Number(s.Start), Best: rate(s.Best),
		Steepest: rate(s.Steepest), Diverges: rate(s.Diverges), Suggested: rate(s.Suggested), Why: s.Why,
	}
	for _, t := range s.Powers {
		r.Powers = append(r.Powers, triedRate{train.Number(t.LR), train.Number(t.Loss), t.Diverged, t.Steps})
	}
	for _, t := range s.Range {
		r.Range = append(r.Range, rangedRate{train.Number(t.LR), train.Number(t.Loss), train.Number(t.Smoothed)})
	}
	return r
}

func (p *program) printSearch(file string, s *experiment.LRSearch, files []string) {
	fmt.Fprintf(p.stdout, "The loss of %s is %s before training.\n\n", plural(int64(s.ProbeRows), "row"), formatValue(train.Number(s.Start)))
	t := table{align: "rrrl"}
	t.add(s.Rate, "steps", "loss", "")
	for _, trial := range s.Powers {
		note := ""
		switch {
		case trial.Diverged:
			note = "diverges"
		case trial.LR == s.Best:
			note = "lowest"
		case trial.Loss >= s.Start:
			note = "rises"
		}
		t.add(formatLR(trial.LR), formatCount(trial.Steps), formatValue(train.Number(trial.Loss)), note)
	}
	t.write(p.stdout)
	fmt.Fprintln(p.stdout)
	found := table{align: "ll"}
	if s.Steepest > 0 {
		found.add("falls fastest", formatLR(s.Steepest))
	}
	if s.Diverges > 0 {
		found.add("diverges", formatLR(s.Diverges))
	}
	if s.Suggested > 0 {
		found.add("suggested", formatLR(s.Suggested)+": "+s.Why)
	}
	for i, f := range files {
		found.add([]string{"figure", ""}[min(i, 1)], f)
	}
	if s.Suggested > 0 {
		found.add("next", fmt.Sprintf("strata train %s --set optimizer.%s=%s", experiment.ShellWord(file), s.Rate, formatLR(s.Suggested)))
	}
	found.write(p.stdout)
}

// formatLR writes a rate with two digits, which is as exact as a search is.
func formatLR(v float64) string { return fmt.Sprintf("%.2g", v) }
