package data

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// maxLineBytes bounds one line of a text file: a file that is no text may have no line end at all.
const maxLineBytes = 1 << 20

// lines reads a text file line by line. A line ends at LF, or CR LF, and at no other character: texts hold NEL and
// U+2028.
type lines struct {
	in     *input
	number int // of the line that next returned last, from 1
	long   []byte
}

func newLines(in *input) (*lines, error) {
	if err := skipMark(in); err != nil {
		return nil, err
	}
	return &lines{in: in}, nil
}

// next returns the next line without its end, valid until the following call, or io.EOF.
func (l *lines) next() ([]byte, error) {
	l.number++
	line, err := l.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		l.long = append(l.long[:0], line...)
		for errors.Is(err, bufio.ErrBufferFull) {
			if len(l.long) > maxLineBytes {
				break
			}
			line, err = l.in.ReadSlice('\n')
			l.long = append(l.long, line...)
		}
		line = l.long
	}
	if len(line) > maxLineBytes {
		return nil, fmt.Errorf("%s:%d: the line is longer than 1 MiB; is it a text file?", l.in.path, l.number)
	}
	switch {
	case errors.Is(err, io.EOF) && len(line) == 0:
		return nil, io.EOF
	case err != nil && !errors.Is(err, io.EOF):
		return nil, unplaced(l.in.path, err)
	}
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, nil
}

// text is next for a line that must be UTF-8.
func (l *lines) text() (string, error) {
	line, err := l.next()
	if err == nil && !utf8.Valid(line) {
		return "", l.errorAt(invalidAt(line), "the text is not UTF-8; save the file as UTF-8")
	}
	return string(line), err
}

// invalidAt returns the first byte of a line that is no UTF-8.
func invalidAt(line []byte) int {
	for i := 0; i < len(line); {
		r, n := utf8.DecodeRune(line[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(line)
}

// errorAt returns an error at a byte, from 0, of the line that next returned last.
func (l *lines) errorAt(at int, format string, args ...any) error {
	return position{l.number, at + 1}.errorf(l.in.path, format, args...)
}

// cell is a part of a line and the byte that it begins at, from 0.
type cell struct {
	text string
	at   int
}

// cells splits the line that next returned last at each delimiter; at each run of spaces and tabs where the delimiter is a
// space. It writes to dst.
func (l *lines) cells(line string, delimiter byte, dst []cell) ([]cell, error) {
	dst = dst[:0]
	if delimiter == ' ' {
		dst = fieldsOf(line, dst)
	} else {
		dst = splitAt(line, delimiter, dst)
	}
	if len(dst) > maxColumns {
		return nil, l.errorAt(0, "the line has more than %d cells", maxColumns)
	}
	return dst, nil
}

// splitAt appends the parts between delimiters, and stops beyond maxColumns.
func splitAt(line string, delimiter byte, dst []cell) []cell {
	for at := 0; ; {
		n := strings.IndexByte(line[at:], delimiter)
		if n < 0 || len(dst) == maxColumns {
			return append(dst, cell{line[at:], at})
		}
		dst = append(dst, cell{line[at : at+n], at})
		at += n + 1
	}
}

// fieldsOf appends the parts between runs of spaces and tabs, and stops beyond maxColumns.
func fieldsOf(line string, dst []cell) []cell {
	for at := 0; at < len(line) && len(dst) <= maxColumns; {
		if line[at] == ' ' || line[at] == '\t' {
			at++
			continue
		}
		n := strings.IndexAny(line[at:], " \t")
		if n < 0 {
			n = len(line) - at
		}
		dst = append(dst, cell{line[at : at+n], at})
		at += n
	}
	return dst
}
