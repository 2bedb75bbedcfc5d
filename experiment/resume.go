package experiment

import (
	"bytes"
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
	Epochs  int64    // train until this many epochs are done; 0 keeps what the run has
	DataDir string   // where relative data paths start; "" for where they started when the run began
	Change  []string // values of --change: KEY=VALUE, the later wins

	AllowDataChange bool // go on where data files are not those that the run had
}

// An OptionError says that ResumeOptions ask for what the run cannot do. Nothing has been changed.
type OptionError struct{ Err error }

func (e *OptionError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *OptionError) Unwrap() error { return e.Err }

// Resume returns the run in dir at its newest intact checkpoint, or at its first step where it has none. It compares
// config.yaml, with what o changes, with the experiment of the checkpoint, and the data files with those of the checkpoint.
// Keys of the class extend may differ; those of the class override only where o.Change has them, and the history records
// it; everything else is refused, in a *Diagnostics. Where config.yaml is lost or o changes something it is written again.
// Resume holds the run's lock until Close. An error for what o asks is an *OptionError.
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

// restart begins a run that has no checkpoint again, as config.yaml and o have it. The data files were those that run.json
// lists, nil where it is lost.
func (r *Run) restart(o ResumeOptions, opts Options, was Info, observers []train.Observer) error {
	r.Warnings = append(r.Warnings, "the run has no checkpoint yet and starts at its first step")
	planned, err := Load(r.configPath(), Options{SkipData: true, Resumed: true})
	if err != nil {
		return err
	}
	opts.Set, opts.Change = setEpochs(o.Epochs), o.Change
	if r.Experiment, err = Load(r.configPath(), opts); err != nil {
		return err
	}
	changed, said, err := r.Experiment.changes(&planned.Config, r.Dir)
	if err != nil {
		return err
	}
	for _, c := range changed {
		said = append(said, fmt.Sprintf("%s was %s and is %s from the first step on", c.Key, c.From, c.To))
	}
	r.Notes = said
	if err := r.checkBegun(o, was); err != nil {
		return err
	}
	if err := r.begin(nil, observers); err != nil || len(said) == 0 {
		return err
	}
	return r.writeConfig()
}

// checkBegun compares the files of a run that begins again with those of run.json, and writes it anew where others are
// allowed.
func (r *Run) checkBegun(o ResumeOptions, was Info) error {
	if was.Data == nil && r.Experiment.Splits.Files != nil {
		r.Warnings = append(r.Warnings, "whether the data has changed since the run began is not known")
		return nil
	}
	changes, err := r.checkData(o, was.Data)
	if err != nil {
		return err
	}
	err = comparePretrained(was.Vectors, r.Experiment.Vectors)
	if err != nil && !o.AllowDataChange {
		return fmt.Errorf("%w: %s", err, dataRemedy)
	}
	if err == nil && len(changes) == 0 {
		return nil
	}
	if err != nil {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the run goes on with other data: %v", err))
	}
	was.Data, was.Vectors = r.Experiment.Splits.Files, r.Experiment.Vectors
	return was.write(r.Dir)
}

// goOn puts the run in the state of a checkpoint.
func (r *Run) goOn(f *checkpoint.File, o ResumeOptions, opts Options, observers []train.Observer) error {
	was, err := Parse(f.Path(), []byte(f.Config().Text), Options{SkipData: true, Resumed: true})
	if err != nil {
		return err
	}
	text, lost, err := r.readConfig(f)
	if err != nil {
		return err
	}
	opts.Set, opts.Change, opts.Fitted, opts.Resumed = setEpochs(o.Epochs), o.Change, f.Config().Preprocessing, true
	changes, err := r.compareConfig(f, was, text, opts, o)
	if err != nil {
		return err
	}
	if r.Experiment, err = Parse(r.configPath(), text, opts); err != nil {
		return err
	}
	changed, err := r.checkData(o, filesOf(f.Config()))
	if err == nil {
		err = compareRows(filesOf(f.Config()), r.Experiment.Splits.Files)
	}
	if err != nil {
		return err
	}
	if err := checkWeights(r.Experiment, f); err != nil {
		return err
	}
	r.warnOfArithmetic(f.Config())
	if err := r.begin(f, observers); err != nil {
		return err
	}
	if err := r.session.Restore(f, append(changes, changed...)...); err != nil {
		return err
	}
	if o.Epochs == 0 && len(o.Change) == 0 && !lost {
		return nil
	}
	return r.writeConfig()
}

