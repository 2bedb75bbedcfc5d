package cmd

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/experiment"
)

func (p *program) resumeVerb() *cobra.Command {
	var resume experiment.ResumeOptions
	var o trainOptions
	c := &cobra.Command{
		Use:   "resume RUN [flags]",
		Short: "Continue a run at its newest checkpoint",
		Long: `Continue a run at its newest intact checkpoint: after Ctrl-C, after a crash, or for
more epochs. The result has the same bits as that of a run that was never cut. The
run goes by its own experiment: variables such as STRATA_OPTIMIZER_LR change nothing.

How long a run goes on, what it logs and which checkpoints it keeps may be edited in
its config.yaml. A learning rate and other keys of the class override change with
--change alone: that is recorded in the history and marked on the curves. Any other
change is refused; describe says the class of each key. A data file that has changed
is refused too, unless --allow-data-change is given.`,
		Example: `  strata resume runs/digits-1
  strata resume runs/digits-1 --epochs 60
  strata resume runs/digits-1 --change optimizer.lr=1e-4 --change train.epochs=60
  strata resume runs/iris-1 --data-dir /mnt/other`,
		Args: arguments(1, 1, "RUN"),
		RunE: func(c *cobra.Command, args []string) error {
			screen, err := p.newScreen(o.logFormat)
			if err != nil {
				return err
			}
			if err := isRun(args[0]); err != nil {
				return err
			}
			if c.Flags().Changed("epochs") && resume.Epochs < 1 {
				return usage("--epochs must be positive, is %d", resume.Epochs)
			}
			if ignored := p.overridingVariables(); len(ignored) > 0 {
				screen.warn("resume goes by the run's own experiment and ignores " + strings.Join(ignored, ", "))
			}
			progress := newProgress(screen)
			r, err := experiment.Resume(args[0], resume, progress)
			if err != nil {
				return err
			}
			return p.trainRun(c.Context(), r, progress, o)
		},
	}
	c.Flags().Int64Var(&resume.Epochs, "epochs", 0, "train until `N` epochs are done in all (default what the run has)")
	c.Flags().StringVar(&resume.DataDir, "data-dir", "", "`DIR` where relative data paths start (default where they did when the run began)")
	c.Flags().StringArrayVar(&resume.Change, "change", nil, "go on with another value, `KEY=VALUE`, as in optimizer.lr=1e-4; may be repeated")
	c.Flags().BoolVar(&resume.AllowDataChange, "allow-data-change", false, "go on where a data file is not what it was, and record it")
	o.addFlags(c)
	return c
}

// overridingVariables returns the names of the environment variables that would override the experiment of a new run.
func (p *program) overridingVariables() []string {
	var names []string
	for _, entry := range p.env {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, experiment.EnvPrefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
