package experiment

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/train"
)

// Trained is the model of a checkpoint with the experiment that made it: it scores and predicts.
type Trained struct {
	Config   Config
	Path     string // of the checkpoint
	State    checkpoint.State
	Warnings []string // what a person should know: of the checkpoint, and of each file that was read
	dir      string
	source   data.Source
	file     *checkpoint.File
	info     *Info // of the run; nil where it is lost
}

// TrainedOptions say which checkpoint of a run is meant, and where its data is.
type TrainedOptions struct {
	Last    bool   // the newest checkpoint of a run directory instead of the best
	DataDir string // where relative data paths start; "" for where they started when the run began, or here
}

// OpenTrained opens a checkpoint, or that of a run directory: the best one, or the newest.
func OpenTrained(path string, o TrainedOptions) (*Trained, error) {
	file, skipped, err := FindCheckpoint(path, !o.Last)
	if err != nil {
		return nil, err
	}
	f, err := checkpoint.Open(file)
	if err != nil {
		return nil, err
	}
	e, err := Parse(file, []byte(f.Config().Text), Options{Resumed: true, SkipData: true})
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	t := &Trained{Config: e.Config, Path: file, State: f.State(), dir: o.DataDir, source: e.Config.Data.New(), file: f}
	t.Warnings = SkipWarnings(skipped, file)
	if _, err := t.Labels(); err != nil { // what the data source fitted is no such thing
		return nil, errors.Join(fmt.Errorf("%s: %w", file, err), f.Close())
	}
	info, err := ReadInfo(filepath.Dir(filepath.Dir(file)))
	switch {
	case err == nil:
		if t.info = &info; t.dir == "" {
			t.dir = info.Dir
		}
	case !errors.Is(err, fs.ErrNotExist):
		t.Warnings = append(t.Warnings, fmt.Sprintf("it goes on without %s: %v", InfoFile, err))
	}
	return t, nil
}

// Close closes the checkpoint.
func (t *Trained) Close() error { return t.file.Close() }

func (t *Trained) context() data.Context {
	return data.Context{Dir: t.dir, Seed: t.Config.Seed, Fitted: t.file.Config().Preprocessing}
}

// Evaluate scores the model on the evaluation rows of its experiment. It refuses when a data file has changed since the
// run began: the score would be of other rows, and perhaps of rows that were trained on.
func (t *Trained) Evaluate() (train.Record, error) {
	set, err := t.evalRows()
	if err != nil {
		return train.Record{}, err
	}
	p, err := newPredictor(&t.Config, inputSpecs(set), t.file)
	if err != nil {
		return train.Record{}, err
	}
	return t.evaluate(p, set)
}

// evalRows returns the evaluation rows of the experiment, which must be what they were when the run began.
func (t *Trained) evalRows() (*data.Set, error) {
	splits, err := t.source.Load(t.context())
	if missing, ok := errors.AsType[*fs.PathError](err); ok && errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", err, whereItLooked(t.dir, missing.Path))
	}
	if err != nil {
		return nil, err
	}
	if _, err := compareFiles(filesOf(t.file.Config()), splits.Files); err != nil {
		return nil, fmt.Errorf("%w: restore the file, or evaluate on another one with --input", err)
	}
	if splits.Eval == nil {
		return nil, errors.New("the experiment has no evaluation rows: name a file to evaluate on")
	}
	return splits.Eval, nil
}

// EvaluateFile scores the model on the rows of another file of the same kind. A metric with a setting to choose, such as
// the threshold of token_f1, is chosen by the evaluation rows of the experiment first.
func (t *Trained) EvaluateFile(path string) (train.Record, error) {
	set, err := t.read(t.context(), path)
	if err != nil {
		return train.Record{}, err
	}
	if set.Target == nil {
		return train.Record{}, fmt.Errorf("%s has no target to score against", path)
	}
	p, err := newPredictor(&t.Config, inputSpecs(set), t.file)
	if err != nil {
		return train.Record{}, err
	}
	if p.tunes() {
		chosenBy, err := t.evalRows()
		if err == nil {
			err = p.tune(chosenBy, t.Config.Train.BatchSize)
		}
		if err != nil {
			return train.Record{}, fmt.Errorf("a metric is tuned on the evaluation rows of the experiment: %w", err)
		}
	}
	return t.evaluate(p, set)
}

// read reads the rows of another file.
func (t *Trained) read(c data.Context, path string) (*data.Set, error) {
	set, err := t.source.Read(c, path)
	if err != nil {
		return nil, err
	}
	t.Warnings = append(t.Warnings, set.Warnings...)
	return set, nil
}

func (t *Trained) evaluate(p predictor, set *data.Set) (train.Record, error) {
	rec, err := p.evaluate(set, t.Config.Train.BatchSize)
	if err != nil {
		return rec, fmt.Errorf("%s: %w", t.Path, err)
	}
	rec.Step = t.State.Step
	rec.Epoch = train.Number(t.State.Epoch)
	return rec, nil
}

// A Prediction is what the model says of one row.
type Prediction struct {
	Values []float64 // the probabilities of the classes, or the numbers predicted, in the units of the data file
	Class  string    // the most probable class; "" for numbers, and where a value is NaN
}

// Predict calls f with the prediction for each row of a file, in order. The Prediction is valid during the call. Where
// the file has a column of the target, its cells may hold anything.
func (t *Trained) Predict(path string, f func(row int, p Prediction) error) error {
	c := t.context()
	c.NoTarget = true
	set, err := t.read(c, path)
	if err != nil {
		return err
	}
	p, err := newPredictor(&t.Config, inputSpecs(set), t.file)
	if err != nil {
		return err
	}
	labels, err := t.Labels()
	if err != nil {
		return err
	}
	shift, scale, err := t.targetUnits(c)
	if err != nil {
		return err
	}
	row := 0
	return p.predict(set, t.Config.Train.BatchSize, func(values []float64, class int) error {
		prediction := Prediction{Values: values}
		switch {
		case labels == nil:
			for i := range values {
				values[i] = shift + scale*values[i]
			}
		case class != train.NoClass:
			prediction.Class = labels[class]
		}
		row++
		return f(row-1, prediction)
	})
}

// Labels returns the names of the target's classes, nil where the target is a number.
func (t *Trained) Labels() ([]string, error) {
	if l, ok := t.source.(data.Labeled); ok {
		return l.Labels(t.file.Config().Preprocessing)
	}
	return nil, nil
}

func (t *Trained) targetUnits(c data.Context) (shift, scale float64, err error) {
	if u, ok := t.source.(data.Units); ok {
		return u.TargetUnits(c.Fitted)
	}
	return 0, 1, nil
}
