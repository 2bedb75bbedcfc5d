package checkpoint

import (
	"bytes"
	"math"
	"slices"
	"testing"
)

// useByteOrder makes the package behave as on a machine whose byte order is, or is not, the file's.
func useByteOrder(t *testing.T, native bool) {
	old := littleEndian
	littleEndian = old && native
	t.Cleanup(func() { littleEndian = old })
}

func TestBytes(t *testing.T) {
	for _, native := range []bool{true, false} {
		useByteOrder(t, native)
		testBytes(t, []float32{1, float32(math.Inf(-1))}, []byte{0, 0, 0x80, 0x3f, 0, 0, 0x80, 0xff})
		testBytes(t, []float64{-2}, []byte{0, 0, 0, 0, 0, 0, 0, 0xc0})
		testBytes(t, []int32{1, -2}, []byte{1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff})
		testBytes(t, []int64{0x0102030405060708}, []byte{8, 7, 6, 5, 4, 3, 2, 1})
		testBytes(t, []uint8{1, 255}, []byte{1, 255})
		testBytes(t, []float32{}, []byte{})
	}
}

func testBytes[T Element](t *testing.T, s []T, want []byte) {
	t.Helper()
	got := Bytes(s)
	if !bytes.Equal(got, want) {
		t.Errorf("bytes of %v are %x, want %x", s, got, want)
	}
	back := make([]T, len(s))
	Copy(back, got)
	if !slices.Equal(back, s) {
		t.Errorf("copied %v, want %v", back, s)
	}
	if size := DTypeOf[T]().Size(); len(s)*size != len(want) {
		t.Errorf("%s has size %d", DTypeOf[T](), size)
	}
}

func TestBytesShareMemory(t *testing.T) {
	if !littleEndian {
		t.Skip("needs a little-endian machine")
	}
	s := []float32{0}
	Bytes(s)[3] = 0x40
	if s[0] != 2 {
		t.Errorf("s is %v", s)
	}
	if n := testing.AllocsPerRun(10, func() { Copy(s, Bytes(s)) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestCopyPanicsOnWrongLength(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Copy(make([]float32, 1), make([]byte, 5))
}

func TestDTypeSize(t *testing.T) {
	if n := DType("bfloat16").Size(); n != 0 {
		t.Errorf("unknown type has size %d", n)
	}
}
