package experiment

import (
	"math"
	"strings"
	"testing"
)

// search returns what trials and a range test come to, whose losses are given over the rates from 1e-4 on, ten per
// decade.
func search(complete bool, trials []float64, losses ...float64) *LRSearch {
	s := &LRSearch{Start: 2, Limit: 8, Complete: complete}
	for i, loss := range trials {
		s.Powers = append(s.Powers, LRTrial{LR: math.Pow10(i - 4), Loss: loss, Steps: 10, Diverged: !(loss <= s.Limit)})
	}
	for i, loss := range losses {
		s.Range = append(s.Range, LRPoint{LR: math.Pow(10, float64(i)/10-4), Loss: loss, Smoothed: loss})
	}
	s.judge()
	return s
}

func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		s         *LRSearch
		suggested float64
		why       string
	}{
		"steepest":              {search(false, []float64{2, 1}, 2, 1.9, 1.8, 1, 0.7, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 9), math.Pow(10, -3.7), "falls fastest there, and diverges at 0.0032 only"},
		"a tenth of divergence": {search(false, []float64{2, 1}, 2, 1.9, 1.8, 1, 0.7, 9), math.Pow(10, -4.5), "a tenth of 0.00032, where the range test diverges"},
		"no divergence":         {search(true, []float64{2, 1}, 2, 1.9, 1, 0.7, 0.6), math.Pow(10, -3.8), "does not diverge up to the largest rate"},
		"the test falls nowhere": {
			search(true, []float64{2, 1}, 2, 2, 2, 2), 1e-3, "the range test shows no fall",
		},
		"no trial falls":  {search(true, []float64{2, 1.99}, 2, 1, 0.5), 0, "by even 1 %"},
		"all diverge":     {search(false, []float64{math.NaN(), 100}, 2, 9, 9), 0, "rises or diverges at every power of ten"},
		"no points":       {search(false, []float64{2, 1}), 1e-3, "the range test shows no fall"},
		"not a number":    {search(false, []float64{2, 1}, 2, 1.5, 1, math.NaN()), math.Pow(10, -4.7), "a tenth of 0.0002"},
		"negative losses": {search(true, []float64{2, -3}, 2, 0, -2, -3), math.Pow(10, -3.9), "does not diverge"},
	} {
		if got := c.s.Suggested; math.Abs(got-c.suggested) > 1e-12 || !strings.Contains(c.s.Why, c.why) {
			t.Errorf("%s: suggested %v, want %v; why: %s", name, got, c.suggested, c.s.Why)
		}
	}
}

func TestSmoothLosses(t *testing.T) {
	points := []LRPoint{{Loss: 1}, {Loss: 2}, {Loss: 6}, {Loss: 4}, {Loss: 5}}
	smoothLosses(points, 2)
	for i, want := range []float64{1, 3, 3.6, 5, 5} {
		if points[i].Smoothed != want {
			t.Errorf("point %d: %v, want %v", i, points[i].Smoothed, want)
		}
	}
}

func TestPowersOfTen(t *testing.T) {
	for _, c := range []struct {
		from, to float64
		want     int
	}{{1e-6, 10, 8}, {2e-3, 0.5, 2}, {1e-3, 1e-3 * 1.5, 1}, {2, 3, 1}} {
		if got := powersOfTen(c.from, c.to); len(got) != c.want {
			t.Errorf("from %v to %v: %v", c.from, c.to, got)
		}
	}
}
