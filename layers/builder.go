package layers

import (
	"fmt"
	"math"
	"regexp"
	"slices"

	"github.com/strata-ml/strata/tensor"
)

// The handles that a Builder gives out. A layer stores them in Build and passes them to its Frame.
type (
	ParamID      int // a trained tensor
	StateID      int // a tensor that is saved but not trained, such as a running mean
	ScratchID    int // memory of one frame, a fixed number of elements per row, that Backward finds as Forward left it
	ScratchIntID int // the same, of int32
	WorkspaceID  int // memory of one frame with a fixed size, whose content is lost between calls
)

// A ParamDecl is a parameter that a layer declared.
type ParamDecl struct {
	Name  string
	Shape tensor.Shape
	Init  Init
	Sets  bool // Backward obeys Frame.DParamMode

	// RowsPerExample is 0 for a parameter with an ordinary gradient. Otherwise the parameter is a table [rows width] with a
	// row-sparse gradient, and one example touches at most that many rows.
	RowsPerExample int
}

// IsTable reports whether the gradient is row-sparse.
func (p ParamDecl) IsTable() bool { return p.RowsPerExample > 0 }

// A StateDecl is a state that a layer declared. Every element starts as Fill.
type StateDecl struct {
	Name  string
	Shape tensor.Shape
	Fill  float64
}

// A Declaration is everything that a layer declared in Build. Whoever runs the layer allocates from it.
type Declaration struct {
	In          []tensor.Spec
	Out         tensor.Shape
	Params      []ParamDecl
	States      []StateDecl
	Scratch     []int // elements per row
	ScratchInts []int // elements per row
	Workspaces  []int // elements
	ReadsIn     bool  // Backward reads In
	ReadsOut    bool  // Backward reads Out
	Reshapes    bool  // the output is the input in another shape
	RowsDepend  bool  // a row's output depends on the other rows of the batch
	FLOPs       int   // operations of Forward per row
}

// A Builder is how a layer declares itself. The executor makes one for each node and calls Build with it.
type Builder[T tensor.Float] struct {
	d     Declaration
	index []bool // the inputs that Index was called for
	errs  []error
}

// NewBuilder returns a builder for a layer with the given inputs.
func NewBuilder[T tensor.Float](in ...tensor.Spec) *Builder[T] {
	return &Builder[T]{d: Declaration{In: in, ReadsIn: true, ReadsOut: true}, index: make([]bool, len(in))}
}

// Declare calls a layer's Build and returns what it declared. The error is the layer's own, a *PanicError, or names a
// declaration that cannot be met.
func Declare[T tensor.Float](l Layer[T], in ...tensor.Spec) (*Declaration, error) {
	b := NewBuilder[T](in...)
	if err := Guard("Build", func() error { return l.Build(b) }); err != nil {
		return nil, err
	}
	if len(b.errs) > 0 {
		return nil, b.errs[0]
	}
	if b.d.Out == nil {
		return nil, fmt.Errorf("the layer declares no output shape")
	}
	for i, s := range b.d.In {
		if s.IsIndex() && !b.index[i] {
			return nil, fmt.Errorf("input %d holds whole numbers, and the layer takes real ones", i)
		}
	}
	if b.d.Reshapes && (len(b.d.In) != 1 || b.d.In[0].IsIndex() || b.d.In[0].Shape.Size() != b.d.Out.Size() || len(b.d.Params)+len(b.d.States) > 0) {
		return nil, fmt.Errorf("the layer declares that it reshapes, and does more")
	}
	if b.d.FLOPs == 0 {
		b.d.FLOPs = b.d.Out.Size()
	}
	return &b.d, nil
}

// NumIn returns the number of inputs.
func (b *Builder[T]) NumIn() int { return len(b.d.In) }

// In returns the shape of one row of input i.
func (b *Builder[T]) In(i int) tensor.Shape { return b.d.In[i].Shape }

// Classes returns the number of classes of input i, 0 where it holds real numbers.
func (b *Builder[T]) Classes(i int) int { return b.d.In[i].Classes }

// Index says that input i holds integers in [0, size), read with Frame.Index. Inputs hold real numbers without the call.
func (b *Builder[T]) Index(i, size int) {
	b.index[i] = true
	switch s := b.d.In[i]; {
	case !s.IsIndex():
		b.errs = append(b.errs, fmt.Errorf("input %d must hold whole numbers, holds real ones", i))
	case s.Classes > size:
		b.errs = append(b.errs, fmt.Errorf("input %d holds whole numbers below %d, and the layer takes those below %d", i, s.Classes, size))
	}
}

// Out declares the shape of one row of the output. No arguments mean a single number.
func (b *Builder[T]) Out(shape ...int) {
	b.d.Out = append(tensor.Shape{}, shape...)
	if err := b.d.Out.Check(); err != nil {
		b.errs = append(b.errs, fmt.Errorf("output: %w", err))
	}
}

// Param declares a trained tensor. Its path in checkpoints, logs and patterns is node/name. An axis order of
// [in… out] is what the initializers take the fans from. The zero Init means zeros; one that names no initializer, or
// configures it against its rules, is an error of Declare.
func (b *Builder[T]) Param(name string, init Init, shape ...int) ParamID {
	s := append(tensor.Shape{}, shape...)
	if err := s.Check(); err != nil {
		b.errs = append(b.errs, fmt.Errorf("parameter %s: %w", name, err))
	}
	if err := checkInit(init, s); err != nil {
		b.errs = append(b.errs, fmt.Errorf("parameter %s: %w", name, err))
	}
	b.checkName("parameter", name)
	b.d.Params = append(b.d.Params, ParamDecl{Name: name, Shape: s, Init: init})
	return ParamID(len(b.d.Params) - 1)
}

