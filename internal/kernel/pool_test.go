package kernel

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// withWorkers runs a test with each number of workers, also more than there are processors.
func withWorkers(t *testing.T, test func(t *testing.T)) {
	defer func() { forcedWorkers = 0 }()
	for _, n := range []int{1, 2, 3, 8} {
		forcedWorkers = n
		t.Run(fmt.Sprintf("%d workers", n), test)
	}
}

// countTask counts how often each chunk ran.
type countTask struct {
	runs   []atomic.Int32
	during func(chunk int)
	forgot bool
}

func (t *countTask) run(chunk int) {
	t.runs[chunk].Add(1)
	if t.during != nil {
		t.during(chunk)
	}
}

func (t *countTask) forget() { t.forgot = true }

// TestClaim: the holder takes chunks from the front, workers from the back, and each is claimed once.
func TestClaim(t *testing.T) {
	workers.holder.Lock() // nobody else publishes
	defer workers.holder.Unlock()
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for workers.alive.Load() > 0 { // or they would claim chunks of no task
		time.Sleep(time.Millisecond)
	}
	defer workers.state.Store(0)
	for _, chunks := range []int{3, 1 << 17} {
		workers.state.Store(uint64(chunks))
		got := []int{claim(true), claim(false), claim(false), claim(true)}
		want := []int{0, chunks - 1, chunks - 2, 1}
		if chunks == 3 {
			want[3] = -1
		}
		if !slices.Equal(got, want) {
			t.Errorf("of %d chunks, first, last, last, first are %v, want %v", chunks, got, want)
		}
		for claim(true) >= 0 {
		}
		if c := claim(false); c != -1 {
			t.Errorf("of %d chunks, all claimed, a worker gets %d", chunks, c)
		}
	}
}

func TestTaskRunsEachChunkOnce(t *testing.T) {
	withWorkers(t, func(t *testing.T) {
		for _, chunks := range []int{0, 1, 2, 7, 1000, 1 << 17} {
			for range 5 {
				task := &countTask{runs: make([]atomic.Int32, chunks)}
				if !holdPool() {
					if forcedWorkers == 1 {
						return
					}
					t.Fatal("nobody else holds the pool")
				}
				runTask(task, chunks)
				for i := range task.runs {
					if n := task.runs[i].Load(); n != 1 {
						t.Fatalf("chunk %d of %d ran %d times", i, chunks, n)
					}
				}
				if !task.forgot {
					t.Fatal("the task was not told to forget")
				}
			}
		}
	})
}

// TestTasksInTurn publishes many small tasks one after the other, from several goroutines: a worker that is late for
// one must not run a chunk of the next twice.
func TestTasksInTurn(t *testing.T) {
	defer func() { forcedWorkers = 0 }()
	forcedWorkers = 4
	var ran, wanted atomic.Int64
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			for i := range 3000 {
				chunks := 1 + i%9
				if !holdPool() {
					continue
				}
				wanted.Add(int64(chunks))
				runTask(&countTask{runs: make([]atomic.Int32, chunks), during: func(int) { ran.Add(1) }}, chunks)
			}
		})
	}
	group.Wait()
	if ran.Load() != wanted.Load() || wanted.Load() == 0 {
		t.Errorf("%d chunks ran, %d were published", ran.Load(), wanted.Load())
	}
}

// TestWorkersHelp: chunks that wait for each other end only when they run at the same time.
func TestWorkersHelp(t *testing.T) {
	defer func() { forcedWorkers = 0 }()
	forcedWorkers = 3
	for range 5 {
		var meeting sync.WaitGroup
		meeting.Add(3)
		if !holdPool() {
			t.Fatal("nobody else holds the pool")
		}
		runTask(&countTask{runs: make([]atomic.Int32, 3), during: func(int) { meeting.Done(); meeting.Wait() }}, 3)
	}
}

func TestTaskPanics(t *testing.T) {
	defer func() { forcedWorkers = 0 }()
	forcedWorkers = 3
	cause := errors.New("a chunk that fails")
	for failing := range 3 {
		var ended atomic.Int32
		err := func() (err error) {
			defer func() { err, _ = recover().(error) }()
			holdPool()
			runTask(&countTask{runs: make([]atomic.Int32, 3), during: func(chunk int) {
				if chunk == failing {
					panic(cause)
				}
				time.Sleep(time.Millisecond)
				ended.Add(1)
			}}, 3)
			return nil
		}()
		var carried *WorkerPanic
		if !errors.As(err, &carried) || !errors.Is(err, cause) || len(carried.Stack) == 0 {
			t.Errorf("chunk %d: the panic carried back is %v", failing, err)
		}
		if ended.Load() != 2 {
			t.Errorf("chunk %d: the panic came when %d of the 2 others had ended", failing, ended.Load())
		}
	}
	if !holdPool() {
		t.Fatal("the pool was not given back")
	}
	runTask(&countTask{}, 0)
}

// TestPoolInUse: a task inside a task finds the pool held, and runs where it is.
func TestPoolInUse(t *testing.T) {
	defer func() { forcedWorkers = 0 }()
	forcedWorkers = 2
	holdPool()
	var inner atomic.Int32
	runTask(&countTask{runs: make([]atomic.Int32, 4), during: func(int) {
		if holdPool() {
			t.Error("held twice")
		}
		inner.Add(1)
	}}, 4)
	if inner.Load() != 4 {
		t.Errorf("%d chunks ran", inner.Load())
	}
}

func TestWorkersFollowGOMAXPROCS(t *testing.T) {
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	if Workers() != 1 || holdPool() {
		t.Error("one processor needs no help")
	}
	runtime.GOMAXPROCS(64)
	if Workers() != runtime.NumCPU() {
		t.Errorf("%d workers on %d processors", Workers(), runtime.NumCPU())
	}
}

// TestNothingIsLeftRunning: workers leave when there is nothing to do.
func TestNothingIsLeftRunning(t *testing.T) {
	defer func() { forcedWorkers = 0 }()
	forcedWorkers = 8
	holdPool()
	runTask(&countTask{runs: make([]atomic.Int32, 100)}, 100)
	goleak.VerifyNone(t)
	if n, s := workers.alive.Load(), workers.sleeping.Load(); n != 0 || s != 0 {
		t.Errorf("%d workers, %d of them asleep", n, s)
	}
}

func TestTaskAllocatesNothing(t *testing.T) {
	defer func() { forcedWorkers = 0 }()
	forcedWorkers = 2
	task := &countTask{runs: make([]atomic.Int32, 8)}
	if n := testing.AllocsPerRun(200, func() {
		holdPool()
		runTask(task, len(task.runs))
	}); n >= 1 {
		t.Errorf("%v allocations for a task", n)
	}
}

func BenchmarkTask(b *testing.B) {
	task := &countTask{runs: make([]atomic.Int32, 2)}
	if Workers() < 2 {
		b.Skip("needs two processors")
	}
	for b.Loop() {
		holdPool()
		runTask(task, 2)
	}
}
