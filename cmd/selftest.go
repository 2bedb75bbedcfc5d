package cmd

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/train"
)

// A selftest is what selftest resume --json prints.
type selftest struct {
	Exact   bool        `json:"exact"` // all runs ended with the bits of the first
	Steps   int64       `json:"steps"`
	Cuts    int         `json:"cuts"`
	Seconds float64     `json:"seconds"`
	Runs    []testedRun `json:"runs"`
	Kept    string      `json:"kept,omitempty"` // directory of the runs, where they are not equal
	temp    string      // the same while the test goes on
	file    string      // the experiment
	set     []string    // overrides of all runs
}

// A testedRun is one training of the experiment, cut or not.
type testedRun struct {
	Name    string            `json:"name"`
	Threads int               `json:"threads"`
	Cuts    []testedCut       `json:"cuts"`
	SHA256  map[string]string `json:"sha256"` // of each of hashedParts
	Differs []string          `json:"differs,omitempty"`
}

// A testedCut ends a process after a step.
type testedCut struct {
	Step int64 `json:"step"`
	Kill bool  `json:"kill"` // by SIGKILL; else it is told to stop, and saves
}

// hashedParts are what a run leaves: tensors by role, the progress in the checkpoint, and the metrics log.
var hashedParts = []string{checkpoint.Param, checkpoint.Slot, checkpoint.Aux, checkpoint.Meter, "progress", "log"}

// hashOfNothing is that of a part which the experiment does not have.
var hashOfNothing = hex.EncodeToString(sha256.New().Sum(nil))

