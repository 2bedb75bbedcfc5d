package kernel

import (
	"math/bits"
	"unsafe"
)

// Prefetch asks for the memory of x to be brought into the cache, and waits for nothing. It pays where rows are read in
// an order that the processor cannot foresee.
func Prefetch[E any](x []E) {
	if len(x) > 0 {
		var element E
		prefetch((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(element)))
	}
}

// RowsAhead is how many rows before its use a row is prefetched: far enough for memory to answer, and not so far that the
// cache lets go of it.
const RowsAhead = 4

// PrefetchRow prefetches a row of a table [… width]. It does nothing where the table has no such row.
func PrefetchRow[E any](table []E, row, width int) {
	if end, ok := rowEnd(table, row, width); ok {
		Prefetch(table[end-width : end])
	}
}

// rowEnd returns where a row ends, and whether the table has it.
func rowEnd[E any](table []E, row, width int) (end int, ok bool) {
	high, low := bits.Mul64(uint64(row)+1, uint64(width))
	return int(low), row >= 0 && width >= 0 && high == 0 && low <= uint64(len(table))
}
