// Package clock times short pieces of work, each run by itself, in the way of PyTorch's side (bench.py).
package clock

import (
	"math"
	"runtime"
	"slices"
	"time"
)

// A Sample is what repeated runs of one piece of work took.
type Sample struct {
	Runs   int     `json:"steps"`
	Min    float64 `json:"min_ms"`
	P10    float64 `json:"p10_ms"`
	Median float64 `json:"median_ms"`
	Mean   float64 `json:"mean_ms"`
	Allocs float64 `json:"allocs_step"` // whole heap allocations of one run of f
	Load
}

// The runs before those that are timed, and the fewest that are.
const (
	warmup  = 10
	minRuns = 5
)

// Measure runs f for a time and returns what each run took. Runs that take less than the clock needs are timed several
// at once: calls is how many calls of the work f makes. f stops the measurement with an error.
func Measure(f func() error, calls int, length time.Duration) (Sample, error) {
	for range warmup {
		if err := f(); err != nil {
			return Sample{}, err
		}
	}
	runtime.GC()
	took := make([]time.Duration, 0, 1<<16)
	load := Watch()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for began := time.Now(); len(took) < minRuns || time.Since(began) < length; {
		start := time.Now()
		if err := f(); err != nil {
			return Sample{}, err
		}
		took = append(took, time.Since(start))
	}
	runtime.ReadMemStats(&after)
	s := summary(took, calls)
	s.Load = load.Read(0)
	// The list of times grows, seldom: whole allocations per run are those of f.
	s.Allocs = math.Floor(float64(after.Mallocs-before.Mallocs) / float64(len(took)))
	return s, nil
}

func summary(took []time.Duration, calls int) Sample {
	total := time.Duration(0)
	for _, d := range took {
		total += d
	}
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return d.Seconds() * 1e3 / float64(calls) }
	return Sample{
		Runs: len(took) * calls, Min: ms(took[0]), P10: ms(took[len(took)/10]), Median: ms(took[len(took)/2]),
		Mean: ms(total) / float64(len(took)),
	}
}
