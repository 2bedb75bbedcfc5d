package train

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

func TestSaturation(t *testing.T) {
	for _, c := range []struct {
		y      []float64
		lo, hi float64
		want   float64
	}{
		{[]float64{0, 0.5, 1, 0.2}, 0, 1, 0.5},
		{[]float64{0.0099, 0.0101, 0.9899, 0.9901}, 0, 1, 0.5},
		{[]float64{-0.981, -0.979, 0, 0.979}, -1, 1, 0.25},
		{[]float64{math.NaN(), 0.5}, 0, 1, 0},
	} {
		if got := saturation(c.y, c.lo, c.hi); got != c.want {
			t.Errorf("%v between %v and %v: %v, want %v", c.y, c.lo, c.hi, got, c.want)
		}
	}
}

func TestDeadUnits(t *testing.T) {
	y := []float64{
		0, 1, 0, 0,
		0, 0, 0, math.NaN(),
		0, 0, 2, 0,
	}
	if got := deadUnits(y, 3); got != 0.25 {
		t.Errorf("got %v", got)
	}
	if got := deadUnits(y, 1); got != 9.0/12 {
		t.Errorf("as one row: %v", got)
	}
}

func TestZerosAndHistogram(t *testing.T) {
	w := []float32{0, float32(math.Copysign(0, -1)), 1e-30, 1}
	if got := zeros(w); got != 0.5 {
		t.Errorf("zeros %v", got)
	}
	h := histogramOf([]float64{-1, -1, 0, 1, math.NaN(), math.Inf(1)})
	if h.Min != -1 || h.Max != 1 || !slices.Equal(h.Counts, []int64{2, 1, 1}) {
		t.Errorf("histogram %+v", h)
	}
	for elements, bins := range map[int]int{1: 1, 10: 4, 100: 10, 1024: 32, 100_000: 32} {
		if got := len(histogramOf(make([]float64, elements)).Counts); got != bins {
			t.Errorf("%d elements have %d bins, want %d", elements, got, bins)
		}
	}
	if h := histogramOf([]float64{3, 3}); h.Counts[0] != 2 {
		t.Errorf("of equal numbers: %+v", h)
	}
	if got := fmt.Sprint(histogramOf([]float64{math.NaN()}).Counts[0]); got != "0" {
		t.Errorf("of no number: %s", got)
	}
}
