package data

import (
	"fmt"
	"runtime/debug"

	"github.com/strata-ml/strata/tensor"
)

// ring is the number of batches that a loader fills in turn: one in the consumer's hands, one ready, one in the making.
const ring = 3

// A Loader prepares the batches of an epoch ahead, in one goroutine, while a step computes on the batch before. What
// it delivers, and in which order, does not depend on timing. Its memory is three batches; delivering one allocates
// nothing. A Loader belongs to one goroutine.
type Loader[T tensor.Float] struct {
	set               *Set
	size              int
	shuffle, dropLast bool
	seed              uint64
	order             []int
	batches           [ring]*tensor.Batch[T]
	pass              *pass[T] // nil before Start
	current           *tensor.Batch[T]
}

// A pass is what the two sides of a loader share while it runs. Each channel has room for every batch, so that only
// waiting for a batch blocks.
type pass[T tensor.Float] struct {
	epoch   int64
	free    chan *tensor.Batch[T]
	ready   chan *tensor.Batch[T] // closed by the preparing goroutine when it ends
	stop    chan struct{}         // closed by the loader
	failure *LoadError            // set before ready is closed
}

// NewLoader returns a loader of batches of batchSize rows. Where shuffle is set, epoch e visits the rows in the order
// Order(seed, e, set.Len()), else in their own. The last batch of an epoch is short where the rows do not divide; with
// dropLast it is left out. NewLoader panics when batchSize is not positive.
func NewLoader[T tensor.Float](set *Set, batchSize int, shuffle, dropLast bool, seed uint64) *Loader[T] {
	if batchSize < 1 {
		panic(fmt.Sprintf("data: batch size must be positive, is %d", batchSize))
	}
	l := &Loader[T]{set: set, size: batchSize, shuffle: shuffle, dropLast: dropLast, seed: seed}
	for i := range l.batches {
		l.batches[i] = NewBatch[T](set, min(batchSize, set.Len()))
	}
	return l
}

// Batches returns the number of batches in a whole epoch.
func (l *Loader[T]) Batches() int64 {
	n := l.set.Len() / l.size
	if !l.dropLast && l.set.Len()%l.size > 0 {
		n++
	}
	return int64(n)
}

// Start begins an epoch, or continues it after its first position examples. It ends the epoch before, delivered or not.
// Start panics when position is negative; at a position of set.Len() or beyond the epoch is over.
func (l *Loader[T]) Start(epoch, position int64) {
	if position < 0 {
		panic(fmt.Sprintf("data: position must not be negative, is %d", position))
	}
	l.Close()
	p := &pass[T]{
		epoch: epoch,
		free:  make(chan *tensor.Batch[T], ring), ready: make(chan *tensor.Batch[T], ring),
		stop: make(chan struct{}),
	}
	for _, b := range l.batches {
		p.free <- b
	}
	l.pass = p
	go l.prepare(p, int(min(position, int64(l.set.Len()))))
}

// Next returns the next batch of the epoch, or false when the epoch is over. The batch is valid until the following
// call of Next, Start or Close. Next panics with a *LoadError when a column of the set panicked.
func (l *Loader[T]) Next() (*tensor.Batch[T], bool) {
	p := l.pass
	if p == nil {
		return nil, false
	}
	if l.current != nil {
		p.free <- l.current
	}
	b, ok := <-p.ready
	l.current = b
	if !ok && p.failure != nil {
		panic(p.failure)
	}
	return b, ok
}

// Close ends the epoch and waits until nothing is being prepared. The loader may be started again.
func (l *Loader[T]) Close() {
	if l.pass == nil {
		return
	}
	close(l.pass.stop)
	for range l.pass.ready {
	}
	l.pass, l.current = nil, nil
}

// prepare fills the batches of an epoch from a position on.
func (l *Loader[T]) prepare(p *pass[T], position int) {
	defer close(p.ready)
	defer func() {
		if v := recover(); v != nil {
			p.failure = &LoadError{Epoch: p.epoch, Position: int64(position), Value: v, Stack: debug.Stack()}
		}
	}()
	n := l.set.Len()
	if l.shuffle {
		l.order = Order(l.seed, p.epoch, n, l.order)
	} else {
		l.order = natural(n, l.order)
	}
	for position < n {
		rows := l.order[position:min(position+l.size, n)]
		if l.dropLast && len(rows) < l.size {
			return
		}
		select {
		case b := <-p.free:
			Gather(l.set, rows, b)
			p.ready <- b
		case <-p.stop:
			return
		}
		position += len(rows)
	}
}

// A LoadError is the panic of a column, carried from the goroutine that prepares batches to the caller of Next.
type LoadError struct {
	Epoch    int64
	Position int64 // examples of the epoch before the batch at fault
	Value    any   // what the column panicked with
	Stack    []byte
}

// Error implements error.
func (e *LoadError) Error() string {
	return fmt.Sprintf("data: preparing the batch at position %d of epoch %d: %v", e.Position, e.Epoch, e.Value)
}

// Unwrap returns the value of the panic where it is an error.
func (e *LoadError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
