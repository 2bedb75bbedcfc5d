package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// TestCopyFinite copies arrays about the lengths of pieces and chunks, on one worker and on several, and finds each kind of
// number that is not finite wherever it is.
func TestCopyFinite(t *testing.T) {
	defer func(n int) { forcedWorkers = n }(forcedWorkers)
	for _, workers := range []int{1, 3} {
		forcedWorkers = workers
		testCopyFinite[float32](t)
		testCopyFinite[float64](t)
	}
}

func testCopyFinite[T Float](t *testing.T) {
	for _, n := range []int{0, 1, 7, copyPiece - 1, copyPiece, copyPiece + 1, copyChunk, copyChunk + 1, 3*copyChunk + 5} {
		src, dst := make([]T, n), make([]T, n+2)
		for i := range src {
			src[i] = T(i) - 3
		}
		dst[n], dst[n+1] = 7, 8
		if !CopyFinite(dst[:n], src) || !slices.Equal(dst[:n], src) || dst[n] != 7 || dst[n+1] != 8 {
			t.Errorf("%T: a copy of %d elements went wrong", src, n)
		}
		for _, at := range []int{0, n / 2, n - 1} {
			for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				if n == 0 {
					continue
				}
				was := src[at]
				src[at] = T(v)
				if CopyFinite(dst[:n], src) {
					t.Errorf("%T: %v at %d of %d was not found", src, v, at, n)
				}
				src[at] = was
			}
		}
	}
}

// BenchmarkCopyFinite is beside a copy of the same bytes that looks at nothing.
func BenchmarkCopyFinite(b *testing.B) {
	for _, megabytes := range []int{100, 300} {
		src := Make[float32](megabytes * 1e6 / 4)
		dst := Make[float32](len(src))
		for i := range src {
			src[i], dst[i] = float32(i), 1
		}
		b.Run(fmt.Sprintf("plain/%dMB", megabytes), func(b *testing.B) {
			b.SetBytes(int64(4 * len(src)))
			for b.Loop() {
				copy(dst, src)
			}
		})
		b.Run(fmt.Sprintf("finite/%dMB", megabytes), func(b *testing.B) {
			b.SetBytes(int64(4 * len(src)))
			for b.Loop() {
				CopyFinite(dst, src)
			}
		})
	}
}