// checkInit returns an error for an initializer that does not exist, breaks its rules, or does not fill the shape.
func checkInit(init Init, shape tensor.Shape) error {
	if err := init.Check(); err != nil || init.IsZero() {
		return err
	}
	if f, ok := init.New().(Fitting); ok {
		if err := f.Fits(shape); err != nil {
			return fmt.Errorf("%s: %w", init.Name, err)
		}
	}
	return nil
}

// SetsDParam says that Backward obeys Frame.DParamMode for a parameter: where it says Overwrite, Backward sets every
// element of DParam instead of adding to it. That saves clearing the gradient and reading it once, which shows where a
// parameter is large. Without the call the gradient is cleared, and the mode is Accumulate.
func (b *Builder[T]) SetsDParam(p ParamID) { b.d.Params[p].Sets = true }

// RowParam declares a trained table [rows width] of which one example touches at most perExample rows. Its gradient is
// row-sparse: Backward adds to Frame.DRows instead of DParam, and a step costs nothing for the rows that it leaves alone.
func (b *Builder[T]) RowParam(name string, init Init, rows, width, perExample int) ParamID {
	p := b.Param(name, init, rows, width)
	switch {
	case perExample <= 0:
		b.errs = append(b.errs, fmt.Errorf("parameter %s: the rows that an example touches must be positive, are %d", name, perExample))
	case rows > math.MaxInt32:
		b.errs = append(b.errs, fmt.Errorf("parameter %s: a table has at most %d rows, not %d", name, math.MaxInt32, rows))
	}
	b.d.Params[p].RowsPerExample = perExample
	return p
}

// State declares a tensor that is saved with the model but not trained.
func (b *Builder[T]) State(name string, fill float64, shape ...int) StateID {
	s := append(tensor.Shape{}, shape...)
	if err := s.Check(); err != nil {
		b.errs = append(b.errs, fmt.Errorf("state %s: %w", name, err))
	}
	b.checkName("state", name)
	b.d.States = append(b.d.States, StateDecl{name, s, fill})
	return StateID(len(b.d.States) - 1)
}

// tensorName is what a path in a checkpoint can hold.
var tensorName = regexp.MustCompile(`^[a-z0-9_]{1,60}$`)

// checkName refuses a name that is malformed or taken: parameters and states share the paths of their node.
func (b *Builder[T]) checkName(what, name string) {
	taken := slices.ContainsFunc(b.d.Params, func(p ParamDecl) bool { return p.Name == name }) ||
		slices.ContainsFunc(b.d.States, func(s StateDecl) bool { return s.Name == name })
	switch {
	case !tensorName.MatchString(name):
		b.errs = append(b.errs, fmt.Errorf("%s %q: a name has lower-case letters, digits and '_'", what, name))
	case taken:
		b.errs = append(b.errs, fmt.Errorf("%s %q: the name is taken", what, name))
	}
}

// Scratch declares perRow elements of memory for each row, kept from Forward to Backward.
func (b *Builder[T]) Scratch(perRow int) ScratchID {
	b.d.Scratch = append(b.d.Scratch, perRow)
	return ScratchID(len(b.d.Scratch) - 1)
}

// ScratchInt declares perRow integers of memory for each row, kept from Forward to Backward.
func (b *Builder[T]) ScratchInt(perRow int) ScratchIntID {
	b.d.ScratchInts = append(b.d.ScratchInts, perRow)
	return ScratchIntID(len(b.d.ScratchInts) - 1)
}

// Workspace declares n elements of memory whose content is lost between calls.
func (b *Builder[T]) Workspace(n int) WorkspaceID {
	b.d.Workspaces = append(b.d.Workspaces, n)
	return WorkspaceID(len(b.d.Workspaces) - 1)
}

// BackwardReads says which of the values that Forward saw or set Backward reads again. Without the call, both. What
// is not read may be overwritten between the two.
func (b *Builder[T]) BackwardReads(in, out bool) { b.d.ReadsIn, b.d.ReadsOut = in, out }

// RowsDepend says that a row's output depends on the other rows of the batch, as in batch normalization.
func (b *Builder[T]) RowsDepend() { b.d.RowsDepend = true }

// Reshapes says that the output is the one input, element by element in the same order, in another shape, and so are
// their gradients. Whoever runs the layer may let them share memory and leave out its Forward and Backward.
func (b *Builder[T]) Reshapes() { b.d.Reshapes = true }

// FLOPs says how many operations Forward costs per row, for the tables that estimate cost. Without the call it is one
// per output element.
func (b *Builder[T]) FLOPs(perRow int) { b.d.FLOPs = perRow }

// OneInput returns an error unless the layer has exactly one input.
func (b *Builder[T]) OneInput() error {
	if b.NumIn() != 1 {
		return fmt.Errorf("takes one input, has %d", b.NumIn())
	}
	return nil
}

// SameShape declares an output of the shape of the input, for a layer with exactly one: an activation. It returns an
// error, and declares nothing, where there is none or more.
func (b *Builder[T]) SameShape() error {
	if err := b.OneInput(); err != nil {
		return err
	}
	b.Out(b.In(0)...)
	return nil
}