func (p *program) selftestVerb() *cobra.Command {
	c := &cobra.Command{
		Use:   "selftest COMMAND",
		Short: "Prove on this machine what Strata promises of your experiment",
		Long: `Prove on this machine, with your own experiment, what Strata promises: see
strata selftest resume --help.`,
		Example: `  strata selftest resume digits.yaml`,
		Args:    func(c *cobra.Command, args []string) error { return p.noSuchVerb(c, args) },
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	for _, v := range []*cobra.Command{p.selftestResumeVerb(), p.selftestPartVerb()} {
		v.DisableFlagsInUseLine = true
		c.AddCommand(v)
	}
	return c
}

func (p *program) selftestResumeVerb() *cobra.Command {
	var set []string
	var asJSON bool
	steps := int64(24)
	c := &cobra.Command{
		Use:   "resume FILE [flags]",
		Short: "Prove that a run of an experiment that is cut ends with the same bits",
		Long: `Train the first steps of an experiment without a cut; then again, stopped and killed
by SIGKILL after some of the steps and continued each time, and with other numbers of
threads. Compare the SHA-256 of parameters, optimizer slots, layer states, progress
and metrics log. Everything happens in a temporary directory, in processes of this
program. The exit code is 1 where anything differs; the runs are then kept.

A checkpoint is written every few steps and each step is logged, whatever the
experiment says; all else is as it says.`,
		Example: `  strata selftest resume digits.yaml
  strata selftest resume digits.yaml --steps 200 --set optimizer=lion`,
		Args: arguments(1, 1, "FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			t, err := p.newSelftest(args[0], set, steps)
			if err != nil {
				return err
			}
			if err := t.run(c.Context(), p.env); err != nil {
				return err
			}
			if asJSON {
				err = writeJSON(p.stdout, t)
			} else {
				p.printSelftest(t)
			}
			if err == nil && !t.Exact {
				err = silentError(exitFailed)
			}
			return err
		},
	}
	c.Flags().Int64Var(&steps, "steps", steps, "train `N` steps, fewer where the experiment has fewer")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	addSetFlag(c, &set)
	return c
}

// newSelftest checks the experiment and plans the runs: their cuts follow from the number of steps.
func (p *program) newSelftest(file string, set []string, steps int64) (*selftest, error) {
	if steps < 2 {
		return nil, usage("--steps must be at least 2, is %d", steps)
	}
	t := &selftest{file: file, set: append(slices.Clone(set),
		fmt.Sprintf("train.steps=%d", steps), "train.log_every=1",
		fmt.Sprintf("checkpoint.every_steps=%d", max(1, steps/6)), fmt.Sprintf("checkpoint.keep=%d", checkpoint.MinKept))}
	e, err := experiment.Load(file, experiment.Options{Set: t.set, Env: p.env})
	if err != nil {
		return nil, err
	}
	_, t.Steps = e.Config.Train.StepCount(e.Splits.Train.Len())
	if t.Steps < 2 {
		return nil, usage("%s has %s, and a cut needs a step before and one after it", file, plural(t.Steps, "step"))
	}
	threads := runtime.GOMAXPROCS(0)
	stops, kills := t.cuts(false, 2, 5), t.cuts(true, 1, 4, 7)
	t.Runs = []testedRun{
		{Name: "uncut", Threads: threads},
		{Name: "stopped and resumed", Threads: threads, Cuts: stops},
		{Name: "killed and resumed", Threads: threads, Cuts: kills},
		{Name: "both", Threads: threads + 1, Cuts: append(t.cuts(false, 3), t.cuts(true, 6)...)},
	}
	if threads > 1 {
		t.Runs = append(t.Runs, testedRun{Name: "killed and resumed", Threads: 1, Cuts: t.cuts(true, 5)})
	}
	return t, nil
}

// cuts returns cuts after eighths of the steps, at most one after a step.
func (t *selftest) cuts(kill bool, eighths ...int64) []testedCut {
	var list []testedCut
	for _, n := range eighths {
		cut := testedCut{min(max(1, n*t.Steps/8), t.Steps-1), kill}
		if len(list) == 0 || list[len(list)-1] != cut {
			list = append(list, cut)
		}
	}
	return list
}

// run trains and compares. The directory of the runs is left where there is anything to see in it.
func (t *selftest) run(ctx context.Context, env []string) (err error) {
	if t.temp, err = os.MkdirTemp("", "strata-selftest-"); err != nil {
		return err
	}
	began := time.Now()
	t.Exact = true
	for i := range t.Runs {
		r := &t.Runs[i]
		dir := filepath.Join(t.temp, strconv.Itoa(i+1))
		for _, cut := range append(slices.Clone(r.Cuts), testedCut{}) {
			if err := t.part(ctx, env, dir, r.Threads, cut); err != nil {
				return fmt.Errorf("%w\nthe runs are kept in %s", err, t.temp)
			}
		}
		if r.SHA256, err = hashRun(dir); err != nil {
			return err
		}
		for _, part := range hashedParts {
			if r.SHA256[part] != t.Runs[0].SHA256[part] {
				r.Differs = append(r.Differs, part)
				t.Exact = false
			}
		}
		t.Cuts += len(r.Cuts)
	}
	t.Seconds = time.Since(began).Seconds()
	if !t.Exact {
		t.Kept = t.temp
		return nil
	}
	return os.RemoveAll(t.temp)
}

// part trains up to a cut, or to the end, in a process of its own.
func (t *selftest) part(ctx context.Context, env []string, dir string, threads int, cut testedCut) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	args := []string{"selftest", "part", t.file, "--run", dir, "--cut", strconv.FormatInt(cut.Step, 10)}
	if cut.Kill {
		args = append(args, "--kill")
	}
	for _, s := range t.set {
		args = append(args, "--set", s)
	}
	c := exec.CommandContext(ctx, program, args...)
	c.Env = append(slices.Clone(env), fmt.Sprintf("GOMAXPROCS=%d", threads))
	var stderr bytes.Buffer
	c.Stderr = &stderr
	err = c.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); ended && cut.Kill && stderr.Len() == 0 {
		return nil // it was killed, as it should be
	}
	if err != nil {
		return fmt.Errorf("a run of the test failed: %w\n%s", err, strings.TrimSpace(stderr.String()))
	}
	return nil
}

// selftestPartVerb is a part of a run in a process that ends at a cut.
func (p *program) selftestPartVerb() *cobra.Command {
	var set []string
	var dir string
	var cut testedCut
	c := &cobra.Command{
		Use:    "part FILE",
		Hidden: true,
		Args:   arguments(1, 1, "FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, cancel := context.WithCancel(c.Context())
			defer cancel()
			at := train.ObserverFunc(func(e train.Event) {
				if s, ok := e.(*train.Stepped); !ok || s.Step != cut.Step {
					return
				}
				if cancel(); cut.Kill {
					killSelf()
				}
			})
			r, err := p.beginPart(args[0], dir, set, at)
			if err != nil {
				return err
			}
			_, err = r.Train(ctx)
			return errors.Join(err, r.Close())
		},
	}
	c.Flags().StringVar(&dir, "run", "", "")
	c.Flags().Int64Var(&cut.Step, "cut", 0, "")
	c.Flags().BoolVar(&cut.Kill, "kill", false, "")
	addSetFlag(c, &set)
	return c
}

