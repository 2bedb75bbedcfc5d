package kernel

import "testing"

// TestPrefetch asks for rows that are there and for some that are not, which must not fault.
func TestPrefetch(t *testing.T) {
	table := make([]float32, 7*3)
	for _, row := range []int{0, 2, 3, 1 << 40, -1} {
		PrefetchRow(table, row, 7)
		PrefetchRow(table[:0], row, 7)
		PrefetchRow(table, row, 0)
		PrefetchStarts(table, []int{0, row}, 7)
		PrefetchStarts(table[:0], []int{row}, 7)
		PrefetchStarts(table, []int{row}, 0)
	}
	for n := range 200 {
		Prefetch(make([]byte, n))
	}
}
