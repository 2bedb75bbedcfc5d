package npy

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os/exec"
	"reflect"
	"strings"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	for _, shape := range [][]int{nil, {3}, {0, 5}, {3, 2, 1, 4, 5, 6, 7, 8}, {math.MaxInt, math.MaxInt, math.MaxInt}} {
		b := Append([]byte{}, "<f8", shape)
		if len(b)%alignment != 0 {
			t.Errorf("%v: the elements begin at byte %d", shape, len(b))
		}
		r := bytes.NewReader(append(b, "rest"...))
		h, size, err := Read(r)
		if err != nil || size != int64(len(b)) || r.Len() != 4 || h.Descr != "<f8" || h.Fortran || !reflect.DeepEqual(h.Shape, shape) {
			t.Errorf("%v: got %+v of %d bytes, error %v, %d bytes left", shape, h, size, err, r.Len())
		}
	}
}

func TestHeaders(t *testing.T) {
	const text = "{'descr': '>i4', 'fortran_order': True, 'shape': (2,3), }\n"
	want := Header{Descr: ">i4", Fortran: true, Shape: []int{2, 3}, Text: text}
	for _, b := range []string{"\x93NUMPY\x01\x00\x3a\x00" + text, "\x93NUMPY\x02\x00\x3a\x00\x00\x00" + text, "\x93NUMPY\x03\x00\x3a\x00\x00\x00" + text} {
		if h, _, err := Read(strings.NewReader(b)); err != nil || !reflect.DeepEqual(h, want) {
			t.Errorf("%q: got %+v, error %v", b, h, err)
		}
		for n := range b {
			if _, _, err := Read(strings.NewReader(b[:n])); !errors.Is(err, ErrFormat) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("cut at %d bytes: error is %v", n, err)
			}
		}
	}
	for want, b := range map[string]string{
		"no npy file":              "\x93NUMPZ\x01\x00\x3a\x00" + text,
		"version 1 to 3":           "\x93NUMPY\x04\x00\x3a\x00" + text,
		"4294967295 bytes":         "\x93NUMPY\x02\x00\xff\xff\xff\xff" + text,
		"65537 bytes":              "\x93NUMPY\x02\x00\x01\x00\x01\x00" + strings.Repeat(" ", 1<<16+1),
		"a key twice":              "\x93NUMPY\x01\x00\x4b\x00{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'shape': (4000000,)}\n",
		"has no descr":             "\x93NUMPY\x01\x00\x48\x00{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }       \n",
		"no descr":                 "\x93NUMPY\x01\x00\x02\x00{}",
		"shape (99999999999999999": "\x93NUMPY\x01\x00\x4c\x00{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }\n",
		"shape (,)":                "\x93NUMPY\x01\x00\x39\x00{'descr': '<f4', 'fortran_order': False, 'shape': (,), }\n",
	} {
		if _, _, err := Read(strings.NewReader(b)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, want one with %q", b, err, want)
		}
	}
}

// numpy reads what Append writes.
func TestNumpyReads(t *testing.T) {
	if exec.Command("python3", "-c", "import numpy").Run() != nil {
		t.Skip("needs python3 with the module numpy: package python3-numpy of Debian")
	}
	c := exec.Command("python3", "-c", "import sys, io, numpy; a = numpy.load(io.BytesIO(sys.stdin.buffer.read())); print(a.dtype.str, a.shape)")
	c.Stdin = bytes.NewReader(append(Append(nil, "<f4", []int{1, 2}), make([]byte, 8)...))
	if out, err := c.CombinedOutput(); err != nil || string(out) != "<f4 (1, 2)\n" {
		t.Errorf("error %v, output %s", err, out)
	}
}
