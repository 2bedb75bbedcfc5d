package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
)

// maxNPYHeader bounds the header of an npy file, which is a line of text.
const maxNPYHeader = 64 << 10

// The header of an npy file is a dictionary of Python, as numpy/lib/format.py writes it.
var (
	npyDescr   = regexp.MustCompile(`'descr':\s*'([^']*)'`)
	npyFortran = regexp.MustCompile(`'fortran_order':\s*(True|False)`)
	npyShape   = regexp.MustCompile(`'shape':\s*\((\d+),\s*(\d+),?\s*\)`)
)

// npyHeader reads the beginning of an npy file of version 1 to 3: an array [rows cols] of numbers of size bytes.
func npyHeader(in *input) (rows, cols, size int, err error) {
	var begin [8]byte
	if _, err := io.ReadFull(in, begin[:]); err != nil || string(begin[:6]) != "\x93NUMPY" || begin[6] < 1 || begin[6] > 3 {
		return 0, 0, 0, fmt.Errorf("%s: it is no npy file of version 1 to 3", in.path)
	}
	length := make([]byte, 2)
	if begin[6] > 1 {
		length = make([]byte, 4)
	}
	if _, err := io.ReadFull(in, length); err != nil {
		return 0, 0, 0, unplaced(in.path, err)
	}
	n := uint32(binary.LittleEndian.Uint16(length))
	if len(length) == 4 {
		n = binary.LittleEndian.Uint32(length)
	}
	if n > maxNPYHeader {
		return 0, 0, 0, fmt.Errorf("%s: the header has %d bytes, and at most %d are allowed", in.path, n, maxNPYHeader)
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(in, header); err != nil {
		return 0, 0, 0, unplaced(in.path, err)
	}
	return parseNPYHeader(in.path, string(header))
}

func parseNPYHeader(path, header string) (rows, cols, size int, err error) {
	descr, fortran, shape := npyDescr.FindStringSubmatch(header), npyFortran.FindStringSubmatch(header), npyShape.FindStringSubmatch(header)
	if descr == nil || fortran == nil {
		return 0, 0, 0, fmt.Errorf("%s: the header has no descr and fortran_order: %q", path, header[:min(len(header), 200)])
	}
	if shape == nil {
		return 0, 0, 0, fmt.Errorf("%s: the array must have two axes, words and elements: %q", path, header[:min(len(header), 200)])
	}
	switch descr[1] {
	case "<f4":
		size = 4
	case "<f8":
		size = 8
	default:
		return 0, 0, 0, fmt.Errorf("%s: the numbers are %q, and must be <f4 or <f8", path, descr[1])
	}
	if fortran[1] == "True" {
		return 0, 0, 0, fmt.Errorf("%s: the array lies in the order of Fortran; save it with numpy.ascontiguousarray", path)
	}
	rows, err1 := strconv.Atoi(shape[1])
	cols, err2 := strconv.Atoi(shape[2])
	if err1 != nil || err2 != nil || rows < 1 || cols < 1 {
		return 0, 0, 0, fmt.Errorf("%s: the array has shape (%s, %s)", path, shape[1], shape[2])
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
