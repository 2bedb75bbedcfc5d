package plots

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/train"
)

// WriteRun draws every figure that the history has values for and writes them into dir, which it creates where it is
// missing. It returns the paths of the files, figure by figure. A history without records is an error; values that are
// not finite are not: a run that diverged is one to look at.
func WriteRun(h *train.History, dir string, o Options) ([]string, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	v, err := newView(h)
	if err != nil {
		return nil, err
	}
	v.options = o
	figures := []named{
		{"loss", v.loss()},
		{"learning_rate", v.learningRate()},
		{"grad_norm", v.gradNorm()},
		{"update_ratio", v.updateRatio()},
	}
	figures = append(figures, v.diagnostics()...)
	names := v.metricNames()
	for i, file := range fileNames("metric_", names) {
		figures = append(figures, named{file, v.metric(names[i])})
	}
	return writeAll(figures, dir, o)
}

// A named figure is nil where the history has nothing for it.
type named struct {
	file string
	*figure
}

func writeAll(figures []named, dir string, o Options) ([]string, error) {
	figures, err := only(figures, o.Only)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("plots: %w", err)
	}
	var paths []string
	for _, f := range figures {
		written, err := f.write(filepath.Join(dir, f.file), o)
		paths = append(paths, written...)
		if err != nil {
			return paths, err
		}
	}
	return paths, nil
}

// only returns the figures that there are, or of them those with the given names.
func only(figures []named, names []string) ([]named, error) {
	figures = slices.DeleteFunc(figures, func(f named) bool { return f.figure == nil })
	if len(names) == 0 {
		return figures, nil
	}
	var known []string
	for _, f := range figures {
		known = append(known, f.file)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("plots: %w", &registry.UnknownError{What: "figure", Name: name, Known: known})
		}
	}
	return slices.DeleteFunc(figures, func(f named) bool { return !slices.Contains(names, f.file) }), nil
}

// fileNames returns a file name for each of the names: a prefix and the name, as far as that is a good file name.
func fileNames(prefix string, names []string) []string {
	used := make(map[string]bool)
	files := make([]string, len(names))
	for i, m := range names {
		base := prefix + strings.Map(func(r rune) rune {
			switch {
			case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '.', r == '_':
				return r
			}
			return '_'
		}, m)
		base = base[:min(len(base), 100)]
		files[i] = base
		// Some file systems ignore case, so "Accuracy" and "accuracy" must differ in more than that.
		for n := 2; used[strings.ToLower(files[i])]; n++ {
			files[i] = base + "-" + strconv.Itoa(n)
		}
		used[strings.ToLower(files[i])] = true
	}
	return files
}

// A view reads a history for the figures: it has chosen the unit of the x axis.
type view struct {
	*train.History
	options Options
	epochs  bool // x is in epochs, not in steps
}

func newView(h *train.History) (*view, error) {
	if h == nil {
		return nil, errors.New("plots: history is nil")
	}
	if len(h.Records) == 0 {
		return nil, fmt.Errorf("plots: history has no records: %q", h.Name)
	}
	v := &view{History: h}
	known := false
	for i := range h.Records {
		r := &h.Records[i]
		known = known || r.Kind == train.StepRecord || r.Kind == train.EpochRecord || r.Kind == train.EvalRecord
		v.epochs = v.epochs || r.Epoch >= 1
	}
	if !known {
		return nil, fmt.Errorf("plots: history has no records of a known kind, the first is %q: %q", h.Records[0].Kind, h.Name)
	}
	return v, nil
}

func (v *view) x(step int64, epoch train.Number) float64 {
	if v.epochs {
		return float64(epoch)
	}
	return float64(step)
}

func (v *view) unit() string {
	if v.epochs {
		return "epoch"
	}
	return "step"
}

// wholeTicks reports whether the x axis has ticks at whole numbers only.
func (v *view) wholeTicks() bool {
	if !v.epochs {
		return true
	}
	return slices.ContainsFunc(v.Records, func(r train.Record) bool { return r.Epoch >= epochTicksFrom })
}

// points returns a value of all records of a kind that have it.
func (v *view) points(kind string, value func(*train.Record) *train.Number) []point {
	var out []point
	for i := range v.Records {
		r := &v.Records[i]
		if r.Kind != kind {
			continue
		}
		if y := value(r); y != nil {
			out = append(out, point{v.x(r.Step, r.Epoch), float64(*y)})
		}
	}
	return out
}

// trainPoints returns a value of the step records, or where those lack it, of the epoch records.
func (v *view) trainPoints(value func(*train.Record) *train.Number) []point {
	if p := v.points(train.StepRecord, value); len(p) > 0 {
		return p
	}
	return v.points(train.EpochRecord, value)
}

func lossOf(r *train.Record) *train.Number     { return &r.Loss }
func rateOf(r *train.Record) *train.Number     { return r.LR }
func gradNormOf(r *train.Record) *train.Number { return r.GradNorm }

func metricOf(name string) func(*train.Record) *train.Number {
	return func(r *train.Record) *train.Number { return entry(r.Metrics, name) }
}

func entry(m map[string]train.Number, key string) *train.Number {
	if n, ok := m[key]; ok {
		return &n
	}
	return nil
}

func (v *view) metricNames() []string {
	return v.keys(func(r *train.Record) map[string]train.Number { return r.Metrics })
}

// keys returns the keys that any of the records has in a map, in order.
func (v *view) keys(of func(*train.Record) map[string]train.Number) []string {
	set := make(map[string]bool)
	for i := range v.Records {
		for k := range of(&v.Records[i]) {
			set[k] = true
		}
	}
	return slices.SortedFunc(maps.Keys(set), naturalCompare)
}
