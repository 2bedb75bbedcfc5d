package kernel

import "unsafe"

// hugePage is the size of the pages that adviseHuge asks for.
const hugePage = 2 << 20

// Make returns a slice of n zeros. One of at least a hugePage begins on the boundary of one and is asked to lie on such
// pages, where the system has them: what walks megabytes would else wait for the translation of addresses.
func Make[T Number](n int) []T {
	var element T
	size := n * int(unsafe.Sizeof(element))
	if size < hugePage {
		return make([]T, n)
	}
	whole := (size + hugePage - 1) / hugePage * hugePage
	memory := make([]byte, whole+hugePage)
	start := unsafe.Pointer(unsafe.SliceData(memory))
	skip := int(-uintptr(start) % hugePage)
	adviseHuge(memory[skip : skip+whole])
	return unsafe.Slice((*T)(unsafe.Pointer(&memory[skip])), n)
}
