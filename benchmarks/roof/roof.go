// Package roof measures the rate of fused multiply-adds that the processor reaches when nothing else holds it up: the
// bound of every matrix product.
package roof

import (
	"sync"
	"time"

	"golang.org/x/sys/cpu"
)

// chunk is the number of turns of the loop that is timed, some twenty microseconds.
const chunk = 16000

// A loop is a chain of multiply-adds for each of several accumulators.
type loop struct {
	run   func(turns int)
	flops float64 // of one turn
}

// best returns the loop with the widest vectors that the processor has, or none.
func best() *loop {
	switch {
	case cpu.X86.HasAVX512F:
		return &loop{chains512, 12 * 16 * 2}
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return &loop{chains256, 12 * 8 * 2}
	}
	return nil
}

// GFLOPS returns the highest rate seen within a time, in float32, summed over threads; 0 on a processor without FMA.
func GFLOPS(threads int, length time.Duration) float64 {
	l := best()
	if l == nil {
		return 0
	}
	rates := make([]float64, threads)
	var wait sync.WaitGroup
	for i := range rates {
		wait.Go(func() { rates[i] = l.peak(length) })
	}
	wait.Wait()
	total := 0.0
	for _, r := range rates {
		total += r
	}
	return total
}

func (l *loop) peak(length time.Duration) float64 {
	highest := 0.0
	for began := time.Now(); time.Since(began) < length; {
		start := time.Now()
		l.run(chunk)
		highest = max(highest, chunk*l.flops/time.Since(start).Seconds()/1e9)
	}
	return highest
}
