package data

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// The tasks of a CSV target.
const (
	taskAuto           = "auto"
	taskClassification = "classification"
	taskRegression     = "regression"
)

// CSVConfig configures the source csv.
//
// A column is numeric when its cells are numbers and categorical when they are texts; one that has both is an error,
// unless it is listed under Categorical. White space around a cell is removed. Everything that is learned from the
// values (means, deviations, categories) is learned from the training rows alone, except the classes of the target,
// which are those of the whole file at Path.
//
// A numeric feature takes one element of the input: (x − mean) / deviation where Standardize is set (the deviation is
// that of the population; a constant column is only centred), and x·Scale otherwise. A missing cell is read as the mean.
// MissingIndicators adds an element after each numeric feature that misses cells in the training rows: 1 where the cell
// is missing, else 0.
//
// A categorical feature takes one element per category, in sorted order: 1 for the category of the cell, 0 elsewhere.
// Missing cells are a category of their own, the last, where the training rows have some. A category that the training
// rows lack sets no element.
type CSVConfig struct {
	_                 struct{} `doc:"rows of a CSV file: numbers and categories in, a class or a number out"`
	Path              string   `doc:"file with a row per example, relative to the experiment file; a name in .gz is unpacked" is:"required"`
	EvalPath          string   `doc:"file with the evaluation rows; without it, eval_fraction of the rows of path are"`
	EvalFraction      float64  `doc:"share of the rows that is drawn at random for evaluation" is:">=0,<1"`
	Header            bool     `doc:"the first row names the columns; otherwise their names are 1, 2, …"`
	Delimiter         string   `doc:"character between cells"`
	Target            string   `doc:"column to predict" is:"required"`
	Task              string   `doc:"what the target is: a class, or a number; auto takes texts as classes and numbers with a fraction as numbers" is:"one of auto|classification|regression"`
	Features          []string `doc:"columns to predict from; without it, all but the target"`
	Exclude           []string `doc:"columns to leave out"`
	Weight            string   `doc:"column that says how much each row counts in the loss and its mean, not less than 0; metrics count all rows alike, and so does the loss for a file of other rows that lacks the column"`
	Categorical       []string `doc:"columns whose numbers are names"`
	Missing           []string `doc:"cells that stand for no value"`
	MissingIndicators bool     `doc:"add an element that tells whether a number was missing, where training rows miss some"`
	Standardize       bool     `doc:"bring numeric features to mean 0 and variance 1"`
	Scale             float64  `doc:"factor of the numeric features where standardize is false" is:">0"`
	StandardizeTarget bool     `doc:"bring the target of a regression to mean 0 and variance 1; losses and metrics are then in deviations, predictions in units of the file"`
}

func init() {
	Register("csv", CSVConfig{
		Header: true, Delimiter: ",", Task: taskAuto, Standardize: true, Scale: 1,
		Missing: []string{"", "NA", "N/A", "NaN", "nan", "null", "?"},
	}, NewCSV)
}

// Validate implements the check of a configuration.
func (c CSVConfig) Validate() error {
	switch {
	case len(c.Delimiter) != 1 || c.Delimiter[0] >= 0x80 || c.Delimiter == "\"" || c.Delimiter == "\n" || c.Delimiter == "\r":
		return wrongKey("delimiter", `must be one ASCII character, such as ";" or "\t", is %q`, c.Delimiter)
	case c.EvalPath != "" && c.EvalFraction != 0:
		return wrongKey("eval_fraction", "is of no use beside eval_path; keep one of them")
	case len(c.Missing) == 0:
		return wrongKey("missing", `must name at least one cell; write [""] for empty cells alone`)
	case c.Standardize && c.Scale != 1:
		return wrongKey("scale", "is of no use to standardized features; add standardize: false")
	case c.Task == taskClassification && c.StandardizeTarget:
		return wrongKey("standardize_target", "needs task: regression")
	case slices.Contains(c.Features, c.Target):
		return wrongKey("features", "must not list the target %q", c.Target)
	case c.Weight != "" && c.Weight == c.Target:
		return wrongKey("weight", "must not be the target %q", c.Target)
	case c.Weight != "" && slices.Contains(c.Features, c.Weight):
		return wrongKey("features", "must not list the weight %q", c.Weight)
	}
	return nil
}

// wrongKey returns an error that a key of the configuration is to blame for.
func wrongKey(key, format string, args ...any) error {
	return &registry.FieldError{Key: key, Err: fmt.Errorf(format, args...)}
}

// CSV is the source csv: one input named features, of shape [elements], and a target of the name of its column, which is
// one class or a number of shape [1].
type CSV struct {
	config CSVConfig
	naming naming
}

// naming is what a set calls its columns, and the shape of its input where that is not one axis.
type naming struct {
	input, target string
	shape         tensor.Shape
}

// NewCSV returns the source of a configuration. A mistake in the configuration comes out of Load.
func NewCSV(c CSVConfig) Source {
	return &CSV{c, naming{input: "features", target: c.Target}}
}

// Load implements Source.
func (s *CSV) Load(c Context) (*Splits, error) {
	if err := s.config.Validate(); err != nil {
		return nil, err
	}
	in, err := openInput(c, s.config.Path)
	if err != nil {
		return nil, err
	}
	defer in.close()
	return s.load(c, in)
}

