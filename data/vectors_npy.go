package data

import (
	"errors"
	"fmt"
	"io"

	"github.com/strata-ml/strata/internal/npy"
)

// npyHeader reads the beginning of an npy file: an array [rows cols] of numbers of size bytes.
func npyHeader(in *input) (rows, cols, size int, err error) {
	h, _, err := npy.Read(in)
	if err != nil {
		return 0, 0, 0, unplaced(in.path, err)
	}
	switch {
	case len(h.Shape) != 2:
		return 0, 0, 0, fmt.Errorf("%s: the array must have two axes, words and elements: %q", in.path, h.Text[:min(len(h.Text), 200)])
	case h.Descr == "<f4":
		size = 4
	case h.Descr == "<f8":
		size = 8
	default:
		return 0, 0, 0, fmt.Errorf("%s: the numbers are %q, and must be <f4 or <f8", in.path, h.Descr)
	}
	if h.Fortran {
		return 0, 0, 0, fmt.Errorf("%s: the array lies in the order of Fortran; save it with numpy.ascontiguousarray", in.path)
	}
	if rows, cols = h.Shape[0], h.Shape[1]; rows < 1 || cols < 1 {
		return 0, 0, 0, fmt.Errorf("%s: the array has shape (%d, %d)", in.path, rows, cols)
	}
	return rows, cols, size, nil
}

// readNPY reads an array and the file with its words, whose fingerprint it returns.
func (r *vectorReader) readNPY(c Context, words string) (count int, file File, err error) {
	rows, cols, size, err := npyHeader(r.in)
	if err != nil {
		return 0, file, err
	}
	if err := r.checkDim(cols); err != nil {
		return 0, file, err
	}
	in, err := openInput(c, words)
	if err != nil {
		return 0, file, err
	}
	defer in.close()
	l, err := newLines(in)
	if err != nil {
		return 0, file, err
	}
	raw := make([]byte, size*cols)
	for i := range rows {
		word, err := l.next()
		if errors.Is(err, io.EOF) {
			return 0, file, fmt.Errorf("%s: the array has %d rows, and %s has %d words", r.in.path, rows, words, i)
		}
		if err != nil {
			return 0, file, err
		}
		if _, err := io.ReadFull(r.in, raw); err != nil {
			return 0, file, r.cutShort(err, rows, i)
		}
		if err := decodeFloats(raw, size, r.place(word)); err != nil {
			return 0, file, fmt.Errorf("%s: row %d: %w", r.in.path, i+1, err)
		}
	}
	if _, err := l.next(); !errors.Is(err, io.EOF) {
		return 0, file, fmt.Errorf("%s:%d: the array has %d rows, and there are more words", words, l.number, rows)
	}
	if _, err := r.in.ReadByte(); !errors.Is(err, io.EOF) {
		return 0, file, fmt.Errorf("%s: more follows the %d rows of the array", r.in.path, rows)
	}
	file, err = in.finish(rows)
	return rows, file, err
}
