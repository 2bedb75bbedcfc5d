package npy

import (
	"bytes"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// FuzzRead reads any bytes: what is a header has a shape without negative numbers, and is read again from what Append
// makes of it.
func FuzzRead(f *testing.F) {
	for _, shape := range [][]int{nil, {3}, {0, 5}, {3, 2, 1, 4, 5, 6, 7, 8}} {
		f.Add(append(Append(nil, "<f4", shape), "rest"...))
	}
	f.Add([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff{"))
	f.Add([]byte("\x93NUMPY\x03\x00\x3a\x00\x00\x00{'descr': '>i4', 'fortran_order': True, 'shape': (2,3), }\n"))
	f.Add([]byte("\x93NUMPY\x01\x00\x4a\x00{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), 'shape': (4,)}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r := bytes.NewReader(b)
		h, size, err := Read(r)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
			t.Errorf("%d bytes cost %d", len(b), got)
		}
		if err != nil {
			if err.Error() == "" || len(err.Error()) > 2000 {
				t.Errorf("the error is %q", err)
			}
			return
		}
		if size > maxHeader+12 || int(size) != len(b)-r.Len() {
			t.Errorf("it took %d bytes and says %d", len(b)-r.Len(), size)
		}
		if len(h.Shape) > 32 || strings.ContainsAny(h.Descr, "\n'") {
			return // Append writes headers of numbers
		}
		h.Fortran, h.Text = false, ""
		again, _, err := Read(bytes.NewReader(Append(nil, h.Descr, h.Shape)))
		if again.Text = ""; err != nil || !reflect.DeepEqual(again, h) {
			t.Errorf("got %+v, error %v, want %+v", again, err, h)
		}
	})
}
