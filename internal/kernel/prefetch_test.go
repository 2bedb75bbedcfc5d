package kernel

import (
	"math"
	"testing"
)

// TestPrefetch asks for rows that are there and for some that are not, which must not fault.
func TestPrefetch(t *testing.T) {
	table := make([]float32, 7*3)
	for _, row := range []int{0, 2, 3, 1 << 40, 1 << 61, math.MaxInt, -1, math.MinInt} {
		for _, width := range []int{7, 0, -7, 1 << 61} {
			PrefetchRow(table, row, width)
			PrefetchRow(table[:0], row, width)
		}
	}
	for n := range 200 {
		Prefetch(make([]byte, n))
	}
}
