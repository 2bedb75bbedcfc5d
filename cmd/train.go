package cmd

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/experiment"
)

func (p *program) trainVerb() *cobra.Command {
	var set []string
	var dir string
	var o trainOptions
	c := &cobra.Command{
		Use:   "train FILE [flags]",
		Short: "Train an experiment",
		Long: `Train an experiment in a run directory of its own, which keeps the resolved
experiment, the history, checkpoints and curves.

Ctrl-C (SIGINT), SIGTERM and a closed terminal (SIGHUP) finish the step, save and
draw the curves; a second Ctrl-C or SIGTERM ends at once. SIGUSR1 saves and goes on.
A run that was stopped, or killed, continues with strata resume and ends with the
same bits as one that was not.

A value comes from the last of: the file, a variable of the environment such as
STRATA_OPTIMIZER_LR, and --set. Nodes of the model go by their names.`,
		Example: `  strata train digits.yaml
  strata train digits.yaml --run runs/wide --set model.fc1.units=256
  STRATA_SEED=7 strata train digits.yaml --set optimizer.lr=0.01`,
		Args: arguments(1, 1, "FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			screen, err := p.newScreen(o.logFormat)
			if err != nil {
				return err
			}
			e, err := experiment.Load(args[0], experiment.Options{Set: set, Env: p.env})
			if err != nil {
				return err
			}
			if dir == "" {
				if dir, err = experiment.NextRunDir("runs", e.Config.Name); err != nil {
					return err
				}
				// A person looks for the run under the name of the file.
				if base := filepath.Base(args[0]); strings.TrimSuffix(base, filepath.Ext(base)) != e.Config.Name {
					screen.info(fmt.Sprintf("%s is the experiment %q: its run is %s", base, e.Config.Name, dir))
				}
			}
			progress := newProgress(screen)
			r, err := e.Start(dir, progress)
			if errors.Is(err, experiment.ErrNotEmpty) {
				return usage("%w", err)
			}
			if err != nil {
				return err
			}
			return p.trainRun(c.Context(), r, progress, o)
		},
	}
	c.Flags().StringVar(&dir, "run", "", "run directory `DIR`, which must be empty or not exist (default runs/NAME-1, runs/NAME-2, …)")
	addSetFlag(c, &set)
	o.addFlags(c)
	return c
}

func addSetFlag(c *cobra.Command, set *[]string) {
	c.Flags().StringArrayVar(set, "set", nil, "override a value of the file by `KEY=VALUE`, as in optimizer.lr=0.01; may be repeated")
}

// trainOptions are the flags of every verb that trains.
type trainOptions struct {
	noPlots   bool
	logFormat string
}

func (o *trainOptions) addFlags(c *cobra.Command) {
	c.Flags().BoolVar(&o.noPlots, "no-plots", false, "draw no curves at the end")
	c.Flags().StringVar(&o.logFormat, "log-format", "", "`FORMAT` of the progress: text, or json for JSON lines (default a live line on a terminal, text elsewhere)")
}
