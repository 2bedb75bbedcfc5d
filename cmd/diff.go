package cmd

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/train"
)

// A difference is what diff --json prints.
type difference struct {
	Equal      bool              `json:"equal"`
	A          string            `json:"a"` // the checkpoints
	B          string            `json:"b"`
	Progress   []differentValue  `json:"progress"`
	Config     []differentValue  `json:"config"`
	Provenance []differentValue  `json:"provenance"`
	Tensors    []differentTensor `json:"tensors"`
	Same       int               `json:"equal_tensors"`
}

// A differentValue has a nil where the checkpoint has no such value.
type differentValue struct {
	Name string  `json:"name"`
	A    *string `json:"a"`
	B    *string `json:"b"`
}

type differentTensor struct {
	Name string           `json:"name"`
	A    *inspectedTensor `json:"a,omitempty"`
	B    *inspectedTensor `json:"b,omitempty"`
	// Of two of one shape and type:
	Differ   int64         `json:"different_elements,omitempty"`
	First    *int64        `json:"first_index,omitempty"`
	MaxAbs   *train.Number `json:"max_abs,omitempty"`
	Relative *train.Number `json:"relative_norm,omitempty"`
}

func (p *program) diffVerb() *cobra.Command {
	var asJSON, last bool
	c := &cobra.Command{
		Use:   "diff RUN|CHECKPOINT RUN|CHECKPOINT [flags]",
		Short: "Compare two checkpoints: tensors, progress and experiment",
		Long: `Compare two checkpoints bit for bit: parameters, slots and states by name, the
progress of the runs, the keys of their experiments, and what they were made by and
from. Of a run it takes the best checkpoint, or the newest with --last.

Of a tensor that differs: how many elements, the largest distance |b−a|, the norm
‖b−a‖/‖a‖, and the index of the first element that differs, in row-major order.

The exit code is 0 where the two are equal, 1 where they differ, and 2 where they
could not be compared.`,
		Example: `  strata diff runs/digits-1 runs/digits-2
  strata diff runs/digits-1/checkpoints/step-0000000450.strata runs/digits-1 --last`,
		Args: arguments(2, 2, "two of RUN or CHECKPOINT"),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := p.diff(args, !last)
			if _, mistake := errors.AsType[*usageError](err); err != nil && !mistake {
				p.tellFailure(err)
				return silentError(exitUsage) // as diff(1) has it: 1 says that they differ
			}
			if err != nil {
				return err
			}
			if asJSON {
				err = writeJSON(p.stdout, d)
			} else {
				p.printDifference(d)
			}
			if err == nil && !d.Equal {
				err = silentError(exitFailed)
			}
			return err
		},
	}
	c.Flags().BoolVar(&last, "last", false, "take the newest checkpoint of a run instead of the best")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return c
}

// diff compares the checkpoints that two paths mean.
func (p *program) diff(paths []string, best bool) (*difference, error) {
	var files [2]*checkpoint.File
	for i, path := range paths {
		if err := exists(path); err != nil {
			return nil, err
		}
		file, skipped, err := experiment.FindCheckpoint(path, best)
		if err != nil {
			return nil, err
		}
		p.warn(experiment.SkipWarnings(skipped, file)...)
		if files[i], err = checkpoint.Open(file); err != nil {
			return nil, err
		}
		defer files[i].Close()
	}
	return differenceOf(files[0], files[1])
}

func differenceOf(a, b *checkpoint.File) (*difference, error) {
	tensors, err := checkpoint.Compare(a, b)
	if err != nil {
		return nil, err
	}
	d := &difference{
		A: a.Path(), B: b.Path(),
		Progress:   compareValues(progressValues(a), progressValues(b)),
		Provenance: compareValues(provenanceValues(a), provenanceValues(b)),
	}
	for _, c := range experiment.CompareConfigs(a.Config().Text, b.Config().Text) {
		d.Config = append(d.Config, differentValue{c.Key, orNil(c.From), orNil(c.To)})
	}
	for _, t := range tensors {
		if t.Equal() {
			d.Same++
		} else {
			d.Tensors = append(d.Tensors, differentTensorOf(t))
		}
	}
	d.Equal = len(d.Progress)+len(d.Config)+len(d.Provenance)+len(d.Tensors) == 0
	return d, nil
}

func differentTensorOf(t checkpoint.TensorDiff) differentTensor {
	d := differentTensor{Name: t.Name}
	if t.A != nil {
		d.A = new(inspectTensor(*t.A))
	}
	if t.B != nil {
		d.B = new(inspectTensor(*t.B))
	}
	if t.Differ > 0 {
		d.Differ, d.First = t.Differ, &t.First
		d.MaxAbs, d.Relative = new(train.Number(t.MaxAbs)), new(train.Number(t.Relative))
	}
	return d
}

// A namedValue is a value of a checkpoint in the words of diff.
type namedValue struct{ name, value string }

func progressValues(f *checkpoint.File) []namedValue {
	s := f.State()
	list := []namedValue{
		{"step", strconv.FormatInt(s.Step, 10)},
		{"epoch", strconv.FormatInt(s.Epoch, 10)},
		{"position", strconv.FormatInt(s.Position, 10)},
		{"seed", strconv.FormatUint(s.Seed, 10)},
	}
	if b := s.Best; b != nil {
		list = append(list,
			namedValue{"best." + b.Metric, exactly(b.Value)}, namedValue{"best.step", strconv.FormatInt(b.Step, 10)},
			namedValue{"best.epoch", strconv.FormatInt(b.Epoch, 10)})
	}
	if e := s.EarlyStop; e != nil {
		list = append(list,
			namedValue{"early_stopping." + e.Metric, exactly(e.Best)}, namedValue{"early_stopping.waited", strconv.FormatInt(e.Waited, 10)})
	}
	return append(list,
		namedValue{"finished", strconv.FormatBool(s.Finished)}, namedValue{"stop_reason", s.StopReason},
		namedValue{"metrics.jsonl", fmt.Sprintf("%d bytes, CRC-32C %s", s.LogOffset, formatCRC(s.LogCRC))})
}