// readConfig returns the text of config.yaml. Lost says that there is nothing or the beginning of it alone, and that the text
// is the checkpoint's. What a person has made of it that is no experiment is an error.
func (r *Run) readConfig(f *checkpoint.File) (text []byte, lost bool, err error) {
	kept := []byte(f.Config().Text)
	text, err = readBounded(r.configPath(), maxBytes)
	if err == nil {
		_, err = Parse(r.configPath(), text, Options{SkipData: true, Resumed: true})
	}
	switch {
	case err == nil:
		return text, false, nil
	case !bytes.HasPrefix(kept, text):
		return nil, false, fmt.Errorf("%w\nmend it, or remove it: resume then writes it again from the checkpoint", err)
	}
	r.Warnings = append(r.Warnings, fmt.Sprintf("%s is written again from %s, because it could not be read: %v", ConfigFile, f.Path(), err))
	return kept, true, nil
}

// compareConfig compares what the run is to go on as with the experiment of its checkpoint, and returns what is to be
// recorded. An edit of config.yaml and a flag are alike, but for the keys that only a flag may change.
func (r *Run) compareConfig(f *checkpoint.File, was *Experiment, text []byte, opts Options, o ResumeOptions) ([]train.Change, error) {
	opts.SkipData = true
	is, err := Parse(r.configPath(), text, opts)
	if err != nil {
		return nil, err
	}
	changes, said, err := is.changes(&was.Config, r.Dir)
	if err != nil {
		return nil, err
	}
	r.Notes = said
	key, err := checkLength(f.State(), &was.Config, &is.Config)
	switch {
	case err == nil:
		return changes, nil
	case o.Epochs > 0 && key == "epochs":
		return nil, &OptionError{fmt.Errorf("--epochs %d: %w", o.Epochs, err)}
	}
	at := is.readAt("train." + key)
	err = fmt.Errorf("train.%s is %s: %w", key, oneLine(at), err)
	if is.isChange(at) {
		return nil, &OptionError{err}
	}
	return nil, fmt.Errorf("%s: %w", r.configPath(), err)
}

func (r *Run) writeConfig() error { return writeFile(r.configPath(), r.Experiment.Resolved()) }

// areDone counts what is done: "1 epoch is", "2 epochs are".
func areDone(n int64, unit string) string {
	if n == 1 {
		return fmt.Sprintf("%d %s is", n, unit)
	}
	return fmt.Sprintf("%d %ss are", n, unit)
}

// checkLength returns an error, and the key under train that is at fault, where a run in state s cannot become as long as
// its experiment says now.
func checkLength(s checkpoint.State, was, is *Config) (key string, err error) {
	epochs, more := is.Train.Epochs, is.Train.Epochs > was.Train.Epochs
	switch stop := is.EarlyStopping; {
	case epochs < s.Epoch:
		return "epochs", fmt.Errorf("%s done already", areDone(s.Epoch, "epoch"))
	case epochs == s.Epoch && s.Position > 0:
		return "epochs", fmt.Errorf("%s done already, and the next one has begun", areDone(s.Epoch, "epoch"))
	case is.Train.Steps > 0 && is.Train.Steps < s.Step:
		return "steps", fmt.Errorf("%s done already", areDone(s.Step, "step"))
	case more && s.StopReason == train.ReasonEarly && stop != nil && s.EarlyStop != nil && stop.Metric == s.EarlyStop.Metric && s.EarlyStop.Waited >= stop.Patience:
		return "epochs", fmt.Errorf("early_stopping ended the run, because evaluations no longer improve, and more epochs do not change that: give it more patience with --change early_stopping.patience=%d", 2*stop.Patience)
	case more && s.StopReason == train.ReasonSteps && is.Train.Steps == s.Step:
		return "epochs", fmt.Errorf("train.steps ended the run after %d steps, and more epochs do not change that: give it more steps with --change train.steps=%d", s.Step, 2*s.Step)
	}
	return "", nil
}

// setEpochs returns the override that changes the length of a run, none for 0.
func setEpochs(epochs int64) []string {
	if epochs == 0 {
		return nil
	}
	return []string{"train.epochs=" + strconv.FormatInt(epochs, 10)}
}

// dataRemedy says what to do about a file that is not the one that the run began with.
const dataRemedy = "restore the file, go on with it as it is by --allow-data-change, or start a new run"

// checkData refuses to go on with other data than the run had, unless o allows it: then it returns what is to be recorded.
func (r *Run) checkData(o ResumeOptions, was []data.File) ([]train.Change, error) {
	changes, err := compareFiles(was, r.Experiment.Splits.Files)
	if err != nil && (changes == nil || !o.AllowDataChange) {
		return nil, fmt.Errorf("%w: %s", err, dataRemedy)
	}
	if err != nil {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the run goes on with other data: %v", err))
	}
	return changes, nil
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
