package kernel

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// A task is work in chunks, numbered from 0, that may run in any order and at the same time. No chunk may depend on how
// many goroutines there are: that is why results have the same bits at any GOMAXPROCS.
//
// Tasks live in variables of the package, so that starting one allocates nothing. Only the goroutine that holds the pool
// may touch them:
//
//	if chunks < 2 || !holdPool() {
//		// run it here
//		return
//	}
//	addTask = addJob[T]{dst, x}
//	runTask(&addTask, chunks)
type task interface {
	run(chunk int)
	forget() // drop what refers to the caller's memory
}

const (
	maxChunks = math.MaxInt32

	// spinPolls bounds how long a worker looks for work before it parks, at about 0.1 µs a poll: longer than the serial
	// stretches inside a training step, shorter than it takes to wake a parked one.
	spinPolls = 1000

	// idle is how long a parked worker stays. A process that no longer computes has no goroutine of ours.
	idle = 50 * time.Millisecond
)

// workers are goroutines that help whoever holds the pool. The holder publishes its task in state; everyone claims
// chunks there until there are no more, the holder too; and the holder waits for the last to be done.
var workers struct {
	holder sync.Mutex // who may publish
	task   task       // read only by those who claimed a chunk of it
	failed atomic.Pointer[WorkerPanic]

	_     [64]byte // state and done are written by everyone: no line of theirs holds anything else
	state atomic.Uint64
	_     [56]byte
	done  atomic.Int64 // chunks
	_     [56]byte

	polls    atomic.Int32 // how long to spin
	alive    atomic.Int32 // goroutines
	sleeping atomic.Int32
	wake     chan struct{}
}

func init() { workers.wake = make(chan struct{}, 1024) }

// claim returns a chunk of the published task, or -1. The state is the chunks that nobody has claimed, from first, in its
// upper half, to behind the last, in its lower. Whoever moves an end by one owns that chunk, and the task stays published until
// the chunk is done. Who loads the state of one task, and swaps that of a later one that looks the same, owns a chunk of the
// later one, which is read only then. The holder takes the first, workers the last: so a processor tends to
// come back to memory that it used in the task before, of which other processors need not be asked.
func claim(holder bool) int {
	for {
		s := workers.state.Load()
		first, end := s>>32, s&math.MaxUint32
		if first >= end {
			return -1
		}
		chunk, rest := end-1, s-1
		if holder {
			chunk, rest = first, s+1<<32
		}
		if workers.state.CompareAndSwap(s, rest) {
			return int(chunk)
		}
	}
}

// numCPU bounds the workers: more goroutines than processors would spin against each other.
var numCPU = runtime.NumCPU()

// forcedWorkers overrides Workers in tests.
var forcedWorkers int

// Workers returns how many goroutines share the work of a large kernel: GOMAXPROCS, but no more than there are
// processors.
func Workers() int {
	if forcedWorkers > 0 {
		return forcedWorkers
	}
	return min(runtime.GOMAXPROCS(0), numCPU)
}

// holdPool reports whether the caller may run a task: there is more than one worker, and no other goroutine is at it.
// runTask gives the pool back.
func holdPool() bool { return Workers() > 1 && workers.holder.TryLock() }

// runTask runs all chunks of a task, with the help of the workers, and gives the pool back. The panic of a chunk becomes
// one of the caller, a *WorkerPanic, after every other chunk has ended.
func runTask(t task, chunks int) {
	if chunks < 0 || chunks > maxChunks {
		panic(fmt.Sprintf("kernel: a task of %d chunks, at most %d are allowed", chunks, maxChunks))
	}
	w := &workers
	all := Workers()
	w.polls.Store(spinPolls)
	if all > numCPU {
		w.polls.Store(1) // who spins keeps another from working
	}
	w.task = t
	w.done.Store(0)
	w.state.Store(uint64(chunks))
	summon(min(all, chunks) - 1)
	for c := claim(true); c >= 0; c = claim(true) {
		runChunk(c)
	}
	for polls := int32(0); w.done.Load() < int64(chunks); polls++ {
		if pause(); polls > w.polls.Load() {
			runtime.Gosched()
		}
	}
	w.task = nil
	t.forget()
	failed := w.failed.Swap(nil)
	w.holder.Unlock()
	if failed != nil {
		panic(failed)
	}
}

// summon makes sure that n workers are awake.
func summon(n int) {
	w := &workers
	for i := int(w.alive.Load()); i < n; i++ {
		w.alive.Add(1)
		go work()
	}
	for i := min(n, int(w.sleeping.Load())); i > 0; i-- {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// runChunk runs a claimed chunk. The task may change as soon as the chunk is done.
func runChunk(c int) {
	defer func() {
		if v := recover(); v != nil {
			workers.failed.CompareAndSwap(nil, &WorkerPanic{Value: v, Stack: debug.Stack()})
		}
		workers.done.Add(1)
	}()
	workers.task.run(c)
}

// work is a worker: it claims chunks, looks for more for a while, sleeps for a while, and leaves.
func work() {
	w := &workers
	defer w.alive.Add(-1)
	timer := time.NewTimer(idle)
	defer timer.Stop()
	for {
		for polls := int32(0); polls < w.polls.Load(); polls++ {
			if c := claim(false); c >= 0 {
				runChunk(c)
				polls = 0
			} else {
				pause()
			}
		}
		// Who publishes after this sees a sleeper, and what was published before is seen by claim.
		w.sleeping.Add(1)
		if c := claim(false); c >= 0 {
			w.sleeping.Add(-1)
			runChunk(c)
			continue
		}
		timer.Reset(idle)
		select {
		case <-w.wake:
			w.sleeping.Add(-1)
		case <-timer.C:
			w.sleeping.Add(-1)
			return
		}
	}
}

// A WorkerPanic is the panic of a chunk, carried to the goroutine that ran the task.
type WorkerPanic struct {
	Value any
	Stack []byte // of the chunk
}

func (p *WorkerPanic) Error() string { return fmt.Sprintf("%v\n%s", p.Value, p.Stack) }

// Unwrap returns the value of the panic where it is an error.
func (p *WorkerPanic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}
