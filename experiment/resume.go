package experiment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/internal/atomicfile"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// ResumeOptions say what changes when a run goes on.
type ResumeOptions struct {
	Epochs  int64  // train until this many epochs are done; 0 keeps what the run has
	DataDir string // where relative data paths start; "" for where they started when the run began
}

// Resume returns the run in dir at its newest intact checkpoint, or at its first step where it has none. It refuses
// when a data file has changed since the run began. It holds the run's lock until Close.
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
	info, err := ReadInfo(r.Dir)
	if err != nil {
		return err
	}
	opts := Options{Dir: info.Dir}
	if o.DataDir != "" {
		opts.Dir = o.DataDir
	}
	f, err := r.openNewest()
	if err != nil {
		return err
	}
	if f == nil {
		err = r.restart(o, opts, info.Data, observers)
	} else {
		defer f.Close()
		err = r.goOn(f, o, opts, observers)
	}
	if err != nil || o.Epochs == 0 {
		return err
	}
	return writeFile(r.configPath(), r.Experiment.Resolved())
}

func (r *Run) configPath() string { return filepath.Join(r.Dir, ConfigFile) }

// openNewest opens the newest intact checkpoint. It returns nil where there has never been one.
func (r *Run) openNewest() (*checkpoint.File, error) {
	dir := filepath.Join(r.Dir, train.CheckpointDir)
	if _, err := atomicfile.RemoveTemps(atomicfile.OS{}, dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	path, skipped, err := checkpoint.Latest(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r.Warnings = append(r.Warnings, SkipWarnings(skipped, path)...)
	return checkpoint.Open(path)
}

// restart begins a run that has no checkpoint again, as config.yaml has it.
func (r *Run) restart(o ResumeOptions, opts Options, was []data.File, observers []train.Observer) error {
	r.Warnings = append(r.Warnings, "the run has no checkpoint yet and starts at its first step")
	opts.Set = setEpochs(o.Epochs)
	var err error
	if r.Experiment, err = Load(r.configPath(), opts); err != nil {
		return err
	}
	if err := r.checkData(was); err != nil {
		return err
	}
	return r.begin(nil, observers)
}

// goOn puts the run in the state of a checkpoint.
func (r *Run) goOn(f *checkpoint.File, o ResumeOptions, opts Options, observers []train.Observer) error {
	epochs := o.Epochs
	if epochs == 0 {
		// config.yaml knows of an extension of which no checkpoint has been written yet.
		if written, err := Load(r.configPath(), Options{SkipData: true, Resumed: true}); err == nil {
			epochs = written.Config.Train.Epochs
		}
	}
	opts.Set, opts.Fitted, opts.Resumed = setEpochs(epochs), f.Config().Preprocessing, true
	var err error
	if r.Experiment, err = Parse(r.configPath(), []byte(f.Config().Text), opts); err != nil {
		return err
	}
	if err := r.checkData(filesOf(f.Config())); err != nil {
		return err
	}
	r.warnOfArithmetic(f.Config())
	if err := r.begin(f, observers); err != nil {
		return err
	}
	return r.session.Restore(f)
}

// setEpochs returns the override that changes the length of a run, none for 0.
func setEpochs(epochs int64) []string {
	if epochs == 0 {
		return nil
	}
	return []string{"train.epochs=" + strconv.FormatInt(epochs, 10)}
}

// checkData refuses to go on with other data than the run began with.
func (r *Run) checkData(was []data.File) error {
	if err := compareFiles(was, r.Experiment.Splits.Files); err != nil {
		return fmt.Errorf("%w: restore the file, or start a new run", err)
	}
	return nil
}

// warnOfArithmetic warns where the run was computed by something else than what goes on with it.
func (r *Run) warnOfArithmetic(c checkpoint.Config) {
	if c.Kernel != tensor.KernelFamily {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the run was computed by the %s kernels and goes on with %s: the same bits are not promised", c.Kernel, tensor.KernelFamily))
	}
	if v := Version(); c.Strata != v {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the run was computed by strata %s and goes on with %s: the same bits are not promised", c.Strata, v))
	}
}
