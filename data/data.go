// Package data turns files into batches: what a source, a set and a column are; the built-in sources, one file each;
// the transforms that are fitted on the training rows; and the order in which rows are visited.
//
// Nothing here has a state that a run must save. The order of an epoch is a pure function of the seed and the epoch,
// the position in it is one integer, and what a source fitted on the training rows is a value in the checkpoint.
package data

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// A Column holds one value per row: an input or a target. The rows that a method is asked for are indices in
// [0, Len), in any order, with repetitions. Methods may be called from several goroutines at once and allocate nothing.
type Column interface {
	Spec() tensor.Spec
	Len() int
	Float32(dst []float32, rows []int) // dst [len(rows), shape…]; numeric columns only
	Float64(dst []float64, rows []int) // dst [len(rows), shape…]; numeric columns only
	Int32(dst []int32, rows []int)     // dst [len(rows), shape…]; index columns only
}

// A Set is a collection of rows: the inputs of a model, and the target. All columns have the same length.
type Set struct {
	Inputs  []Column
	Target  Column // nil when the rows come without
	Weights Column // a number per row, how much it counts in the loss; nil where all count alike
	// Sequences holds, in ascending order, the first row of each run of rows that belong together in their order, such as
	// the words of a sentence; nil where each row stands by itself.
	Sequences []int
	Warnings  []string // what a person should know of the rows that Read returns
}

// Len returns the number of rows.
func (s *Set) Len() int { return s.Inputs[0].Len() }

// InputSpecs returns the specs of the inputs, in order.
func (s *Set) InputSpecs() []tensor.Spec {
	specs := make([]tensor.Spec, len(s.Inputs))
	for i, c := range s.Inputs {
		specs[i] = c.Spec()
	}
	return specs
}

// A File is a data file that a source read, so that a resumed run can tell whether it changed.
type File struct {
	Path   string // as the user wrote it
	Bytes  int64
	SHA256 string // of the file as it is stored, in hexadecimal
	Rows   int64
}

// Splits is what a source loads.
type Splits struct {
	Train *Set
	Eval  *Set // nil without evaluation data
	// Fitted is what the source learned from the training rows (means, categories, class names), as JSON. It travels
	// in the checkpoint, and comes back to the source as Context.Fitted to read new rows the same way.
	Fitted []byte
	Files  []File
	// Vocabularies says, by the name of an input, which words its numbers stand for; nil where they stand for none.
	Vocabularies map[string]*Vocabulary
}

// Context is what a source needs to know beyond its own configuration.
type Context struct {
	Dir      string // directory that relative paths start from: that of the experiment file
	Seed     uint64 // for a random split
	Fitted   []byte // what the training run fitted; nil in a new run, which fits
	NoTarget bool   // Read passes over the target, whatever stands there: the rows are to predict it
}

// A Source reads data files. Its errors name the file, and the line and column where there is one.
type Source interface {
	// Load reads training and evaluation rows. Where c.Fitted is set the source applies it and fits nothing.
	Load(c Context) (*Splits, error)
	// Read reads rows from one more file of the same kind, to predict or evaluate: c.Fitted is set. The target is nil
	// where the file has none, and where c.NoTarget is set.
	Read(c Context, path string) (*Set, error)
}

// Registry holds the sources by name.
var Registry = registry.New[Source]("data source", registry.Frozen)

// Choice is a configuration field that names a source.
type Choice = registry.Choice[Source]

// Register adds a source under a name. It panics when the name is empty or taken.
func Register[C any](name string, defaults C, build func(C) Source) {
	registry.Register(Registry, name, defaults, build)
}

// Gather copies rows of a set into a batch, whose slices must have room for them, and sets its Rows.
func Gather[T tensor.Float](s *Set, rows []int, b *tensor.Batch[T]) {
	b.Rows = len(rows)
	for i, c := range s.Inputs {
		gather(c, rows, &b.Inputs[i])
	}
	if s.Target != nil {
		gather(s.Target, rows, &b.Target)
	}
	if s.Weights != nil {
		weights := tensor.Values[T]{Floats: b.Weights}
		gather(s.Weights, rows, &weights)
		b.Weights = weights.Floats
	}
}

func gather[T tensor.Float](c Column, rows []int, v *tensor.Values[T]) {
	spec := c.Spec()
	n := len(rows) * spec.Shape.Size()
	if spec.IsIndex() {
		v.Ints = v.Ints[:n]
		c.Int32(v.Ints, rows)
		return
	}
	v.Floats = v.Floats[:n]
	switch dst := any(v.Floats).(type) {
	case []float32:
		c.Float32(dst, rows)
	case []float64:
		c.Float64(dst, rows)
	}
}

// NewBatch returns a batch with room for rows rows of a set.
func NewBatch[T tensor.Float](s *Set, rows int) *tensor.Batch[T] {
	b := &tensor.Batch[T]{Inputs: make([]tensor.Values[T], len(s.Inputs))}
	for i, c := range s.Inputs {
		b.Inputs[i] = newValues[T](c.Spec(), rows)
	}
	if s.Target != nil {
		b.Target = newValues[T](s.Target.Spec(), rows)
	}
	if s.Weights != nil {
		b.Weights = make([]T, rows)
	}
	return b
}

func newValues[T tensor.Float](s tensor.Spec, rows int) tensor.Values[T] {
	n := rows * s.Shape.Size()
	if s.IsIndex() {
		return tensor.Values[T]{Ints: make([]int32, n)}
	}
	return tensor.Values[T]{Floats: make([]T, n)}
}