func provenanceValues(f *checkpoint.File) []namedValue {
	c := f.Config()
	list := []namedValue{{"strata", c.Strata}, {"go", c.Go}, {"platform", c.GOOS + "/" + c.GOARCH}, {"kernel", c.Kernel}}
	for _, m := range c.Modules {
		list = append(list, namedValue{"module " + m.Path, m.Version})
	}
	for _, d := range c.Data {
		list = append(list, namedValue{"data " + d.Path, fmt.Sprintf("%s, %d bytes, SHA-256 %.12s…", plural(d.Rows, "row"), d.Bytes, d.SHA256)})
	}
	if fitted := c.Preprocessing; fitted != nil {
		list = append(list, namedValue{"fitted to the data", fmt.Sprintf("%d bytes, SHA-256 %.6x…", len(fitted), sha256.Sum256(fitted))})
	}
	return list
}

// exactly writes a number with all digits that it needs.
func exactly(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// compareValues lists the values that differ: those of a in its order, then those that b alone has.
func compareValues(a, b []namedValue) []differentValue {
	other := map[string]*string{}
	for i := range b {
		other[b[i].name] = &b[i].value
	}
	var list []differentValue
	for _, v := range a {
		if w := other[v.name]; w == nil || *w != v.value {
			list = append(list, differentValue{v.name, &v.value, w})
		}
		delete(other, v.name)
	}
	for _, v := range b {
		if other[v.name] != nil {
			list = append(list, differentValue{v.name, nil, &v.value})
		}
	}
	return list
}

func (p *program) printDifference(d *difference) {
	head := table{align: "ll"}
	head.add("a", d.A)
	head.add("b", d.B)
	head.write(p.stdout)
	if d.Equal {
		fmt.Fprintf(p.stdout, "\nequal: %s, progress, experiment and provenance\n", plural(d.Same, "tensor"))
		return
	}
	for _, group := range []struct {
		name   string
		values []differentValue
	}{{"progress", d.Progress}, {"experiment", d.Config}, {"provenance", d.Provenance}} {
		if len(group.values) == 0 {
			continue
		}
		t := table{align: "lll"}
		t.add(group.name, "a", "b")
		for _, v := range group.values {
			t.add(v.Name, orDash(v.A), orDash(v.B))
		}
		fmt.Fprintln(p.stdout)
		t.write(p.stdout)
	}
	p.printTensorDifferences(d)
}

func (p *program) printTensorDifferences(d *difference) {
	fmt.Fprintln(p.stdout)
	if len(d.Tensors) == 0 {
		fmt.Fprintf(p.stdout, "%s, all equal\n", plural(d.Same, "tensor"))
		return
	}
	t := table{align: "llrrrl"}
	t.add("tensor", "role", "differ", "max |b−a|", "‖b−a‖/‖a‖", "first at")
	for _, one := range d.Tensors {
		switch {
		case one.A == nil:
			t.add(one.Name, one.B.Role, "", "", "", "in b alone: "+describeTensor(one.B))
		case one.B == nil:
			t.add(one.Name, one.A.Role, "", "", "", "in a alone: "+describeTensor(one.A))
		case one.First == nil:
			role := one.A.Role
			if role != one.B.Role {
				role += " → " + one.B.Role
			}
			t.add(one.Name, role, "", "", "", describeTensor(one.A)+" in a, "+describeTensor(one.B)+" in b")
		default:
			differ := fmt.Sprintf("%s of %s", formatCount(one.Differ), formatCount(elements(one.A.Shape)))
			t.add(one.Name, one.A.Role, differ, formatDistance(*one.MaxAbs), formatDistance(*one.Relative), formatIndex(*one.First, one.A.Shape))
		}
	}
	t.write(p.stdout)
	switch {
	case d.Same == 1:
		fmt.Fprintln(p.stdout, "\n1 tensor is equal")
	case d.Same > 1:
		fmt.Fprintf(p.stdout, "\n%s are equal\n", plural(d.Same, "tensor"))
	}
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// maxShown is how many characters of a value are shown.
const maxShown = 60

// orDash writes a value of a checkpoint.
func orDash(s *string) string {
	if s == nil || *s == "" {
		return "—"
	}
	text := quoteUnprintable(*s)
	if runes := []rune(text); len(runes) > maxShown {
		return string(runes[:maxShown]) + "…"
	}
	return text
}

func describeTensor(t *inspectedTensor) string {
	return fmt.Sprintf("%s %s", t.DType, formatShape(t.Shape))
}

func formatDistance(n train.Number) string {
	if f := float64(n); f == 0 || math.IsNaN(f) || math.IsInf(f, 0) {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return fmt.Sprintf("%.2e", float64(n))
}

func elements(shape []int) int {
	n := 1
	for _, axis := range shape {
		n *= axis
	}
	return n
}

// formatIndex writes the indices of an element on each axis, from 0: [3, 12].
func formatIndex(at int64, shape []int) string {
	indices := make([]string, len(shape))
	for i := len(shape) - 1; i >= 0; i-- {
		indices[i] = strconv.FormatInt(at%int64(shape[i]), 10)
		at /= int64(shape[i])
	}
	return "[" + strings.Join(indices, ", ") + "]"
}
