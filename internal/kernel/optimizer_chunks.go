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
	adagradRule
	adadeltaRule
	rmspropRule
	adamaxRule
	amsgradRule
	nadamRule
	unadaptedRule
	lionRule
)

// An updateTask is an update cut into chunks.
type updateTask[T Float] struct {
	rule   updateRule
	w, g   []T
	slots  [3][]T // those that the rule does not have are nil
	fold   Fold[T]
	folded bool

	// The numbers of the step: those of the rule.
	lr       T
	momentum MomentumStep[T]
	adam     AdamStep[T]
	adagrad  AdagradStep[T]
	adadelta AdadeltaStep[T]
	rmsprop  RMSpropStep[T]
	adamax   AdamaxStep[T]
	nadam    NAdamStep[T]
	lion     LionStep[T]
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

// share runs the task over its slices. A nil slot is one that the rule does not have.
func (t *updateTask[T]) share(w, g []T, f *Fold[T], slots ...[]T) {
	t.w, t.g = w, g
	copy(t.slots[:], slots)
	t.folded = f != nil
	if t.folded {
		t.fold = *f
	}
	runTask(t, (len(w)+updateChunk-1)/updateChunk)
}

func (t *updateTask[T]) run(chunk int) {
	from := chunk * updateChunk
	to := min(from+updateChunk, len(t.w))
	w, g := t.w[from:to], t.g[from:to]
	var slots [len(t.slots)][]T
	for i, s := range t.slots {
		if s != nil {
			slots[i] = s[from:to]
		}
	}
	var f *Fold[T]
	if t.folded {
		f = &t.fold
	}
	switch t.rule {
	case sgdRule:
		sgd(w, g, t.lr, f)
	case momentumRule:
		momentum(w, g, slots[0], &t.momentum, f)
	case adamRule:
		adam(w, g, slots[0], slots[1], &t.adam, f)
	case adagradRule:
		adagrad(w, g, slots[0], &t.adagrad, f)
	case adadeltaRule:
		adadelta(w, g, slots[0], slots[1], &t.adadelta, f)
	case rmspropRule:
		rmsprop(w, g, slots[0], slots[1], slots[2], &t.rmsprop, f)
	case adamaxRule:
		adamax(w, g, slots[0], slots[1], &t.adamax, f)
	case amsgradRule:
		amsgrad(w, g, slots[0], slots[1], slots[2], &t.adam, f)
	case nadamRule:
		nadam(w, g, slots[0], slots[1], &t.nadam, f)
	case unadaptedRule:
		unadapted(w, g, slots[0], slots[1], &t.adam, f)
	case lionRule:
		lion(w, g, slots[0], &t.lion, f)
	}
}

func (t *updateTask[T]) forget() { *t = updateTask[T]{} }
