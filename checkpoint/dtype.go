package checkpoint

// A DType names the type of a tensor's elements.
type DType string

// The element types that a checkpoint can hold. The set is closed: a file with another one is refused.
const (
	Float32 DType = "float32" // IEEE 754 binary32
	Float64 DType = "float64" // IEEE 754 binary64
	Int32   DType = "int32"   // two's complement
	Int64   DType = "int64"   // two's complement
	Uint8   DType = "uint8"
)

// Size returns the bytes of one element, or 0 where d is not a known type.
func (d DType) Size() int {
	switch d {
	case Float32, Int32:
		return 4
	case Float64, Int64:
		return 8
	case Uint8:
		return 1
	}
	return 0
}

// Element is any Go type with a DType.
type Element interface {
	float32 | float64 | int32 | int64 | uint8
}

// DTypeOf returns the DType of T.
func DTypeOf[T Element]() DType {
	var zero T
	switch any(zero).(type) {
	case float32:
		return Float32
	case float64:
		return Float64
	case int32:
		return Int32
	case int64:
		return Int64
	}
	return Uint8
}
