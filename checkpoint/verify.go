package checkpoint

import (
	"encoding/binary"
	"math/bits"

	"github.com/strata-ml/strata/internal/kernel"
)

// A Report says what Verify has read.
type Report struct {
	Bytes     int64 // in the file
	Tensors   int
	Blocks    int64       // of tensor data, each with a checksum of its own
	NonFinite []NonFinite // the tensors that hold a NaN or an infinity, in the order of the file
}

// NonFinite counts the elements of a tensor that are NaN or infinite.
type NonFinite struct {
	Tensor string
	Count  int64
}

// Verify reads the whole file, a few KiB at a time, and checks every byte. Values that are NaN or infinite are no damage;
// the report counts them.
func (f *File) Verify() (Report, error) {
	for _, s := range f.sections {
		if _, err := f.body(s); err != nil {
			return Report{}, f.fail(err)
		}
	}
	report := Report{Bytes: f.size, Tensors: len(f.tensors)}
	buffer := pieceBuffer{bytes: min(pieceSize, f.size)}
	for i := range f.tensors {
		t := &f.tensors[i]
		count := int64(0)
		blocks, err := f.eachBlock(t, func(most int) []byte { return buffer.of(t.info.DType)[:min(most, pieceSize)] }, func(piece []byte) {
			count += buffer.nonFinite(t.info.DType, piece)
		})
		report.Blocks += int64(blocks)
		if err != nil {
			return Report{}, f.fail(err)
		}
		if count > 0 {
			report.NonFinite = append(report.NonFinite, NonFinite{Tensor: t.info.Name, Count: count})
		}
	}
	return report, nil
}

// pieceSize is how much of a block Verify reads at once, in bytes: it is still in the first cache when it is looked at.
const pieceSize = 32 << 10

// A pieceBuffer holds a piece of a block. Where the machine has the byte order of the file, it lies in the memory of
// numbers, so that a kernel can look at them.
type pieceBuffer struct {
	bytes   int64
	float32 []float32
	float64 []float64
}

// of returns the memory for a piece of a type. That of another type is no longer valid, or is the same.
func (b *pieceBuffer) of(d DType) []byte {
	if d == Float64 {
		if b.float64 == nil {
			b.float64 = make([]float64, (b.bytes+7)/8)
		}
		return view(b.float64)
	}
	if b.float32 == nil {
		b.float32 = make([]float32, (b.bytes+3)/4)
	}
	return view(b.float32)
}

// nonFinite counts the elements of a piece in the buffer that are NaN or infinite: one by one only where there are some.
func (b *pieceBuffer) nonFinite(d DType, piece []byte) int64 {
	switch {
	case !littleEndian:
	case d == Float32 && kernel.Finite(b.float32[:len(piece)/4]), d == Float64 && kernel.Finite(b.float64[:len(piece)/8]):
		return 0
	}
	return nonFinite(d, piece)
}

// nonFinite counts the elements of b that are NaN or infinite. A piece holds whole elements, because its size is a
// multiple of every element's.
func nonFinite(d DType, b []byte) int64 {
	switch d {
	case Float32:
		return nonFinite32(b)
	case Float64:
		return nonFinite64(b)
	}
	return 0
}

const (
	exponents32 = 0x7f800000_7f800000
	units32     = 0x00800000_00800000
	signs32     = 0x80000000_80000000
	exponent64  = 0x7ff00000_00000000
	unit64      = 0x00100000_00000000
)

// carries32 looks at two float32 at once. An element is NaN or infinite where all bits of the exponent are set; then,
// and only then, adding one to the exponent carries into the place of the sign, which was cleared.
func carries32(pair uint64) uint64 { return (pair&exponents32 + units32) & signs32 }

// nonFinite32 counts in strides of eight elements and finds most of them clean: counting bits in each pair would halve
// the speed of Verify.
func nonFinite32(b []byte) int64 {
	count := 0
	for ; len(b) >= 32; b = b[32:] {
		c0 := carries32(binary.LittleEndian.Uint64(b))
		c1 := carries32(binary.LittleEndian.Uint64(b[8:]))
		c2 := carries32(binary.LittleEndian.Uint64(b[16:]))
		c3 := carries32(binary.LittleEndian.Uint64(b[24:]))
		if c0|c1|c2|c3 != 0 {
			count += bits.OnesCount64(c0) + bits.OnesCount64(c1) + bits.OnesCount64(c2) + bits.OnesCount64(c3)
		}
	}
	for ; len(b) >= 4; b = b[4:] {
		count += bits.OnesCount64(carries32(uint64(binary.LittleEndian.Uint32(b))))
	}
	return int64(count)
}

// nonFinite64 does the same for one float64 at a time.
func nonFinite64(b []byte) int64 {
	count := uint64(0)
	for ; len(b) >= 8; b = b[8:] {
		count += (binary.LittleEndian.Uint64(b)&exponent64 + unit64) >> 63
	}
	return int64(count)
}
