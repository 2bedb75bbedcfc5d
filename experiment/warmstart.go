package experiment

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// openWarmStart opens the checkpoint that a warm start names, with the errors of newer ones that were passed over.
func openWarmStart(dir string, w *WarmStart) (f *checkpoint.File, skipped []error, err error) {
	path, skipped, err := FindCheckpoint(resolvePath(dir, w.From), true)
	if err != nil {
		return nil, skipped, err
	}
	f, err = checkpoint.Open(path)
	return f, skipped, err
}

// warmStart sets the parameters and states of a model from a checkpoint, under the names that rename gives them.
func warmStart[T tensor.Float](m *model.Model[T], f *checkpoint.File, rename map[string]string) error {
	from, misfits := match(f.Tensors(), destinations(m), rename)
	if len(misfits) > 0 {
		return errors.New(misfits[0].message)
	}
	for _, p := range m.Params() {
		info := from[p.Path]
		if average, ok := train.AverageOf(f, info.Name); ok {
			info = average // what the other run was evaluated with
		}
		if err := readAs(f, info, p.Data); err != nil {
			return err
		}
	}
	for _, s := range m.States() {
		if err := readAs(f, from[s.Path], s.Data); err != nil {
			return err
		}
	}
	return nil
}

// A destination is a parameter or a state of a model.
type destination struct {
	path  string
	shape tensor.Shape
}

func destinations[T tensor.Float](m *model.Model[T]) []destination {
	var list []destination
	for _, p := range m.Params() {
		list = append(list, destination{p.Path, p.Shape})
	}
	for _, s := range m.States() {
		list = append(list, destination{s.Path, s.Shape})
	}
	return list
}

// A misfit is a reason why a model cannot begin with the tensors of a checkpoint.
type misfit struct {
	renamed       string // the name under rename that is at fault; "" for none
	message, hint string
}

// match finds the tensor of a checkpoint for every destination, under the names that rename gives them. Each
// destination must have one of its shape, and each tensor of a model must have a destination. Names in rename are those
// of nodes or of tensors.
func match(tensors []checkpoint.TensorInfo, wanted []destination, rename map[string]string) (from map[string]checkpoint.TensorInfo, misfits []misfit) {
	tensors = slices.DeleteFunc(slices.Clone(tensors), func(t checkpoint.TensorInfo) bool {
		return t.Role != checkpoint.Param && t.Role != checkpoint.Aux
	})
	from = map[string]checkpoint.TensorInfo{}
	for _, t := range tensors {
		here, by := rewrite(t.Name, rename)
		if other, taken := from[here]; taken {
			_, otherBy := rewrite(other.Name, rename)
			misfits = append(misfits, misfit{cmp.Or(by, otherBy), fmt.Sprintf("%s and %s of the checkpoint are both called %s here", other.Name, t.Name, here), "rename one of them otherwise"})
		}
		from[here] = t
	}
	misfits = append(misfits, unknownNames(tensors, rename)...)
	if len(misfits) > 0 {
		return nil, misfits // what else does not fit may follow from them
	}
	taken := map[string]bool{}
	var missing, left []string
	for _, d := range wanted {
		t, ok := from[d.path]
		taken[t.Name] = true
		switch {
		case !ok:
			missing = append(missing, d.path)
		case !d.shape.Equal(t.Shape):
			misfits = append(misfits, misfit{"", fmt.Sprintf("%s of the checkpoint has shape %v, and %s here has shape %v", t.Name, tensor.Shape(t.Shape), d.path, d.shape), "give the node the settings and the input that it was trained with"})
		case t.DType != checkpoint.Float32 && t.DType != checkpoint.Float64:
			misfits = append(misfits, misfit{"", fmt.Sprintf("%s of the checkpoint holds %s, which are no weights", t.Name, t.DType), "name another checkpoint"})
		}
	}
	for _, t := range tensors {
		if !taken[t.Name] {
			left = append(left, t.Name)
		}
	}
	return from, append(misfits, unpaired(missing, left)...)
}

// rewrite returns what a tensor of a checkpoint is called in this model, and the name under rename that says so.
func rewrite(name string, rename map[string]string) (here, by string) {
	if to, ok := rename[name]; ok {
		return to, name
	}
	node, rest, _ := strings.Cut(name, "/")
	if to, ok := rename[node]; ok {
		return to + "/" + rest, node
	}
	return name, ""
}

