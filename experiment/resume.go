package experiment

import (
	"errors"
	"fmt"
	"io/fs"
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

// An OptionError says that ResumeOptions ask for what the run cannot do. Nothing has been changed.
type OptionError struct{ Err error }

func (e *OptionError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *OptionError) Unwrap() error { return e.Err }

// Resume returns the run in dir at its newest intact checkpoint, or at its first step where it has none. It refuses
// when a data file has changed since the run began, and when config.yaml differs from the checkpoint in more than
// train.epochs. Where config.yaml is lost it is written again. It holds the run's lock until Close. An error for what o
// asks is an *OptionError.
func Resume(dir string, o ResumeOptions, observers ...train.Observer) (*Run, error) {
	if !IsRun(dir) {
		return nil, fmt.Errorf("%s is no run directory: it has neither %s nor a checkpoint", dir, ConfigFile)
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
	info, err := r.readInfo(o)
	if err != nil {
		return err
	}
	opts := Options{Dir: info.Dir, InRun: true}
	f, err := r.openNewest()
	if err != nil {
		return err
	}
	if f == nil {
		return r.restart(o, opts, info, observers)
	}
	defer f.Close()
	return r.goOn(f, o, opts, observers)
}

// readInfo reads run.json, with the Dir that o wants. Of the rest a run can do without.
func (r *Run) readInfo(o ResumeOptions) (Info, error) {
	info, err := ReadInfo(r.Dir)
	switch {
	case err != nil && o.DataDir == "":
		return info, fmt.Errorf("%w: it says where the data is; name the directory where relative data paths start with --data-dir", err)
	case err != nil:
		r.Warnings = append(r.Warnings, fmt.Sprintf("the run goes on without %s: %v", InfoFile, err))
	}
	if o.DataDir != "" {
		info.Dir = o.DataDir
	}
	return info, nil
}

func (r *Run) configPath() string { return filepath.Join(r.Dir, ConfigFile) }

// openNewest removes what writers that were killed have left, and opens the newest intact checkpoint. It returns nil
// where there has never been one.
func (r *Run) openNewest() (*checkpoint.File, error) {
	checkpoints := filepath.Join(r.Dir, train.CheckpointDir)
	for _, dir := range []string{r.Dir, checkpoints} {
		if _, err := atomicfile.RemoveTemps(atomicfile.Disk, dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	path, skipped, err := checkpoint.Latest(checkpoints)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r.Warnings = append(r.Warnings, SkipWarnings(skipped, path)...)
	return checkpoint.Open(path)
}

// restart begins a run that has no checkpoint again, as config.yaml has it. The data files were those that run.json
// lists, nil where it is lost.
func (r *Run) restart(o ResumeOptions, opts Options, was Info, observers []train.Observer) error {
	r.Warnings = append(r.Warnings, "the run has no checkpoint yet and starts at its first step")
	opts.Set = setEpochs(o.Epochs)
	var err error
	if r.Experiment, err = Load(r.configPath(), opts); err != nil {
		return err
	}
	if was.Data == nil && r.Experiment.Splits.Files != nil {
		r.Warnings = append(r.Warnings, "whether the data has changed since the run began is not known")
	} else if err := r.checkData(was.Data); err != nil {
		return err
	}
	if err := comparePretrained(was.Vectors, r.Experiment.Vectors); err != nil {
		return fmt.Errorf("%w: restore the file, or start a new run", err)
	}
	if err := r.begin(nil, observers); err != nil || o.Epochs == 0 {
		return err
	}
	return r.writeConfig()
}

// goOn puts the run in the state of a checkpoint.
func (r *Run) goOn(f *checkpoint.File, o ResumeOptions, opts Options, observers []train.Observer) error {
	was, err := Parse(f.Path(), []byte(f.Config().Text), Options{SkipData: true, Resumed: true})
	if err != nil {
		return err
	}
	epochs, lost, err := r.checkConfig(f.Path(), was)
	if err != nil {
		return err
	}
	if o.Epochs > 0 {
		epochs = o.Epochs
	}
	if err := checkEpochs(f.State(), was.Config.Train.Epochs, epochs); err != nil {
		if o.Epochs > 0 {
			return &OptionError{fmt.Errorf("--epochs %d: %w", epochs, err)}
		}
		return fmt.Errorf("%s: train.epochs is %d: %w", r.configPath(), epochs, err)
	}
	opts.Set, opts.Fitted, opts.Resumed = setEpochs(epochs), f.Config().Preprocessing, true
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
	if err := r.session.Restore(f); err != nil || o.Epochs == 0 && !lost {
		return err
	}
	return r.writeConfig()
}

// checkConfig compares config.yaml with the experiment of the checkpoint at a path. They may differ in train.epochs
// alone, since config.yaml knows of an extension of which no checkpoint has been written yet. lost says that there is no
// config.yaml that could be read; epochs are then those of the checkpoint.
func (r *Run) checkConfig(path string, was *Experiment) (epochs int64, lost bool, err error) {
	is, err := Load(r.configPath(), Options{SkipData: true, Resumed: true})
	if err != nil {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%s is written again from %s, because it could not be read: %v", ConfigFile, path, err))
		return was.Config.Train.Epochs, true, nil
	}
	epochs = is.Config.Train.Epochs
	is.Config.Train.Epochs = was.Config.Train.Epochs
	if changes := compareOrigins(was.Origins(), is.Origins()); len(changes) > 0 {
		return 0, false, fmt.Errorf("%s was changed: %s: the run goes by its checkpoint: restore %s, or start a new run",
			r.configPath(), joinSome(changes), ConfigFile)
	}
	return epochs, false, nil
}

func (r *Run) writeConfig() error { return writeFile(r.configPath(), r.Experiment.Resolved()) }

// checkEpochs returns an error where a run in state s that was to train for planned epochs cannot train for epochs.
func checkEpochs(s checkpoint.State, planned, epochs int64) error {
	switch {
	case epochs < s.Epoch:
		return fmt.Errorf("%d epochs are done already", s.Epoch)
	case epochs == s.Epoch && s.Position > 0:
		return fmt.Errorf("%d epochs are done already, and the next one has begun", s.Epoch)
	case epochs > planned && s.StopReason == train.ReasonEarly:
		return errors.New("early_stopping ended the run, because evaluations no longer improve, and more epochs do not change that: start a new run with more patience")
	case epochs > planned && s.StopReason == train.ReasonSteps:
		return fmt.Errorf("train.steps ended the run after %d steps, and more epochs do not change that: start a new run with more steps", s.Step)
	}
	return nil
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
	if c.Kernel != tensor.KernelFamily() {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the run was computed by the %s kernels and goes on with %s: the same bits are not promised", c.Kernel, tensor.KernelFamily()))
	}
	if v := Version(); c.Strata != v {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the run was computed by strata %s and goes on with %s: the same bits are not promised", c.Strata, v))
	}
}