func (p *program) beginPart(file, dir string, set []string, o train.Observer) (*experiment.Run, error) {
	if experiment.IsRun(dir) {
		return experiment.Resume(dir, experiment.ResumeOptions{}, o)
	}
	e, err := experiment.Load(file, experiment.Options{Set: set, Env: p.env})
	if err != nil {
		return nil, err
	}
	return e.Start(dir, o)
}

// killSelf ends the process at once, by SIGKILL where there are signals, and does not return.
func killSelf() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	time.Sleep(time.Hour) // until the system has done it
}

// hashRun returns the SHA-256 of what a run has left: hashedParts of its newest checkpoint, and its log.
func hashRun(dir string) (map[string]string, error) {
	path, skipped, err := experiment.FindCheckpoint(dir, false)
	if err = errors.Join(append(skipped, err)...); err != nil {
		return nil, err
	}
	f, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sums := map[string]hash.Hash{}
	for _, part := range hashedParts {
		sums[part] = sha256.New()
	}
	for _, info := range f.Tensors() {
		t, err := f.Tensor(info.Name)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(sums[t.Role], "%s %s %v\n", t.Name, t.DType, t.Shape)
		sums[t.Role].Write(t.Data)
	}
	state, err := json.Marshal(inspect(path, f).State)
	if err != nil {
		return nil, err
	}
	sums["progress"].Write(state)
	log, err := os.ReadFile(filepath.Join(dir, train.MetricsFile))
	if err != nil {
		return nil, err
	}
	sums["log"].Write(log)
	hex256 := map[string]string{}
	for part, sum := range sums {
		hex256[part] = hex.EncodeToString(sum.Sum(nil))
	}
	return hex256, nil
}

func (p *program) printSelftest(t *selftest) {
	columns := map[string]string{
		checkpoint.Param: "parameters", checkpoint.Slot: "slots", checkpoint.Aux: "states", checkpoint.Meter: "meters",
	}
	table := table{align: "lrl" + strings.Repeat("l", len(hashedParts))}
	head := []string{"run", "threads", "cut after"}
	for _, part := range hashedParts {
		if columns[part] != "" {
			part = columns[part]
		}
		head = append(head, part)
	}
	table.add(head...)
	for i, r := range t.Runs {
		row := []string{r.Name, strconv.Itoa(r.Threads), describeCuts(r.Cuts)}
		for _, part := range hashedParts {
			switch {
			case r.SHA256[part] == hashOfNothing && !slices.Contains(r.Differs, part):
				row = append(row, "none")
			case i == 0:
				row = append(row, r.SHA256[part][:8]+"…")
			case slices.Contains(r.Differs, part):
				row = append(row, "DIFFER")
			default:
				row = append(row, "equal")
			}
		}
		table.add(row...)
	}
	table.write(p.stdout)
	verdict := "resume is exact"
	if !t.Exact {
		verdict = "resume is NOT exact"
	}
	fmt.Fprintf(p.stdout, "\n%s: %s, %s, %s, in %.1f s\n", verdict, plural(len(t.Runs), "run"), plural(t.Cuts, "cut"), plural(t.Steps, "step"), t.Seconds)
	for i, r := range t.Runs {
		if len(r.Differs) > 0 {
			fmt.Fprintf(p.stdout, "strata diff %s %s --last\n", filepath.Join(t.Kept, "1"), filepath.Join(t.Kept, strconv.Itoa(i+1)))
		}
	}
}

// describeCuts lists the steps after which a run was cut.
func describeCuts(cuts []testedCut) string {
	if len(cuts) == 0 {
		return "—"
	}
	var steps []string
	for _, c := range cuts {
		steps = append(steps, strconv.FormatInt(c.Step, 10))
	}
	return strings.Join(steps, ", ")
}
