package kernel

import "unsafe"

// hugePage is the size of the pages that adviseHuge asks for.
const hugePage = 2 << 20

// Make returns a slice of n zeros. One of several hugePages is asked to lie on such pages where the system has them:
// products and updates that walk many megabytes would else wait for the translation of addresses.
func Make[T Float](n int) []T {
	x := make([]T, n)
	var element T
	if size := n * int(unsafe.Sizeof(element)); size >= 2*hugePage {
		start := uintptr(unsafe.Pointer(unsafe.SliceData(x)))
		skip := int(-start % hugePage)
		adviseHuge(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), size)[skip : skip+(size-skip)/hugePage*hugePage])
	}
	return x
}
