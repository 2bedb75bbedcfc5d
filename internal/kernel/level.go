package kernel

import "unsafe"

// A level is a kind of vector code. Each has all that the ones before it have.
type processorLevel int

const (
	plain  processorLevel = iota // the loops in Go
	avx2                         // AVX2 and FMA
	avx512                       // AVX-512 F, BW, DQ and VL
)

// level is the best that this processor and operating system offer. Tests set it to walk the others.
var level = detectLevel()

// Family returns the arithmetic that the kernels use on this machine. AVX-512 and AVX2 give the same bits; the loops in
// Go, which round a product before they add it, give others.
func Family() string {
	if level == plain {
		return "generic"
	}
	return "fma"
}

func (l processorLevel) String() string { return [...]string{"plain", "avx2", "avx512"}[l] }

// is32 reports whether T is float32. The compiler knows the answer in each instance.
func is32[T Float]() bool {
	var zero T
	return unsafe.Sizeof(zero) == 4
}

// as32 and as64 view a slice as what is32 says that it is.
func as32[T Float](x []T) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

func as64[T Float](x []T) []float64 {
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

func pointer32[T Float](p *T) *float32 { return (*float32)(unsafe.Pointer(p)) }

func pointer64[T Float](p *T) *float64 { return (*float64)(unsafe.Pointer(p)) }
