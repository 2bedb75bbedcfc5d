package kernel

import (
	"sync/atomic"
	"unsafe"
)

const (
	// copyPiece is the number of elements that are looked at and then copied: the copy finds them in the first cache.
	copyPiece = 1 << 12

	// copyChunk is the number of elements that one worker takes: far more than it costs to share them.
	copyChunk = 1 << 17
)

// CopyFinite copies src to dst, which must be as long, and reports whether no src[i] is NaN or infinite. Memory is read
// once for both. What is copied where one is not finite is not said.
func CopyFinite[T Float](dst, src []T) bool {
	dst = dst[:len(src)]
	chunks := (len(src) + copyChunk - 1) / copyChunk
	if chunks < 2 || !holdPool() {
		return copyPieces(dst, src)
	}
	bad := new(atomic.Bool)
	t := sharedCopy[T]()
	*t = copyTask[T]{dst, src, bad}
	runTask(t, chunks)
	return !bad.Load()
}

func copyPieces[T Float](dst, src []T) bool {
	for len(src) > 0 {
		n := min(len(src), copyPiece)
		if !Finite(src[:n]) {
			return false
		}
		Copy(dst, src[:n])
		dst, src = dst[n:], src[n:]
	}
	return true
}

// copyTask is a copy whose chunks workers share.
type copyTask[T Float] struct {
	dst, src []T
	bad      *atomic.Bool
}

func (t *copyTask[T]) run(chunk int) {
	from := chunk * copyChunk
	to := min(from+copyChunk, len(t.src))
	if !copyPieces(t.dst[from:to], t.src[from:to]) {
		t.bad.Store(true)
	}
}

func (t *copyTask[T]) forget() { *t = copyTask[T]{} }

var (
	copyTask32 copyTask[float32]
	copyTask64 copyTask[float64]
)

func sharedCopy[T Float]() *copyTask[T] {
	if is32[T]() {
		return (*copyTask[T])(unsafe.Pointer(&copyTask32))
	}
	return (*copyTask[T])(unsafe.Pointer(&copyTask64))
}
