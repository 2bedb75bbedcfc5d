package checkpoint

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// A TensorDiff is a tensor in one or both of two checkpoints, and how far its elements are apart.
type TensorDiff struct {
	Name string
	A, B *TensorInfo // nil where the checkpoint has none
	// Comparable says that both have it with the same element type and shape. Only then do the fields below mean something.
	Comparable bool
	Differ     int64   // elements whose bits differ: those of NaNs, and the sign of zero, count too
	First      int64   // index of the first of them in row-major order, -1 where there is none
	MaxAbs     float64 // max|b−a|; NaN where a NaN stands against another number
	Relative   float64 // ‖b−a‖₂ / ‖a‖₂; 0 where all bits are equal, +Inf where a is zero and b is not
}

// Equal reports whether both checkpoints have the tensor with the same role, type, shape and bits.
func (d *TensorDiff) Equal() bool { return d.Comparable && d.Differ == 0 && d.A.Role == d.B.Role }

// Compare reads two checkpoints and compares their tensors by name: first those of a in its order, then those that b
// alone has. Of each file it holds one tensor at a time in memory. Damage gives an error as ReadTensor does.
func Compare(a, b *File) ([]TensorDiff, error) {
	var diffs []TensorDiff
	for _, info := range a.Tensors() {
		d := TensorDiff{Name: info.Name, A: &info, First: -1}
		if other, ok := b.Info(info.Name); ok {
			d.B = &other
			d.Comparable = info.DType == other.DType && slices.Equal(info.Shape, other.Shape)
		}
		if d.Comparable {
			if err := d.measure(a, b); err != nil {
				return nil, err
			}
		}
		diffs = append(diffs, d)
	}
	for _, info := range b.Tensors() {
		if _, ok := a.Info(info.Name); !ok {
			diffs = append(diffs, TensorDiff{Name: info.Name, B: &info, First: -1})
		}
	}
	return diffs, nil
}

func (d *TensorDiff) measure(a, b *File) error {
	was, err := a.Tensor(d.Name)
	if err != nil {
		return err
	}
	is, err := b.Tensor(d.Name)
	if err != nil || bytes.Equal(was.Data, is.Data) {
		return err
	}
	size := was.DType.Size()
	var squares, norm float64
	for i := 0; i < len(was.Data); i += size {
		x, y := was.Data[i:i+size], is.Data[i:i+size]
		v := number(was.DType, x)
		norm += v * v
		if bytes.Equal(x, y) {
			continue
		}
		if d.First < 0 {
			d.First = int64(i / size)
		}
		d.Differ++
		distance := distance(was.DType, x, y)
		squares += distance * distance
		if math.IsNaN(distance) || distance > d.MaxAbs {
			d.MaxAbs = distance // which stays, once it is NaN
		}
	}
	if d.Relative = math.Sqrt(squares) / math.Sqrt(norm); squares == 0 {
		d.Relative = 0 // zeros of the other sign, and 0/0
	}
	return nil
}

// number returns the little-endian element b as a float64: an int64 of more than 53 bits rounded.
func number(d DType, b []byte) float64 {
	switch d {
	case Float32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case Float64:
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	case Uint8:
		return float64(b[0])
	}
	return float64(integer(d, b))
}

func integer(d DType, b []byte) int64 {
	switch d {
	case Int32:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	case Int64:
		return int64(binary.LittleEndian.Uint64(b))
	}
	panic(fmt.Sprintf("checkpoint: %s is no type of integers with a sign", d))
}

// distance returns |y−x|: of integers the rounded true one, which the difference of rounded numbers need not be. NaNs
// that differ in their bits are as far apart as a NaN from a number: that distance is NaN.
func distance(d DType, x, y []byte) float64 {
	if d == Int32 || d == Int64 {
		v, w := integer(d, x), integer(d, y)
		return float64(uint64(max(v, w)) - uint64(min(v, w)))
	}
	return math.Abs(number(d, y) - number(d, x))
}
