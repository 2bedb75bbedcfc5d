package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// Limits on one record of a CSV file. An unterminated quote would otherwise read the whole file as one cell.
const (
	maxRecordBytes = 1 << 20
	maxColumns     = 1 << 15
)

// records reads a CSV file as RFC 4180 has it, strictly: every record has as many cells as the first, quotes are
// balanced, text is UTF-8. Blank lines are passed over.
type records struct {
	in    *input
	guard *recordGuard
	csv   *csv.Reader
	names []string // of the columns: from the header, or "1", "2", … without one
	first []string // the first record of a file without header, until next returns it
}

func newRecords(in *input, delimiter byte, header bool) (*records, error) {
	if err := skipMark(in); err != nil {
		return nil, err
	}
	guard := &recordGuard{from: in, delimiter: delimiter, next: position{1, 1}}
	r := &records{in: in, guard: guard, csv: csv.NewReader(guard)}
	r.csv.Comma = rune(delimiter)
	r.csv.FieldsPerRecord = -1
	r.csv.ReuseRecord = true
	first, err := r.next()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: the file is empty", in.path)
	}
	if err != nil {
		return nil, err
	}
	r.names = make([]string, len(first))
	if !header {
		for i := range r.names {
			r.names[i] = strconv.Itoa(i + 1)
		}
		r.first = first
		return r, nil
	}
	return r, r.readHeader(first)
}

func (r *records) readHeader(cells []string) error {
	seen := make(map[string]bool, len(cells))
	for i, name := range cells {
		name = trim(name)
		switch {
		case name == "":
			return r.errorAt(i, "column %d has no name; a file without a header needs header: false", i+1)
		case seen[name]:
			return r.errorAt(i, "two columns are named %q", name)
		case !utf8.ValidString(name):
			return r.errorAt(i, "the name of column %d is not UTF-8; save the file as UTF-8", i+1)
		}
		r.names[i], seen[name] = name, true
	}
	return nil
}

// skipMark passes over a byte order mark, and tells what cannot be CSV from its first bytes.
func skipMark(in *input) error {
	start, err := in.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return unplaced(in.path, err)
	}
	switch s := string(start); {
	case s == "\xef\xbb\xbf":
		_, err := in.Discard(len(s))
		return err
	case len(s) >= 2 && (s[:2] == "\xff\xfe" || s[:2] == "\xfe\xff"):
		return fmt.Errorf("%s: the text is UTF-16; save the file as UTF-8", in.path)
	case len(s) >= 2 && s[:2] == "\x1f\x8b":
		return fmt.Errorf("%s: the file is packed; give it a name that ends in .gz", in.path)
	}
	return nil
}

// next returns the cells of the next record, which are valid until the following call, or io.EOF.
func (r *records) next() ([]string, error) {
	if first := r.first; first != nil {
		r.first = nil
		return first, nil
	}
	cells, err := r.csv.Read()
	if pe, ok := errors.AsType[*csv.ParseError](err); ok {
		at := position{pe.Line, pe.Column}
		if pe.StartLine != pe.Line {
			return nil, at.errorf(r.in.path, "%v; the record begins on line %d", pe.Err, pe.StartLine)
		}
		return nil, at.errorf(r.in.path, "%v", pe.Err)
	}
	if se, ok := errors.AsType[*sizeError](err); ok {
		return nil, se.at.errorf(r.in.path, "%s", se.message)
	}
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return nil, unplaced(r.in.path, err)
	}
	if r.names != nil && len(cells) != len(r.names) {
		line, _ := r.csv.FieldPos(0)
		return nil, fmt.Errorf("%s:%d: the first row has %d cells, this one %d", r.in.path, line, len(r.names), len(cells))
	}
	return cells, nil
}

// checkBlank returns an error when blank lines, which next passes over, may have been rows: where there is one column,
// a missing cell looks like that.
func (r *records) checkBlank() error {
	if len(r.names) > 1 || r.guard.gap == 0 {
		return nil
	}
	return fmt.Errorf(`%s:%d: the line is blank; in a file of one column, write "" for a missing cell`, r.in.path, r.guard.gap)
}

// columns returns the names of the columns.
func (r *records) columns() []string { return r.names }

// errorAt returns an error at a cell of the record that next returned last.
func (r *records) errorAt(cell int, format string, args ...any) error {
	return r.position(cell).errorf(r.in.path, format, args...)
}

// position returns the place of a cell of the record that next returned last.
func (r *records) position(cell int) position {
	line, column := r.csv.FieldPos(cell)
	return position{line, column}
}

// A position is a place in a file: line and byte, both from 1.
type position struct{ line, column int }

func (p position) errorf(path, format string, args ...any) error {
	return fmt.Errorf("%s:%d:%d: %s", path, p.line, p.column, fmt.Sprintf(format, args...))
}

// blame is errorf for an error that names the key at fault.
func (p position) blame(path string, err error) error {
	return fmt.Errorf("%s:%d:%d: %w", path, p.line, p.column, err)
}

// A recordGuard passes a CSV text through and stops it at a record of absurd size, before anything holds the record.
// Quotes switch between inside and outside; a doubled quote switches twice, which comes to the same.
type recordGuard struct {
	from      io.Reader
	delimiter byte
	next      position // of the next byte
	begin     position // of the record, the line being 0 before its first byte
	quote     position // where the quotes that are open began
	closed    position // where quotes ended last
	bytes     int      // of the record
	columns   int      // of the record, less one
	filled    bool
	quoted    bool
	blank     int // the first blank line
	gap       int // the same, once a record came after it
}

func (g *recordGuard) Read(p []byte) (int, error) {
	n, err := g.from.Read(p)
	for i, c := range p[:n] {
		g.pass(c)
		switch {
		case g.bytes > maxRecordBytes:
			return i, g.tooLarge()
		case g.columns >= maxColumns:
			return i, &sizeError{g.begin, fmt.Sprintf("the record has more than %d cells", maxColumns)}
		}
	}
	return n, err
}

// tooLarge is the error for a record that is too large: at the quote that was left open, or else where the record begins. Only
// in quotes does a record go over a line.
func (g *recordGuard) tooLarge() error {
	if g.quoted || g.next.line > g.begin.line {
		return &sizeError{g.quote, "the record is larger than 1 MiB; the quote that opens here is not closed in time: close it"}
	}
	return &sizeError{g.begin, "the record is larger than 1 MiB; is it a text file of lines?"}
}

func (g *recordGuard) pass(c byte) {
	here := g.next
	if g.begin.line == 0 {
		g.begin = here
	}
	g.bytes++
	g.next.column++
	switch {
	case c == '\n':
		g.next = position{here.line + 1, 1}
		if g.quoted {
			return
		}
		if !g.filled && g.blank == 0 {
			g.blank = g.begin.line
		}
		g.begin, g.bytes, g.columns, g.filled = position{}, 0, 0, false
		return
	case c == '\r':
		return
	case c == '"':
		switch g.quoted = !g.quoted; {
		case !g.quoted:
			g.closed = here
		case g.closed != position{here.line, here.column - 1}: // else it is the second of a doubled quote
			g.quote = here
		}
	case c == g.delimiter && !g.quoted:
		g.columns++
	}
	g.filled = true
	if g.gap == 0 {
		g.gap = g.blank
	}
}

// A sizeError is a record that a recordGuard stopped.
type sizeError struct {
	at      position
	message string
}

func (e *sizeError) Error() string { return e.message }
