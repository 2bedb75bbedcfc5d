// Package npy reads and writes the headers of npy files, as numpy/lib/format.py describes them: a line of text, a
// dictionary of Python, before the elements of one array.
package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// maxHeader bounds the header in bytes. That of an array of numbers has a hundred.
const maxHeader = 64 << 10

// alignment is where the elements begin in files of numpy: at a multiple of so many bytes.
const alignment = 64

const magic = "\x93NUMPY"

// A Header says what the elements of a file are.
type Header struct {
	Descr   string // the type in numpy's code: "<f4" are little-endian float32
	Fortran bool   // the first index changes fastest
	Shape   []int  // empty for a single number
	Text    string // as it stands in the file
}

// ErrFormat says that a file does not begin like an npy file.
var ErrFormat = errors.New("it is no npy file of version 1 to 3")

var (
	descr   = regexp.MustCompile(`'descr':\s*'([^']*)'`)
	fortran = regexp.MustCompile(`'fortran_order':\s*(True|False)`)
	shape   = regexp.MustCompile(`'shape':\s*\(([0-9,\s]*)\)`)
)

// Read reads a header of version 1 to 3 and leaves r at the first element. It takes no more than a little over 64 KiB,
// whatever the header says, and returns the bytes that it took.
func Read(r io.Reader) (h Header, size int64, err error) {
	var begin [12]byte
	if _, err := io.ReadFull(r, begin[:10]); err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = ErrFormat
		}
		return h, 0, err
	}
	version := begin[len(magic)]
	if string(begin[:len(magic)]) != magic || version < 1 || version > 3 {
		return h, 0, ErrFormat
	}
	length, prefix := uint32(binary.LittleEndian.Uint16(begin[8:])), 10
	if version > 1 {
		if _, err := io.ReadFull(r, begin[10:]); err != nil {
			return h, 0, cut(err)
		}
		length, prefix = binary.LittleEndian.Uint32(begin[8:]), 12
	}
	if length > maxHeader {
		return h, 0, fmt.Errorf("the header has %d bytes, and at most %d are allowed", length, maxHeader)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return h, 0, cut(err)
	}
	h, err = parse(string(text))
	return h, int64(prefix) + int64(length), err
}

func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func parse(text string) (Header, error) {
	h := Header{Text: text}
	var found [3][]string
	for i, key := range []*regexp.Regexp{descr, fortran, shape} {
		switch all := key.FindAllStringSubmatch(text, 2); len(all) {
		case 0:
			return h, fmt.Errorf("the header has no descr, fortran_order and shape: %q", text[:min(len(text), 200)])
		case 1:
			found[i] = all[0]
		default: // Python takes the last of two, others the first
			return h, fmt.Errorf("the header has a key twice: %q", text[:min(len(text), 200)])
		}
	}
	d, f, s := found[0], found[1], found[2]
	h.Descr, h.Fortran = d[1], f[1] == "True"
	axes := strings.Split(s[1], ",")
	if last := len(axes) - 1; strings.TrimSpace(axes[last]) == "" {
		axes = axes[:last] // (3,) has one axis, () has none
	}
	for _, axis := range axes {
		n, err := strconv.Atoi(strings.TrimSpace(axis))
		if err != nil {
			return h, fmt.Errorf("the array has shape (%.200s)", s[1])
		}
		h.Shape = append(h.Shape, n)
	}
	return h, nil
}

// Append appends the header of version 1 that numpy would write for an array in the order of C. It panics where there are
// so many axes that the header does not fit.
func Append(b []byte, descr string, shape []int) []byte {
	var axes strings.Builder
	for i, n := range shape {
		if i > 0 {
			axes.WriteString(", ")
		}
		axes.WriteString(strconv.Itoa(n))
	}
	if len(shape) == 1 {
		axes.WriteByte(',')
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, axes.String())
	total := len(magic) + 4 + len(text) + 1
	text += strings.Repeat(" ", (alignment-total%alignment)%alignment) + "\n"
	if len(text) > 1<<16-1 {
		panic(fmt.Sprintf("npy: a header of %d bytes", len(text)))
	}
	b = append(b, magic...)
	b = append(b, 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	return append(b, text...)
}
