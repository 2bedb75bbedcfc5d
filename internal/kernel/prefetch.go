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

// RowsAhead is how many rows before its use a row is prefetched: far enough for memory to answer, and not so far that the
// cache lets go of it.
const RowsAhead = 4

// PrefetchStarts prefetches the beginning of each of the rows of a table [… width], before the first of them is used. To
// find the pages of rows that were not used for long takes longer than to read them, unless many are looked up at once.
// Rows that the table does not have are passed over.
func PrefetchStarts[E any](table []E, rows []int, width int) {
	for _, row := range rows {
		if row >= 0 && width > 0 && row < len(table)/width {
			Prefetch(table[row*width : row*width+1])
		}
	}
}

// PrefetchRow prefetches a row of a table [… width]. It does nothing where the table has no such row.
func PrefetchRow[E any](table []E, row, width int) {
	if row >= 0 && (row+1)*width <= len(table) {
		Prefetch(table[row*width : (row+1)*width])
	}
}
