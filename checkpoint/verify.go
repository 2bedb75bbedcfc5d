package checkpoint

import (
	"encoding/binary"
	"math/bits"
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

// Verify reads the whole file, 1 MiB at a time, and checks every byte. Values that are NaN or infinite are no damage;
// the report counts them.
func (f *File) Verify() (Report, error) {
	for _, s := range f.sections {
		if _, err := f.body(s); err != nil {
			return Report{}, f.fail(err)
		}
	}
	report := Report{Bytes: f.size, Tensors: len(f.tensors)}
	buffer := make([]byte, min(blockSize, f.size))
	for i := range f.tensors {
		t := &f.tensors[i]
		count := int64(0)
		err := f.eachBlock(t, func(size int) []byte { return buffer[:size] }, func(block []byte) {
			report.Blocks++
			count += nonFinite(t.info.DType, block)
		})
		if err != nil {
			return Report{}, f.fail(err)
		}
		if count > 0 {
			report.NonFinite = append(report.NonFinite, NonFinite{Tensor: t.info.Name, Count: count})
		}
	}
	return report, nil
}

// nonFinite counts the elements of b that are NaN or infinite. A block holds whole elements, because its size is a
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

// nonFinite32 looks at two elements at once. A float32 is NaN or infinite where all bits of the exponent are set; then,
// and only then, adding one to the exponent carries into the bit above, which was cleared of the sign.
func nonFinite32(b []byte) int64 {
	const (
		exponents = 0x7f800000_7f800000
		ones      = 0x00800000_00800000
		signs     = 0x80000000_80000000
	)
	count := 0
	for ; len(b) >= 8; b = b[8:] {
		count += bits.OnesCount64((binary.LittleEndian.Uint64(b)&exponents + ones) & signs)
	}
	if len(b) >= 4 {
		count += bits.OnesCount64((uint64(binary.LittleEndian.Uint32(b))&exponents + ones) & signs)
	}
	return int64(count)
}

// nonFinite64 is nonFinite32 for one float64 at a time.
func nonFinite64(b []byte) int64 {
	const (
		exponent = 0x7ff00000_00000000
		one      = 0x00100000_00000000
	)
	count := uint64(0)
	for ; len(b) >= 8; b = b[8:] {
		count += (binary.LittleEndian.Uint64(b)&exponent + one) >> 63
	}
	return int64(count)
}
