package experiment

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/checkpoint/exchange"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// ImportOptions say how the tensors of another program become those of a model. Without any, each parameter and state
// must be there under its own name, with its shape and its element type, and nothing else.
type ImportOptions struct {
	Rename       []Rename // the first that matches a name counts
	Transpose    []string // patterns of names, as in the file: those of two axes are stored [out in] instead of [in out]
	Round        bool     // float64 may be rounded to a model of float32
	AllowMissing bool     // what the file lacks stays as in a new run
	AllowExtra   bool     // what the model lacks is passed over
}

// A Rename gives a tensor another name. Old is the name of a tensor, or of a node, for all that begin with it and a slash.
// Where both sides have one *, that of Old stands for any text, and that of New for the same.
type Rename struct{ Old, New string }

// rewrite returns the new name of a tensor, false where the rename is not about it.
func (r Rename) rewrite(name string) (string, bool) {
	before, after, starred := strings.Cut(r.Old, "*")
	if !starred {
		to, by := rewrite(name, map[string]string{r.Old: r.New})
		return to, by != ""
	}
	middle, begins := strings.CutPrefix(name, before)
	if !begins {
		return "", false
	}
	middle, ends := strings.CutSuffix(middle, after)
	return strings.Replace(r.New, "*", middle, 1), ends
}

// Validate returns an error where a rename is not one.
func (r Rename) Validate() error {
	if r.Old == "" || r.New == "" || strings.Count(r.Old, "*") > 1 || strings.Count(r.Old, "*") != strings.Count(r.New, "*") {
		return fmt.Errorf("%q is no rename of the form OLD=NEW, with one * on both sides or on none", r.Old+"="+r.New)
	}
	return nil
}

// An ImportError lists everything in a file that does not fit a model.
type ImportError struct {
	Problems []string
	Hints    []string // what may help
}

func (e *ImportError) Error() string {
	return "the tensors do not fit the model:\n  " + strings.Join(append(slices.Clone(e.Problems), e.Hints...), "\n  ")
}

// Import returns a checkpoint of the experiment at its first step, whose parameters and states are those of an archive:
// what eval, predict and warm_start take. Warnings are what a person should know of the numbers. Where tensors do not
// fit, the error is an *ImportError that names all of them.
func (e *Experiment) Import(a *exchange.Archive, o ImportOptions) (s *checkpoint.Snapshot, warnings []string, err error) {
	if e.Config.DType == "float64" {
		return importAs[float64](e, a, o)
	}
	return importAs[float32](e, a, o)
}

func importAs[T tensor.Float](e *Experiment, a *exchange.Archive, o ImportOptions) (s *checkpoint.Snapshot, warnings []string, err error) {
	setup, err := setupOf[T](&e.Config, e.Splits, e.Vectors)
	if err != nil {
		return nil, nil, err
	}
	s = &checkpoint.Snapshot{Config: e.describe(), State: checkpoint.State{Seed: e.Config.Seed}}
	p := importPlan{options: o, dtype: checkpoint.DTypeOf[T]()}
	targets := targetsOf(setup.Model)
	wanted := destinations(setup.Model)
	if err := p.match(a.Tensors(), wanted); err != nil {
		return nil, nil, err
	}
	for i, t := range targets {
		if from, ok := p.from[t.name]; ok {
			count, err := readImported(a, from, p.transposed(from), t.data)
			if err != nil {
				return nil, nil, err
			}
			if count > 0 {
				warnings = append(warnings, fmt.Sprintf("%s: NaN or infinite numbers, %d of %d", t.name, count, len(t.data)))
			}
		}
		s.Tensors = append(s.Tensors, checkpoint.NewTensor(t.name, t.role, wanted[i].shape, t.data))
	}
	return s, warnings, nil
}

// A target is where the numbers of a tensor go.
type target[T tensor.Float] struct {
	name, role string
	data       []T
}

// targetsOf lists the targets in the order of destinations.
func targetsOf[T tensor.Float](m *model.Model[T]) []target[T] {
	var list []target[T]
	for _, p := range m.Params() {
		list = append(list, target[T]{p.Path, checkpoint.Param, p.Data})
	}
	for _, s := range m.States() {
		list = append(list, target[T]{s.Path, checkpoint.Aux, s.Data})
	}
	return list
}

// An importPlan says which tensor of an archive becomes which of the model.
type importPlan struct {
	options ImportOptions
	dtype   checkpoint.DType // of the model
	from    map[string]exchange.Info
	problem ImportError
}

func (p *importPlan) fail(format string, args ...any) {
	p.problem.Problems = append(p.problem.Problems, fmt.Sprintf(format, args...))
}

func (p *importPlan) hint(text string) {
	if !slices.Contains(p.problem.Hints, text) {
		p.problem.Hints = append(p.problem.Hints, text)
	}
}

// match fills from, or returns an *ImportError.
func (p *importPlan) match(infos []exchange.Info, wanted []destination) error {
	p.rename(infos)
	p.checkTransposed(infos)
	var missing []destination
	taken := map[string]bool{}
	for _, d := range wanted {
		info, ok := p.from[d.path]
		if !ok {
			missing = append(missing, d)
			continue
		}
		taken[info.Name] = true
		p.checkFit(info, d)
	}
	var extra []exchange.Info
	for _, info := range infos {
		if !taken[info.Name] {
			extra = append(extra, info)
		}
	}
	p.checkPaired(missing, extra)
	if len(p.problem.Problems) > 0 {
		return &p.problem
	}
	return nil
}

