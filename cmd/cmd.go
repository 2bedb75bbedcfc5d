// Package cmd is the command line of Strata, one file per verb. A binary with parts of its own imports the packages
// that register them and calls Main:
//
//	import (
//		"github.com/strata-ml/strata/cmd"
//		_ "github.com/strata-ml/strata/standard"
//		_ "example.com/you/yourlayers"
//	)
//
//	func main() { cmd.Main() }
//
// Results go to standard output; progress, warnings and errors go to standard error. With --json, standard output is
// exactly one JSON document.
//
// # Exit codes
//
//	0    done
//	1    the work failed: a run broke off, a checkpoint is damaged, a gradient is wrong; diff found a difference
//	2    the command line or the experiment file is wrong; nothing was begun
//	129  SIGHUP came, the run was saved
//	130  SIGINT came, the run was saved
//	143  SIGTERM came, the run was saved
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/train"
)

// The exit codes, besides 128 plus the number of a signal.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// Main runs the command line of the process and exits.
func Main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ()))
}

// run runs one command and returns the exit code. env is the environment, as os.Environ returns it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env []string) int {
	p := &program{stdout: stdout, stderr: stderr, env: env}
	root := p.root()
	root.SetArgs(append([]string{}, args...)) // cobra takes nil for the arguments of the process
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := p.execute(ctx, root)
	return p.report(command, err)
}

// execute runs the command that the arguments name. A panic that nothing below gave a name is an error too, as of a part
// that panics when it is made.
func (p *program) execute(ctx context.Context, root *cobra.Command) (command *cobra.Command, err error) {
	command = root
	err = layers.Guard("the program, or a part that is linked into it,", func() (err error) {
		command, err = root.ExecuteContextC(ctx)
		return err
	})
	return command, err
}

// A program is one invocation of the command.
type program struct {
	stdout, stderr io.Writer
	env            []string
	debug          bool // show the stack of a part that panicked
}

// The groups of verbs in the help of the root.
const (
	groupRuns        = "runs"
	groupExperiments = "experiments"
	groupCheckpoints = "checkpoints"
	groupProgram     = "program"
)

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "strata",
		Short: "Train neural networks from YAML experiments",
		Long: `Strata trains neural networks from YAML experiments. A run keeps its history, its
curves and crash-safe checkpoints in a directory. When it is cut, it continues where
it was and ends with the same bits.`,
		Example: `  strata example digits > digits.yaml   write an experiment that needs no data files
  strata check digits.yaml              shapes, parameters and memory, before it trains
  strata train digits.yaml              train it, in runs/digits-1
  strata eval runs/digits-1             score its best checkpoint`,
		Args:          p.noSuchVerb,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usage("%w", suggestFlag(c, err)) })
	root.PersistentFlags().BoolVar(&p.debug, "debug", false, "show the stack when a part panics")
	root.AddGroup(
		&cobra.Group{ID: groupRuns, Title: "Runs:"},
		&cobra.Group{ID: groupCheckpoints, Title: "Checkpoints:"},
		&cobra.Group{ID: groupExperiments, Title: "Experiments and the parts they are made of:"},
		&cobra.Group{ID: groupProgram, Title: "The program:"},
	)
	for _, group := range []struct {
		id    string
		verbs []*cobra.Command
	}{
		{groupRuns, []*cobra.Command{p.trainVerb(), p.resumeVerb(), p.plotVerb()}},
		{groupCheckpoints, []*cobra.Command{p.evalVerb(), p.predictVerb(), p.wordsVerb(), p.inspectVerb(), p.verifyVerb(), p.diffVerb(), p.exportVerb(), p.importVerb()}},
		{groupExperiments, []*cobra.Command{p.exampleVerb(), p.checkVerb(), p.explainVerb(), p.findLRVerb(), p.showVerb(), p.listVerb(), p.describeVerb()}},
		{groupProgram, []*cobra.Command{p.selftestVerb(), p.versionVerb()}},
	} {
		for _, v := range group.verbs {
			v.GroupID = group.id
			v.DisableFlagsInUseLine = true
			root.AddCommand(v)
		}
	}
	root.SetHelpCommand(p.helpVerb(root))
	root.SetHelpCommandGroupID(groupProgram)
	root.SetCompletionCommandGroupID(groupProgram)
	root.SetUsageTemplate(usageTemplate)
	cobra.EnableCommandSorting = false // the verbs stand in the order in which a person meets them
	return root
}

// A usageError is a mistake in the command line.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }

func (e *usageError) Unwrap() error { return e.err }

func usage(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// A silentError ends the program with a code when all has been said.
type silentError int

func (e silentError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// report prints an error of a command and returns the exit code.
func (p *program) report(c *cobra.Command, err error) int {
	if err == nil {
		return exitDone
	}
	if code, ok := errors.AsType[silentError](err); ok {
		return int(code)
	}
	if _, ok := errors.AsType[*experiment.Diagnostics](err); ok {
		fmt.Fprintln(p.stderr, err)
		p.tellPanic(err)
		return exitUsage
	}
	p.tellFailure(err)
	if _, ok := errors.AsType[*experiment.OptionError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		fmt.Fprintf(p.stderr, "Run %q for how it is used.\n", c.CommandPath()+" --help")
		return exitUsage
	}
	return exitFailed
}

// tellFailure prints an error that ends the program.
func (p *program) tellFailure(err error) {
	fmt.Fprintf(p.stderr, "strata: %s\n", withoutControls(err.Error()))
	p.tellPanic(err)
}

// tellPanic says of an error that came of a panic what kind of error that is, and shows the stack when it is asked to.
func (p *program) tellPanic(err error) {
	var stack []byte
	if e, ok := errors.AsType[*model.LayerError](err); ok {
		stack = e.Stack
	} else if e, ok := errors.AsType[*train.PartError](err); ok {
		stack = e.Stack
	} else if e, ok := errors.AsType[*layers.PanicError](err); ok {
		stack = e.Stack
	}
	switch {
	case stack == nil:
	case p.debug:
		fmt.Fprintf(p.stderr, "\n%s", stack)
	default:
		fmt.Fprintln(p.stderr, "That is a panic, which is a defect of the part's code; --debug shows the stack.")
	}
}

// arguments returns a check of the number of arguments that speaks of them by name.
func arguments(least, most int, names string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usage("%s is missing", names)
		case most >= 0 && len(args) > most:
			return usage("too many arguments: %s is all it takes, and there is %q", names, args[most])
		}
		return nil
	}
}

// exists returns an error unless there is something at a path that the command line gives: a usageError, where it is not
// the disk that fails.
func exists(path string) error {
	_, err := os.Stat(path)
	if pe, ok := errors.AsType[*fs.PathError](err); ok && pe.Err != syscall.EIO {
		return usage("%s: %w", path, pe.Err)
	}
	return err
}

// isRun returns a usageError unless a path of the command line is a run directory.
func isRun(dir string) error {
	if err := exists(dir); err != nil {
		return err
	}
	if !experiment.IsRun(dir) {
		return usage("%s is no run directory: it has no %s and no checkpoint", dir, experiment.ConfigFile)
	}
	return nil
}

// warn tells a person what to know besides the result.
func (p *program) warn(warnings ...string) {
	for _, w := range warnings {
		fmt.Fprintf(p.stderr, "warning: %s\n", withoutControls(w))
	}
}
