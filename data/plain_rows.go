package data

import (
	"errors"
	"fmt"
	"io"
	"strconv"
)

// plainRows reads a table without quotes: a row is a line, and every delimiter ends a cell. Every row has as many cells
// as the first. Blank lines are passed over.
type plainRows struct {
	lines *lines
	mark  byte
	names []string
	split []cell
	cells []string
	first bool // the line that was read last is a row that next has not returned
}

func newPlainRows(in *input, delimiter byte, header bool) (*plainRows, error) {
	l, err := newLines(in)
	if err != nil {
		return nil, err
	}
	r := &plainRows{lines: l, mark: delimiter}
	first, err := r.next()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: the file is empty", in.path)
	}
	if err != nil {
		return nil, err
	}
	r.names = make([]string, len(first))
	for i := range r.names {
		if r.names[i] = strconv.Itoa(i + 1); header {
			r.names[i] = trim(first[i])
		}
	}
	r.first = !header
	return r, nil
}

func (r *plainRows) columns() []string { return r.names }

func (r *plainRows) next() ([]string, error) {
	if r.first {
		r.first = false
		return r.cells, nil
	}
	line := ""
	for line == "" {
		var err error
		if line, err = r.lines.text(); err != nil {
			return nil, err
		}
	}
	var err error
	if r.split, err = r.lines.cells(line, r.mark, r.split); err != nil {
		return nil, err
	}
	r.cells = r.cells[:0]
	for _, c := range r.split {
		r.cells = append(r.cells, c.text)
	}
	if r.names != nil && len(r.cells) != len(r.names) {
		return nil, r.lines.errorAt(0, "the first row has %d cells, this one %d", len(r.names), len(r.cells))
	}
	return r.cells, nil
}

func (r *plainRows) position(cell int) position {
	return position{r.lines.number, r.split[cell].at + 1}
}

func (r *plainRows) errorAt(cell int, format string, args ...any) error {
	return r.position(cell).errorf(r.lines.in.path, format, args...)
}