func (s *CSV) load(c Context, in *input) (*Splits, error) {
	learned, err := s.decodeFitted(c.Fitted)
	if err != nil {
		return nil, err
	}
	f, err := s.readTraining(in, learned)
	if err != nil {
		return nil, err
	}
	train, eval := natural(f.rows, nil), []int(nil)
	if s.config.EvalFraction > 0 {
		if train, eval, err = splitRows(f.file.Path, c.Seed, f.rows, s.config.EvalFraction); err != nil {
			return nil, err
		}
	}
	if learned == nil {
		if learned, err = s.fit(f, train); err != nil {
			return nil, fmt.Errorf("%s: %w", f.file.Path, err)
		}
	}
	all, err := learned.apply(f, s.naming)
	if err != nil {
		return nil, err
	}
	splits := &Splits{Train: all, Fitted: encodeFitted(learned), Files: []File{f.file}}
	if eval != nil {
		splits.Train, splits.Eval = Subset(all, train), Subset(all, eval)
	}
	if s.config.EvalPath == "" {
		return splits, nil
	}
	file, set, err := s.read(c, s.config.EvalPath, learned)
	if err != nil {
		return nil, err
	}
	if set.Target == nil {
		return nil, fmt.Errorf("%s: the evaluation rows lack the target %q", s.config.EvalPath, s.config.Target)
	}
	splits.Eval, splits.Files = set, append(splits.Files, file)
	return splits, nil
}

// Read implements Source.
func (s *CSV) Read(c Context, path string) (*Set, error) {
	if err := s.config.Validate(); err != nil {
		return nil, err
	}
	learned, err := s.decodeFitted(c.Fitted)
	if err != nil {
		return nil, err
	}
	if learned == nil {
		return nil, errors.New("csv: reading more rows needs what the training run fitted")
	}
	_, set, err := s.read(c, path, learned)
	return set, err
}

func (s *CSV) read(c Context, path string, learned *fittedCSV) (File, *Set, error) {
	in, err := openInput(c, path)
	if err != nil {
		return File{}, nil, err
	}
	defer in.close()
	want, config := learned.wanted(true), s.config
	if c.NoTarget {
		want, config.Weight = want[:len(want)-1], ""
	}
	f, err := readFrame(config, in, func([]string) ([]wanted, error) { return want, nil })
	if err != nil {
		return File{}, nil, err
	}
	set, err := learned.apply(f, s.naming)
	return f.file, set, err
}

// TargetUnits implements Units.
func (s *CSV) TargetUnits(fitted []byte) (shift, scale float64, err error) {
	learned, err := s.decodeFitted(fitted)
	if err != nil || learned == nil || learned.Target.Number == nil {
		return 0, 1, err
	}
	return learned.Target.Number.Shift, learned.Target.Number.Scale, nil
}

// Labels implements Labeled.
func (s *CSV) Labels(fitted []byte) ([]string, error) {
	learned, err := s.decodeFitted(fitted)
	if err != nil || learned == nil {
		return nil, err
	}
	return learned.Target.Classes, nil
}

// readTraining reads the file at Path. The last column of the frame is the target.
func (s *CSV) readTraining(in *input, learned *fittedCSV) (*frame, error) {
	f, err := readFrame(s.config, in, func(names []string) ([]wanted, error) {
		if learned != nil {
			return learned.wanted(false), nil
		}
		return s.wanted(names)
	})
	if err != nil {
		return nil, err
	}
	return f, s.checkTarget(f)
}

const (
	featureRemedy = "list the cell under missing if it stands for no value, or the column under categorical if it holds names"
	targetRemedy  = "say task: classification if it is a class, or list the cell under missing and see which rows lack a target"
)

// wanted returns the features, in the order of the list or else of the file, and the target.
func (s *CSV) wanted(names []string) ([]wanted, error) {
	c := s.config
	weight := []string{c.Weight}
	if c.Weight == "" {
		weight = nil
	}
	for _, list := range []struct {
		key   string
		names []string
	}{{"target", []string{c.Target}}, {"weight", weight}, {"features", c.Features}, {"exclude", c.Exclude}, {"categorical", c.Categorical}} {
		for _, name := range list.names {
			if !slices.Contains(names, name) {
				return nil, &registry.FieldError{Key: list.key, Err: unknownColumn(name, names)}
			}
		}
	}
	features, listed := c.Features, map[string]bool{}
	if len(features) == 0 {
		features = names
	}
	var want []wanted
	for _, name := range features {
		if name == c.Target || slices.Contains(weight, name) || slices.Contains(c.Exclude, name) {
			continue
		}
		if listed[name] {
			return nil, wrongKey("features", "lists %q twice", name)
		}
		listed[name] = true
		w := wanted{name: name, remedy: featureRemedy}
		if slices.Contains(c.Categorical, name) {
			w.kind = text
		}
		want = append(want, w)
	}
	if len(want) == 0 {
		return nil, errors.New("no column is left to predict from")
	}
	target := wanted{name: c.Target, remedy: targetRemedy}
	switch {
	case c.Task == taskClassification || slices.Contains(c.Categorical, c.Target):
		target.kind = text
	case c.Task == taskRegression:
		target.kind = number
	}
	return append(want, target), nil
}

func unknownColumn(name string, names []string) error {
	unknown := registry.UnknownError{Name: name, Known: names[:min(len(names), 40)]}
	return fmt.Errorf("%q is no column of the file; %s", name, unknown.Hint())
}

// checkTarget returns an error where the task is open: whole numbers may be classes as well as amounts.
func (s *CSV) checkTarget(f *frame) error {
	t := f.columns[len(f.columns)-1]
	if t.missing > 0 {
		return t.absentError(f.file.Path, "target")
	}
	if t.kind != number || t.forced {
		return nil
	}
	distinct := map[float64]bool{}
	for _, v := range t.numbers {
		if v != math.Trunc(v) {
			return nil
		}
		distinct[v] = true
	}
	return fmt.Errorf("%s: %w", f.file.Path, wrongKey("task",
		"is needed, because the target %q holds whole numbers, %d different ones; say classification or regression", t.name, len(distinct)))
}
