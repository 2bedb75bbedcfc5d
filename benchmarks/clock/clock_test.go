package clock

import (
	"errors"
	"slices"
	"testing"
	"time"
)

var sink []byte

func TestMeasure(t *testing.T) {
	runs := 0
	s, err := Measure(func() error {
		runs++
		time.Sleep(time.Millisecond)
		return nil
	}, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	if runs != warmup+minRuns || s.Runs != 2*minRuns {
		t.Errorf("%d runs, %d counted", runs, s.Runs)
	}
	if s.Min < 0.5 || s.Min > s.P10 || s.P10 > s.Median {
		t.Errorf("two calls of 1 ms take %+v each", s)
	}
}

// TestMeasureCountsAllocations measures for long enough that what the runtime allocates meanwhile does not count.
func TestMeasureCountsAllocations(t *testing.T) {
	s, err := Measure(func() error {
		sink = make([]byte, 1<<10)
		return nil
	}, 1, 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if s.Runs < 1000 || s.Allocs != 1 {
		t.Errorf("%v allocations in each of %d runs, want 1", s.Allocs, s.Runs)
	}
}

func TestMeasureStops(t *testing.T) {
	broken := errors.New("broken")
	if _, err := Measure(func() error { return broken }, 1, time.Hour); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

func TestSummary(t *testing.T) {
	var took []time.Duration
	for i := range 100 {
		took = append(took, time.Duration(100-i)*time.Millisecond)
	}
	s := summary(slices.Clone(took), 1)
	if s.Min != 1 || s.P10 != 11 || s.Median != 51 || s.Mean != 50.5 {
		t.Errorf("1 to 100 ms give %+v", s)
	}
}
