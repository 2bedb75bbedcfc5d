package data

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// fittedVersion is the version of the JSON form of fittedCSV.
const fittedVersion = 1

// fittedCSV is what the source csv learned from the training rows.
type fittedCSV struct {
	Version int            `json:"version"`
	Source  string         `json:"source"`
	Columns []fittedColumn `json:"columns"`
	Target  fittedTarget   `json:"target"`
}

// A fittedColumn is a feature: numeric, or categorical.
type fittedColumn struct {
	Name       string        `json:"name"`
	Number     *fittedNumber `json:"number,omitempty"`
	Categories []string      `json:"categories,omitempty"`
	// Missing says that missing cells have an element of their own: the indicator after a number, or a category.
	Missing bool `json:"missing,omitempty"`
}

// A fittedNumber turns x into (x − Shift) / Scale. A missing cell is read as Mean.
type fittedNumber struct {
	Mean  float64 `json:"mean"`
	Shift float64 `json:"shift"`
	Scale float64 `json:"scale"`
}

type fittedTarget struct {
	Name    string        `json:"name"`
	Number  *fittedNumber `json:"number,omitempty"`
	Classes []string      `json:"classes,omitempty"`
}

// fit learns from the given rows of a frame.
func (s *CSV) fit(f *frame, rows []int) (*fittedCSV, error) {
	last := len(f.columns) - 1
	learned := &fittedCSV{Version: fittedVersion, Source: "csv"}
	for _, c := range f.columns[:last] {
		column, err := s.fitColumn(c, rows)
		if err != nil {
			return nil, err
		}
		learned.Columns = append(learned.Columns, column)
	}
	target := f.columns[last]
	learned.Target.Name = target.name
	switch {
	case target.kind == number:
		n := fitNumber(target.numbers, rows, s.config.StandardizeTarget, 1)
		learned.Target.Number = &n
	case s.config.StandardizeTarget:
		return nil, wrongKey("standardize_target", "needs numbers, and the target %q is a class", target.name)
	case len(target.texts) < 2:
		return nil, wrongKey("target", "%q has %d class; a classification needs two or more", target.name, len(target.texts))
	default:
		learned.Target.Classes = sorted(target.texts)
	}
	return learned, nil
}

func (s *CSV) fitColumn(c *cells, rows []int) (fittedColumn, error) {
	out := fittedColumn{Name: c.name}
	switch c.kind {
	case number:
		missing := 0
		for _, r := range rows {
			if math.IsNaN(c.numbers[r]) {
				missing++
			}
		}
		if missing == len(rows) {
			break
		}
		n := fitNumber(c.numbers, rows, s.config.Standardize, s.config.Scale)
		out.Number, out.Missing = &n, missing > 0 && s.config.MissingIndicators
		return out, nil
	case text:
		used := make([]bool, len(c.texts))
		for _, r := range rows {
			if code := c.codes[r]; code >= 0 {
				used[code] = true
			} else {
				out.Missing = true
			}
		}
		for code, name := range c.texts {
			if used[code] {
				out.Categories = append(out.Categories, name)
			}
		}
		if len(out.Categories) == 0 {
			break
		}
		out.Categories = sorted(out.Categories)
		return out, nil
	}
	return out, fmt.Errorf("column %q has no value in the training rows; list it under exclude", c.name)
}

// fitNumber learns from the rows that have a value, of which there is one at least.
func fitNumber(values []float64, rows []int, standardize bool, scale float64) fittedNumber {
	n, sum, low, high := 0.0, 0.0, math.Inf(1), math.Inf(-1)
	for _, r := range rows {
		if v := values[r]; !math.IsNaN(v) {
			n, sum, low, high = n+1, sum+v, min(low, v), max(high, v)
		}
	}
	mean := sum / n
	if !standardize {
		return fittedNumber{Mean: mean, Scale: 1 / scale}
	}
	// The rounding of sum/n must not give a constant column a tiny deviation, which would blow the rounding up.
	if low == high {
		return fittedNumber{Mean: low, Shift: low, Scale: 1}
	}
	squares := 0.0
	for _, r := range rows {
		if v := values[r]; !math.IsNaN(v) {
			squares += float64((v - mean) * (v - mean))
		}
	}
	if squares == 0 { // underflow
		return fittedNumber{Mean: mean, Shift: mean, Scale: 1}
	}
	return fittedNumber{Mean: mean, Shift: mean, Scale: math.Sqrt(squares / n)}
}

