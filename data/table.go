package data

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/strata-ml/strata/tensor"
)

// A table is the input column of a CSV file: numbers and one-hot categories side by side, the latter kept as codes.
type table struct {
	spec       tensor.Spec
	rows       int
	numberAt   []int     // elements that hold numbers
	categoryAt []int     // first elements of the categories
	numbers    []float64 // [rows, numberAt]
	codes      []int32   // [rows, categoryAt], −1 for a category that has no element
}

func (t *table) Spec() tensor.Spec { return t.spec }

func (t *table) Len() int { return t.rows }

func (t *table) Float32(dst []float32, rows []int) { gatherTable(t, dst, rows) }

func (t *table) Float64(dst []float64, rows []int) { gatherTable(t, dst, rows) }

func (t *table) Int32([]int32, []int) { panic(notIndex(t.spec)) }

func gatherTable[T tensor.Float](t *table, dst []T, rows []int) {
	width, n, k := t.spec.Shape.Size(), len(t.numberAt), len(t.categoryAt)
	for i, r := range rows {
		out := dst[i*width:][:width]
		clear(out)
		for j, v := range t.numbers[r*n:][:n] {
			out[t.numberAt[j]] = T(v)
		}
		for j, code := range t.codes[r*k:][:k] {
			if code >= 0 {
				out[t.categoryAt[j]+int(code)] = 1
			}
		}
	}
}

// apply turns a frame, read as wanted asks or without the target, into a set. Its errors name the file.
func (l *fittedCSV) apply(f *frame, names naming) (*Set, error) {
	last := len(l.Columns)
	t := &table{rows: f.rows}
	width := t.layOut(l.Columns)
	t.spec = tensor.Spec{Name: names.input, Shape: names.shape}
	if t.spec.Shape == nil {
		t.spec.Shape = tensor.Shape{width}
	}
	if t.spec.Shape.Size() != width {
		return nil, fmt.Errorf("%s: the fitted columns have %d elements, the input has shape %v", f.file.Path, width, t.spec.Shape)
	}
	t.numbers = make([]float64, f.rows*len(t.numberAt))
	t.codes = make([]int32, f.rows*len(t.categoryAt))
	set := &Set{Inputs: []Column{t}}
	n, k := 0, 0
	for i, c := range l.Columns {
		if c.Number == nil {
			c.fillCodes(f.columns[i], t, k)
			if warning := c.unknownCategories(f.columns[i]); warning != "" {
				set.Warnings = append(set.Warnings, f.file.Path+": "+warning)
			}
			k++
			continue
		}
		if err := c.fillNumbers(f.columns[i], t, n); err != nil {
			return nil, fmt.Errorf("%s: %w", f.file.Path, err)
		}
		n++
		if c.Missing {
			n++
		}
	}
	var err error
	if f.weight != nil {
		if set.Weights, err = NewNumbers(f.weight.name, nil, f.weight.numbers, 1); err != nil {
			return nil, fmt.Errorf("%s: %w", f.file.Path, err)
		}
	}
	if last == len(f.columns) {
		return set, nil
	}
	set.Target, err = l.Target.column(f, f.columns[last], names.target)
	return set, err
}

// layOut gives each column its elements and returns their number.
func (t *table) layOut(columns []fittedColumn) (width int) {
	for _, c := range columns {
		switch {
		case c.Number != nil && c.Missing:
			t.numberAt = append(t.numberAt, width, width+1)
			width += 2
		case c.Number != nil:
			t.numberAt = append(t.numberAt, width)
			width++
		default:
			t.categoryAt = append(t.categoryAt, width)
			width += len(c.Categories)
			if c.Missing {
				width++
			}
		}
	}
	return width
}

// fillNumbers writes the transformed cells of a numeric column, and the indicator beside them.
func (c fittedColumn) fillNumbers(from *cells, t *table, n int) error {
	for r, x := range from.numbers {
		at := r*len(t.numberAt) + n
		missing := math.IsNaN(x)
		if missing {
			x = c.Number.Mean
		}
		v, err := c.Number.transform(x)
		if err != nil {
			return fmt.Errorf("column %q, row %d: %w", c.Name, r+1, err)
		}
		t.numbers[at] = v
		if missing && c.Missing {
			t.numbers[at+1] = 1
		}
	}
	return nil
}

func (n fittedNumber) transform(x float64) (float64, error) {
	v := (x - n.Shift) / n.Scale
	if !(math.Abs(v) <= math.MaxFloat32) {
		return 0, fmt.Errorf("%v becomes %v, which float32 cannot hold", x, v)
	}
	return v, nil
}

// fillCodes writes the categories of a categorical column.
func (c fittedColumn) fillCodes(from *cells, t *table, k int) {
	recode := c.recode(from.texts)
	missing := int32(-1)
	if c.Missing {
		missing = int32(len(c.Categories))
	}
	for r, code := range from.codes {
		if code >= 0 {
			code = recode[code]
		} else {
			code = missing
		}
		t.codes[r*len(t.categoryAt)+k] = code
	}
}

// unknownCategories words how many cells have a category that the training rows lack, "" for none.
func (c fittedColumn) unknownCategories(from *cells) string {
	recode := c.recode(from.texts)
	first := slices.Index(recode, -1)
	if first < 0 {
		return ""
	}
	rows := 0
	for _, code := range from.codes {
		if code >= 0 && recode[code] < 0 {
			rows++
		}
	}
	return fmt.Sprintf("column %q: %d of %d rows have a category that the training rows lack, such as %q; they are read as none of those known",
		c.Name, rows, len(from.codes), from.texts[first])
}

// recode returns the category of each text, −1 where it is none.
func (c fittedColumn) recode(texts []string) []int32 {
	category := make(map[string]int32, len(c.Categories))
	for i, name := range c.Categories {
		category[name] = int32(i)
	}
	out := make([]int32, len(texts))
	for code, name := range texts {
		out[code] = -1
		if i, ok := category[name]; ok {
			out[code] = i
		}
	}
	return out
}

// absentError places a missing target or weight.
func (c *cells) absentError(path, what string) error {
	return c.absent.errorf(path, "column %q: the row has no %s; remove it", c.name, what)
}

// column returns the target of a frame under a name, nil where the file has no such column or no value in it.
func (t fittedTarget) column(f *frame, from *cells, name string) (Column, error) {
	if from == nil || from.missing == f.rows {
		return nil, nil
	}
	if from.missing > 0 {
		return nil, from.absentError(f.file.Path, "target")
	}
	if t.Number != nil {
		values := make([]float64, f.rows)
		for r, x := range from.numbers {
			v, err := t.Number.transform(x)
			if err != nil {
				return nil, fmt.Errorf("%s: column %q, row %d: %w", f.file.Path, t.Name, r+1, err)
			}
			values[r] = v
		}
		return &numbers[float64]{spec: tensor.Spec{Name: name, Shape: tensor.Shape{1}}, values: values, scale: 1}, nil
	}
	recode := fittedColumn{Categories: t.Classes}.recode(from.texts)
	for code, class := range recode {
		if class < 0 {
			return nil, from.firsts[code].errorf(f.file.Path, "column %q: class %q is not among those of the training file: %s",
				t.Name, from.texts[code], strings.Join(t.Classes[:min(len(t.Classes), 20)], ", "))
		}
	}
	classes := make([]int32, f.rows)
	for r, code := range from.codes {
		classes[r] = recode[code]
	}
	return &indices{tensor.Spec{Name: name, Classes: len(t.Classes), Labels: t.Classes}, classes}, nil
}