// rename fills from with the names that the options give.
func (p *importPlan) rename(infos []exchange.Info) {
	p.from = map[string]exchange.Info{}
	used := map[Rename]bool{}
	var known []string // of tensors and nodes
	for _, info := range infos {
		if node, _, ok := strings.Cut(info.Name, "/"); ok && !slices.Contains(known, node) {
			known = append(known, node)
		}
		known = append(known, info.Name)
		to := info.Name
		for _, r := range p.options.Rename {
			if other, ok := r.rewrite(info.Name); ok {
				to, used[r] = other, true
				break
			}
		}
		if other, taken := p.from[to]; taken {
			p.fail("%q and %q of the file are both called %s here", other.Name, info.Name, to)
		}
		p.from[to] = info
	}
	for _, r := range p.options.Rename {
		if !used[r] {
			unknown := &registry.UnknownError{Name: r.Old, Known: known}
			p.fail("--rename %s=%s changes no name: the file has no %q; %s", r.Old, r.New, r.Old, unknown.Hint())
		}
	}
}

func (p *importPlan) transposed(info exchange.Info) bool {
	ok, _ := optim.Match(p.options.Transpose, info.Name) // checkTransposed has told of patterns that are none
	return ok && len(info.Shape) == 2
}

func (p *importPlan) checkTransposed(infos []exchange.Info) {
	for _, pattern := range p.options.Transpose {
		found := false
		for _, info := range infos {
			ok, err := optim.Match([]string{pattern}, info.Name)
			if err != nil {
				p.fail("--transpose: %v", err)
				return
			}
			found = found || ok && len(info.Shape) == 2
		}
		if !found {
			p.fail("--transpose %s matches no tensor of two axes in the file", pattern)
		}
	}
}

// checkFit compares type and shape of a tensor with what it is to become.
func (p *importPlan) checkFit(info exchange.Info, d destination) {
	shape := slices.Clone(info.Shape)
	if p.transposed(info) {
		slices.Reverse(shape)
	}
	if !d.shape.Equal(shape) {
		p.fail("%s has shape %v in the model, and %q of the file has %v", d.path, d.shape, info.Name, tensor.Shape(shape))
		if slices.Reverse(shape); len(shape) == 2 && d.shape.Equal(shape) {
			p.hint("where weights are stored [out in], as by PyTorch, exchange their axes with --transpose PATTERN")
		}
	}
	switch {
	case info.DType != checkpoint.Float32 && info.DType != checkpoint.Float64:
		p.fail("%q of the file holds %s, which are no weights", info.Name, info.DType)
	case info.DType == checkpoint.Float64 && p.dtype == checkpoint.Float32 && !p.options.Round:
		p.fail("%q of the file holds float64, and the model float32", info.Name)
		p.hint("give --round to round the numbers, or --set dtype=float64 to keep them")
	}
}

// checkPaired tells of what the file lacks and of what the model lacks, each with what is nearest on the other side.
func (p *importPlan) checkPaired(missing []destination, extra []exchange.Info) {
	var left, wanted []string
	for _, info := range extra {
		left = append(left, info.Name)
	}
	for _, d := range missing {
		wanted = append(wanted, d.path)
	}
	if !p.options.AllowMissing {
		for _, d := range missing {
			near := p.nearest(d.path, left, func(name string) bool {
				i := slices.Index(left, name)
				return d.shape.Equal(extra[i].Shape)
			})
			p.fail("the file has no %s of shape %v%s", d.path, d.shape, near)
			p.hint("map other names with --rename OLD=NEW, or leave them as in a new run with --allow-missing")
		}
	}
	if !p.options.AllowExtra {
		for i, info := range extra {
			near := p.nearest(info.Name, wanted, func(name string) bool {
				return missing[slices.Index(wanted, name)].shape.Equal(extra[i].Shape)
			})
			p.fail("the model has no %q of shape %v%s", info.Name, tensor.Shape(info.Shape), near)
			p.hint("pass over what the model has no place for with --allow-extra")
		}
	}
}

// nearest suggests one of several names: that which is spelled most alike, or the only one of the same shape.
func (p *importPlan) nearest(name string, candidates []string, fits func(name string) bool) string {
	if near := registry.Nearest(name, candidates); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	fitting := slices.DeleteFunc(slices.Clone(candidates), func(c string) bool { return !fits(c) })
	if len(fitting) == 1 {
		return fmt.Sprintf("; %q has that shape", fitting[0])
	}
	return ""
}

// readImported sets dst to a tensor of an archive, and counts the numbers that are not finite.
func readImported[T tensor.Float](a *exchange.Archive, info exchange.Info, transposed bool, dst []T) (nonFinite int, err error) {
	raw := make([]byte, info.Bytes)
	if err := a.Read(info.Name, raw); err != nil {
		return 0, err
	}
	if info.DType == checkpoint.Float32 {
		return convertImported[float32](info, raw, transposed, dst)
	}
	return convertImported[float64](info, raw, transposed, dst)
}

func convertImported[S, T tensor.Float](info exchange.Info, raw []byte, transposed bool, dst []T) (nonFinite int, err error) {
	src := make([]S, len(dst))
	checkpoint.Copy(src, raw)
	for i, v := range src {
		at := i
		if transposed {
			at = i%info.Shape[1]*info.Shape[0] + i/info.Shape[1]
		}
		dst[at] = T(v)
		if !math.IsInf(float64(v), 0) && math.IsInf(float64(dst[at]), 0) {
			return 0, fmt.Errorf("%q of the file: element %d is %v, which is no float32", info.Name, i, v)
		}
		if v-v != 0 {
			nonFinite++
		}
	}
	return nonFinite, nil
}
