package kernel

import "unsafe"

// updateChunk is the number of parameters that one worker updates at a time: some microseconds of work. An update is
// elementwise, so that its bits do not depend on it.
const updateChunk = 1 << 15

// An updateRule is one of those that workers share.
type updateRule int

const (
	sgdRule updateRule = iota
	momentumRule
	adamRule
)

// An updateTask is an update cut into chunks.
type updateTask[T Float] struct {
	rule       updateRule
	w, g, m, v []T // those that the rule does not have are nil
	lr         T
	momentum   MomentumStep[T]
	adam       AdamStep[T]
	fold       Fold[T]
	folded     bool
	chunk      int // elements
}

var (
	updateTask32 updateTask[float32]
	updateTask64 updateTask[float64]
)

// shareUpdate returns the task of the pool's holder, or nil where an update of n parameters is run by the caller alone.
func shareUpdate[T Float](n int) *updateTask[T] {
	if n < 2*updateChunk || !holdPool() {
		return nil
	}
	if is32[T]() {
		return (*updateTask[T])(unsafe.Pointer(&updateTask32))
	}
	return (*updateTask[T])(unsafe.Pointer(&updateTask64))
}

// share runs the task over its slices.
func (t *updateTask[T]) share(w, g, m, v []T, f *Fold[T]) {
	t.w, t.g, t.m, t.v = w, g, m, v
	t.folded = f != nil
	if t.folded {
		t.fold = *f
	}
	t.chunk = max(updateChunk, (len(w)+maxChunks-1)/maxChunks)
	runTask(t, (len(w)+t.chunk-1)/t.chunk)
}

func (t *updateTask[T]) run(chunk int) {
	from := chunk * t.chunk
	to := min(from+t.chunk, len(t.w))
	w, g := t.w[from:to], t.g[from:to]
	var f *Fold[T]
	if t.folded {
		f = &t.fold
	}
	switch t.rule {
	case sgdRule:
		sgd(w, g, t.lr, f)
	case momentumRule:
		momentum(w, g, t.v[from:to], &t.momentum, f)
	case adamRule:
		adam(w, g, t.m[from:to], t.v[from:to], &t.adam, f)
	}
}

func (t *updateTask[T]) forget() { *t = updateTask[T]{} }
