package kernel

import "unsafe"

// Prefetch asks for the memory of x to be brought into the cache, and waits for nothing. It pays where rows are read in
// an order that the processor cannot foresee.
func Prefetch[E any](x []E) {
	if len(x) > 0 {
		var element E
		prefetch((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(element)))
	}
}