// unknownNames finds the names under rename that a checkpoint lacks.
func unknownNames(tensors []checkpoint.TensorInfo, rename map[string]string) []misfit {
	var known []string
	for _, t := range tensors {
		if node, _, _ := strings.Cut(t.Name, "/"); !slices.Contains(known, node) {
			known = append(known, node)
		}
		known = append(known, t.Name)
	}
	var misfits []misfit
	for _, name := range slices.Sorted(maps.Keys(rename)) {
		if !slices.Contains(known, name) {
			unknown := &registry.UnknownError{Name: name, Known: known}
			misfits = append(misfits, misfit{name, fmt.Sprintf("rename: the checkpoint has no %q", name), unknown.Hint()})
		}
	}
	return misfits
}

// unpaired tells of the destinations that no tensor has, and of the tensors that have no destination. It calls tensors
// what the checkpoint calls them, since that is what rename maps.
func unpaired(missing, left []string) []misfit {
	switch {
	case len(missing) > 0 && len(left) > 0:
		old, _, _ := strings.Cut(left[0], "/")
		here, _, _ := strings.Cut(missing[0], "/")
		return []misfit{{
			message: fmt.Sprintf("the checkpoint has no %s, and nothing here takes its %s", joinSome(missing), joinSome(left)),
			hint:    fmt.Sprintf("where they are the same under another name, map them, as in rename: {%s: %s}", old, here),
		}}
	case len(missing) > 0:
		return []misfit{{message: "the checkpoint has no " + joinSome(missing), hint: "remove from the model what the checkpoint was trained without"}}
	case len(left) > 0:
		return []misfit{{message: "nothing here takes the checkpoint's " + joinSome(left), hint: "add to the model what the checkpoint was trained with"}}
	}
	return nil
}

// readAs reads a tensor of either floating-point type into dst.
func readAs[T tensor.Float](f *checkpoint.File, info checkpoint.TensorInfo, dst []T) error {
	switch info.DType {
	case checkpoint.DTypeOf[T]():
		return checkpoint.ReadInto(f, info.Name, dst)
	case checkpoint.Float32:
		return readConverted[float32](f, info.Name, dst)
	default:
		return readConverted[float64](f, info.Name, dst)
	}
}

func readConverted[S, T tensor.Float](f *checkpoint.File, name string, dst []T) error {
	src := make([]S, len(dst))
	if err := checkpoint.ReadInto(f, name, src); err != nil {
		return err
	}
	for i, v := range src {
		dst[i] = T(v)
	}
	return nil
}

// findWarmStart opens the checkpoint of the warm start; nil where there is none that can be opened.
func (c *checker) findWarmStart() *checkpoint.File {
	warm := c.config.WarmStart
	if warm == nil || warm.From == "" {
		return nil
	}
	fail := func(message, hint string) {
		c.fail(c.at("warm_start", "from"), "warm_start: from: "+message, hint)
	}
	if _, err := os.Stat(resolvePath(c.dir, warm.From)); err != nil {
		fail(fmt.Sprintf("%s: %s", warm.From, reason(err)), "give the path of a checkpoint; a relative one starts from the directory of the experiment file")
		return nil
	}
	f, _, err := openWarmStart(c.dir, warm)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fail(warm.From+" holds no checkpoint", "give the path of a checkpoint, or of a run that has one")
	case err != nil:
		fail(err.Error(), "give the path of another checkpoint")
	}
	return f
}

// checkWarmStart checks that a model can begin with the checkpoint of its warm start.
func checkWarmStart[T tensor.Float](c *checker, m *model.Model[T]) {
	rename := c.config.WarmStart.Rename
	wanted := destinations(m)
	if !c.checkRenamed(rename, wanted) {
		return
	}
	_, misfits := match(c.warm.Tensors(), wanted, rename)
	for _, one := range misfits {
		at := c.at("warm_start", "from")
		if one.renamed != "" {
			at = c.at("warm_start", "rename", one.renamed)
		}
		c.fail(at, "warm_start: "+one.message, one.hint)
	}
	if _, err := c.warm.Verify(); err != nil && len(misfits) == 0 {
		c.fail(c.at("warm_start", "from"), "warm_start: from: "+err.Error(), "give the path of another checkpoint")
	}
}

// checkRenamed checks that what the names in a checkpoint are turned into exists in this model.
func (c *checker) checkRenamed(rename map[string]string, wanted []destination) bool {
	known := c.names()
	for _, d := range wanted {
		known = append(known, d.path)
	}
	before := len(c.problems)
	for old, to := range rename {
		if !slices.Contains(known, to) {
			unknown := &registry.UnknownError{Name: to, Known: known}
			c.fail(c.at("warm_start", "rename", old), fmt.Sprintf("warm_start: rename: %q is no node and no parameter of this model", to), unknown.Hint())
		}
	}
	return len(c.problems) == before
}
