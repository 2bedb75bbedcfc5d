package checkpoint

import (
	"encoding/binary"
	"fmt"
	"unsafe"
)

// littleEndian reports whether numbers in memory have the byte order of the file, so that a slice can be seen as bytes
// without a copy.
var littleEndian = func() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 1
}()

// Bytes returns the little-endian bytes of s. On a little-endian machine they are a view: they share memory with s, and
// writing to one changes the other. On others they are a copy.
func Bytes[T Element](s []T) []byte {
	if littleEndian {
		return view(s)
	}
	return encode(s)
}

// Copy sets dst to the elements whose little-endian bytes are b. It panics where b has not exactly the bytes of dst.
func Copy[T Element](dst []T, b []byte) {
	if want := len(dst) * DTypeOf[T]().Size(); len(b) != want {
		panic(fmt.Sprintf("checkpoint: copy of %d bytes into a slice of %d bytes", len(b), want))
	}
	if littleEndian {
		copy(view(dst), b)
		return
	}
	decode(dst, b)
}

// NewTensor returns a tensor with the elements of s, shared as Bytes says.
func NewTensor[T Element](name, role string, shape []int, s []T) Tensor {
	return Tensor{Name: name, Role: role, DType: DTypeOf[T](), Shape: shape, Data: Bytes(s)}
}

// view is the only place that looks at numbers as bytes. The result keeps the array of s alive, and bytes have no
// alignment to break; the other direction, bytes as numbers, would.
func view[T Element](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(s[0])))
}

func encode[T Element](s []T) []byte {
	b, err := binary.Append(nil, binary.LittleEndian, s)
	if err != nil {
		panic(err) // every Element has a fixed size
	}
	return b
}

func decode[T Element](dst []T, b []byte) {
	if _, err := binary.Decode(b, binary.LittleEndian, dst); err != nil {
		panic(err) // the caller has checked the length
	}
}
