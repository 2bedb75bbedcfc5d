package experiment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/internal/atomicfile"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// A Run is an experiment in its run directory.
type Run struct {
	Experiment *Experiment
	Dir        string
	Warnings   []string // what a person should know before it goes on, such as a damaged checkpoint that was passed over
	session    session
	unlock     func() error
}

// Start returns a new run of the experiment in dir, which must not exist or hold no run. It writes run.json and
// config.yaml, and holds the run's lock until Close.
func (e *Experiment) Start(dir string, observers ...train.Observer) (*Run, error) {
	if e.Splits == nil {
		return nil, errors.New("experiment: it was read without its data")
	}
	unlock, err := makeRunDir(dir)
	if err != nil {
		return nil, err
	}
	r := &Run{Experiment: e, Dir: dir, unlock: unlock}
	if err = r.begin(nil, observers); err == nil {
		err = e.writeInfo(dir)
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// ResumeOptions say what changes when a run goes on.
type ResumeOptions struct {
	Epochs  int64  // train until this many epochs are done; 0 keeps what the run has
	DataDir string // where relative data paths start; "" for where they started when the run began
}

// Resume returns the run in dir at its newest intact checkpoint, or at its first step where it has none. It refuses
// when a data file has changed since. It holds the run's lock until Close.
func Resume(dir string, o ResumeOptions, observers ...train.Observer) (*Run, error) {
	if _, err := os.Stat(filepath.Join(dir, ConfigFile)); err != nil {
		return nil, fmt.Errorf("%s is no run directory: %w", dir, err)
	}
	r := &Run{Dir: dir}
	var err error
	if r.unlock, err = lockRun(dir); err != nil {
		return nil, err
	}
	if err = r.resume(o, observers); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Run) resume(o ResumeOptions, observers []train.Observer) error {
	checkpoints := filepath.Join(r.Dir, train.CheckpointDir)
	if _, err := atomicfile.RemoveTemps(atomicfile.OS{}, checkpoints); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	path, skipped, err := checkpoint.Latest(checkpoints)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	r.Warnings = append(r.Warnings, SkipWarnings(skipped, path)...)
	var f *checkpoint.File
	if err == nil {
		if f, err = checkpoint.Open(path); err != nil {
			return err
		}
		defer f.Close()
	} else {
		r.Warnings = append(r.Warnings, "the run has no checkpoint yet and starts at its first step")
	}
	if err := r.reload(f, o); err != nil {
		return err
	}
	if err := r.begin(f, observers); err != nil {
		return err
	}
	if f == nil {
		return nil
	}
	return r.session.Restore(f)
}

// reload reads the experiment again: from the checkpoint, or from config.yaml where there is none.
func (r *Run) reload(f *checkpoint.File, o ResumeOptions) error {
	info, err := ReadInfo(r.Dir)
	if err != nil {
		return err
	}
	opts := Options{Dir: info.Dir}
	if o.DataDir != "" {
		opts.Dir = o.DataDir
	}
	name := filepath.Join(r.Dir, ConfigFile)
	epochs := o.Epochs
	if epochs == 0 {
		// config.yaml knows of an extension of which no checkpoint has been written yet.
		if written, err := Load(name, Options{SkipData: true, Resumed: true}); err == nil {
			epochs = written.Config.Train.Epochs
		}
	}
	if epochs > 0 {
		opts.Set = []string{"train.epochs=" + strconv.FormatInt(epochs, 10)}
	}
	if f == nil {
		r.Experiment, err = Load(name, opts)
	} else {
		opts.Fitted, opts.Resumed = f.Config().Preprocessing, true
		r.Experiment, err = Parse(name, []byte(f.Config().Text), opts)
	}
	if err != nil {
		return err
	}
	if f != nil {
		if err := r.checkUnchanged(f.Config()); err != nil {
			return err
		}
	}
	if o.Epochs > 0 {
		return writeFile(name, r.Experiment.Resolved())
	}
	return nil
}

// checkUnchanged refuses to go on with other data than the run began with, and warns of other arithmetic.
func (r *Run) checkUnchanged(c checkpoint.Config) error {
	files := r.Experiment.Splits.Files
	if len(files) != len(c.Data) {
		return fmt.Errorf("the run read %d data files and finds %d", len(c.Data), len(files))
	}
	for i, was := range c.Data {
		is := files[i]
		if is.SHA256 != was.SHA256 || is.Bytes != was.Bytes {
			return fmt.Errorf("data file %s has changed since the run began: it had %d bytes with SHA-256 %s, and has %d with %s",
				is.Path, was.Bytes, was.SHA256, is.Bytes, is.SHA256)
		}
	}
	if c.Kernel != tensor.KernelFamily {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the run was computed by the %s kernels and goes on with %s: the same bits are not promised", c.Kernel, tensor.KernelFamily))
	}
	if v := Version(); c.Strata != v {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the run was computed by strata %s and goes on with %s: the same bits are not promised", c.Strata, v))
	}
	return nil
}

// begin puts the run together. A warm start is read for a new run only: a checkpoint has what came of it.
func (r *Run) begin(from *checkpoint.File, observers []train.Observer) error {
	e := r.Experiment
	var start *checkpoint.File
	if w := e.Config.WarmStart; w != nil && from == nil {
		path, _, err := FindCheckpoint(resolvePath(e.Dir, w.From), true)
		if err != nil {
			return fmt.Errorf("warm_start: %w", err)
		}
		if start, err = checkpoint.Open(path); err != nil {
			return fmt.Errorf("warm_start: %w", err)
		}
		defer start.Close()
	}
	var err error
	r.session, err = newSession(&e.Config, e.Splits, r.Dir, e.describe(), start, observers)
	return err
}

// Train runs until the end; see train.Run.Train.
func (r *Run) Train(ctx context.Context) (train.Result, error) { return r.session.Train(ctx) }

// Save asks for a checkpoint after the step under way. It may be called from any goroutine, while Train runs.
func (r *Run) Save() { r.session.Save() }

// Close gives the run's lock back.
func (r *Run) Close() error { return r.unlock() }
