package data

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxCategories is the number of different texts that one column may hold. A feature with more is a name or a number
// in disguise.
const maxCategories = 1 << 16

// A kind is what the cells of a column are.
type kind int

const (
	undecided kind = iota // whatever the first cell with a value is
	number
	text
)

// A wanted column is one that a reader asks for.
type wanted struct {
	name     string
	kind     kind
	optional bool
	weight   bool   // not less than 0
	remedy   string // for a cell of the other kind
}

// cells is one column of a file in memory: numbers, or codes of texts.
type cells struct {
	name    string
	kind    kind
	forced  bool      // the kind was asked for
	weight  bool      // not less than 0
	remedy  string    // for a cell of the other kind
	place   int       // in each record
	first   position  // the first cell with a value
	absent  position  // the first cell without a value
	missing int       // number of cells without a value
	numbers []float64 // NaN where missing
	codes   []int32   // index in texts, −1 where missing
	texts   []string  // in the order of their first cells
	firsts  []position
	lookup  map[string]int32
}

// A frame is the part of a CSV file that was asked for.
type frame struct {
	file    File
	rows    int
	columns []*cells // in the order of the request; nil where an optional column is missing
	weight  *cells   // nil without weights of the rows
}

// readFrame reads the columns that choose picks from the names that the file has.
func readFrame(c CSVConfig, in *input, choose func(names []string) ([]wanted, error)) (*frame, error) {
	r, err := newRecords(in, c.Delimiter[0], c.Header)
	if err != nil {
		return nil, err
	}
	want, err := choose(r.names)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.path, err)
	}
	features := len(want)
	if c.Weight != "" {
		want = append(want, wanted{name: c.Weight, kind: number, optional: true, weight: true, remedy: "a weight is a number; correct the cell"})
	}
	f := &frame{columns: make([]*cells, len(want))}
	place := make(map[string]int, len(r.names))
	for i, name := range r.names {
		place[name] = i
	}
	for i, w := range want {
		at, ok := place[w.name]
		switch {
		case ok:
			f.columns[i] = &cells{name: w.name, kind: w.kind, forced: w.kind != undecided, weight: w.weight, remedy: w.remedy, place: at}
		case !w.optional:
			return nil, fmt.Errorf("%s: column %w", in.path, unknownColumn(w.name, r.names))
		}
	}
	missing := make(map[string]bool, len(c.Missing))
	for _, m := range c.Missing {
		missing[trim(m)] = true
	}
	if err := f.readRows(r, missing); err != nil {
		return nil, err
	}
	if f.rows == 0 {
		return nil, fmt.Errorf("%s: the file has a header and no rows", in.path)
	}
	if c.Weight != "" {
		f.weight, f.columns = f.columns[features], f.columns[:features]
	}
	if f.weight != nil && f.weight.missing > 0 {
		return nil, f.weight.absentError(in.path, "weight")
	}
	f.file, err = in.finish(f.rows)
	return f, err
}

func (f *frame) readRows(r *records, missing map[string]bool) error {
	for {
		record, err := r.next()
		if errors.Is(err, io.EOF) {
			return r.checkBlank()
		}
		if err != nil {
			return err
		}
		for _, c := range f.columns {
			if c == nil {
				continue
			}
			cell := trim(record[c.place])
			if missing[cell] {
				if c.missing == 0 {
					c.absent = r.position(c.place)
				}
				c.missing++
				c.addMissing()
			} else if message := c.add(cell, f.rows, r); message != "" {
				return r.errorAt(c.place, "column %q: %s", c.name, message)
			}
		}
		f.rows++
	}
}

// trim removes the white space around a cell.
func trim(cell string) string { return strings.TrimSpace(cell) }

func (c *cells) addMissing() {
	switch c.kind {
	case number:
		c.numbers = append(c.numbers, math.NaN())
	case text:
		c.codes = append(c.codes, -1)
	}
}

// add appends a cell with a value, in the given row. It returns what is wrong with it, or "".
func (c *cells) add(cell string, row int, r *records) string {
	v, err := parseCell(cell)
	if c.first.line == 0 {
		c.first = r.position(c.place)
		c.start(err == nil, row)
	}
	if c.kind == text {
		if err == nil && !c.forced {
			return fmt.Sprintf("%q is a number, but line %d has a text; %s", cell, c.first.line, c.remedy)
		}
		return c.addText(cell, r)
	}
	if err != nil {
		return fmt.Sprintf("%q is not %v; %s", cell, err, c.remedy)
	}
	if c.weight && v < 0 {
		return fmt.Sprintf("a weight must not be negative, is %s", cell)
	}
	c.numbers = append(c.numbers, v)
	return ""
}

// start decides the kind and catches up with the missing cells of the rows before.
func (c *cells) start(isNumber bool, row int) {
	if c.kind == undecided {
		c.kind = text
		if isNumber {
			c.kind = number
		}
		for range row {
			c.addMissing()
		}
	}
}

func (c *cells) addText(cell string, r *records) string {
	code, ok := c.lookup[cell]
	if !ok {
		switch {
		case !utf8.ValidString(cell):
			return fmt.Sprintf("%q is not UTF-8; save the file as UTF-8", cell)
		case len(c.texts) == maxCategories:
			return fmt.Sprintf("there are more than %d different texts; exclude the column", maxCategories)
		case c.lookup == nil:
			c.lookup = map[string]int32{}
		}
		code, cell = int32(len(c.texts)), strings.Clone(cell)
		c.lookup[cell] = code
		c.texts, c.firsts = append(c.texts, cell), append(c.firsts, r.position(c.place))
	}
	c.codes = append(c.codes, code)
	return ""
}

var (
	errNotNumber = errors.New("a number")
	errNotFinite = errors.New("a finite number")
	errTooLarge  = errors.New("a number that float32 can hold")
)

// parseCell reads a decimal number, such as -1.5e3. It takes no other notation: in a column of texts, Inf and 0x1F are
// more likely names.
func parseCell(cell string) (float64, error) {
	if strings.Trim(cell, "0123456789+-.eE") != "" {
		if v, err := strconv.ParseFloat(cell, 64); err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
			return 0, errNotFinite
		}
		return 0, errNotNumber
	}
	v, err := strconv.ParseFloat(cell, 64)
	switch {
	case errors.Is(err, strconv.ErrRange) || err == nil && math.Abs(v) > math.MaxFloat32:
		return 0, errTooLarge
	case err != nil:
		return 0, errNotNumber
	}
	return v, nil
}
