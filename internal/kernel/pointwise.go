package kernel

import "unsafe"

const (
	// shareFrom is the number of elements from which on functions are worth several workers: some 10 µs of one.
	shareFrom = 1 << 16

	// chunkElements is the least that a worker takes at a time.
	chunkElements = 1 << 14
)

// A pointwiseTask is a function of elements or of rows, cut into chunks of elements or of whole rows. No result depends
// on where it is cut.
type pointwiseTask[T Float] struct {
	kind     pointwiseKind
	function function
	settings settings[T]
	dst, x   []T
	dy       []T // of a derivative
	n        int // elements of a row
	chunk    int // elements of a chunk
}

type pointwiseKind uint8

const (
	values pointwiseKind = iota
	derivatives
	softmaxRows
	softmaxGradients
)

func (t *pointwiseTask[T]) run(chunk int) {
	from := chunk * t.chunk
	to := min(from+t.chunk, len(t.x))
	dst, x := t.dst[from:to], t.x[from:to]
	switch t.kind {
	case values:
		applyPart(t.function, &t.settings, dst, x)
	case derivatives:
		differentiatePart(t.function, &t.settings, dst, x, t.dy[from:to])
	case softmaxRows:
		softmaxPart(dst, x, t.n)
	case softmaxGradients:
		softmaxBackwardPart(dst, x, t.dy[from:to], t.n)
	}
}

func (t *pointwiseTask[T]) forget() { *t = pointwiseTask[T]{} }

var (
	pointwiseTask32 pointwiseTask[float32]
	pointwiseTask64 pointwiseTask[float64]
)

// shared has workers run a task of rows of n elements and reports whether it did. Small tasks are not worth it.
func shared[T Float](kind pointwiseKind, f function, s *settings[T], dst, x, dy []T, n int) bool {
	if len(x) < shareFrom || !holdPool() {
		return false
	}
	rows := max(1, chunkElements/n)
	t := (*pointwiseTask[T])(unsafe.Pointer(&pointwiseTask32))
	if !is32[T]() {
		t = (*pointwiseTask[T])(unsafe.Pointer(&pointwiseTask64))
	}
	*t = pointwiseTask[T]{kind, f, *s, dst, x, dy, n, rows * n}
	runTask(t, (len(x)+t.chunk-1)/t.chunk)
	return true
}
