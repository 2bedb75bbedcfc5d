package kernel

import "testing"

// TestPrefetchRow asks for rows that are there and for some that are not, which must not fault.
func TestPrefetchRow(t *testing.T) {
	table := make([]float32, 7*3)
	for _, row := range []int{0, 2, 3, 1 << 40, -1} {
		PrefetchRow(table, row, 7)
		PrefetchRow(table[:0], row, 7)
		PrefetchRow(table, row, 0)
	}
	for n := range 200 {
		Prefetch(make([]byte, n))
	}
}