// sorted returns the names with numbers first, by value, and then texts.
func sorted(names []string) []string {
	return slices.SortedFunc(slices.Values(names), func(a, b string) int {
		x, errX := parseCell(a)
		y, errY := parseCell(b)
		switch {
		case errX == nil && errY == nil && x != y:
			return cmp.Compare(x, y)
		case errX == nil && errY != nil:
			return -1
		case errX != nil && errY == nil:
			return 1
		}
		return strings.Compare(a, b)
	})
}

// wanted returns the request that reads the same columns again.
func (l *fittedCSV) wanted(targetOptional bool) []wanted {
	want := make([]wanted, 0, len(l.Columns)+1)
	for _, c := range l.Columns {
		w := wanted{name: c.Name, kind: text, remedy: "the column was numeric in the training rows; correct the cell, or leave it empty"}
		if c.Number != nil {
			w.kind = number
		}
		want = append(want, w)
	}
	target := wanted{name: l.Target.Name, kind: text, optional: targetOptional, remedy: "the target was a number in the training rows; correct the cell, or leave out the column"}
	if l.Target.Number != nil {
		target.kind = number
	}
	return append(want, target)
}

// encodeFitted returns the JSON form of what a source learned.
func encodeFitted(learned any) []byte {
	b, err := json.Marshal(learned)
	if err != nil {
		panic(err) // numbers are finite and texts are UTF-8
	}
	return b
}

// decodeFitted reads the JSON form; it returns nil for none.
func (s *CSV) decodeFitted(b []byte) (*fittedCSV, error) {
	if len(b) == 0 {
		return nil, nil
	}
	var l fittedCSV
	if err := decodeStrictly(b, &l); err != nil {
		return nil, fmt.Errorf("csv: fitted state: %w", err)
	}
	if err := l.check(); err != nil {
		return nil, fmt.Errorf("csv: fitted state: %w", err)
	}
	if l.Target.Name != s.config.Target {
		return nil, fmt.Errorf("csv: the target is %q, but the run was fitted to %q", s.config.Target, l.Target.Name)
	}
	return &l, nil
}

// decodeStrictly reads one JSON value without unknown keys and with nothing after it.
func decodeStrictly(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more follows the value")
	}
	return nil
}

func (l *fittedCSV) check() error {
	if l.Version != fittedVersion || l.Source != "csv" {
		return fmt.Errorf("is version %d of source %q, not version %d of csv", l.Version, l.Source, fittedVersion)
	}
	if len(l.Columns) == 0 {
		return errors.New("has no columns")
	}
	target := fittedColumn{Name: l.Target.Name, Number: l.Target.Number, Categories: l.Target.Classes}
	seen := map[string]bool{}
	for _, c := range append(slices.Clone(l.Columns), target) {
		if c.Name == "" || seen[c.Name] {
			return fmt.Errorf("column name %q is empty or repeated", c.Name)
		}
		seen[c.Name] = true
		if err := c.check(); err != nil {
			return fmt.Errorf("column %q %w", c.Name, err)
		}
	}
	if l.Target.Number == nil && len(l.Target.Classes) < 2 {
		return fmt.Errorf("target %q has %d classes", l.Target.Name, len(l.Target.Classes))
	}
	return nil
}

func (c fittedColumn) check() error {
	if (c.Number == nil) == (len(c.Categories) == 0) {
		return errors.New("must have either number or categories")
	}
	if c.Number != nil && !(c.Number.Scale > 0) {
		return fmt.Errorf("has scale %v", c.Number.Scale)
	}
	if len(c.Categories) > maxCategories {
		return fmt.Errorf("has %d categories", len(c.Categories))
	}
	seen := make(map[string]bool, len(c.Categories))
	for _, name := range c.Categories {
		if seen[name] {
			return fmt.Errorf("repeats the category %q", name)
		}
		seen[name] = true
	}
	return nil
}
