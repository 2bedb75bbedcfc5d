package experiment

import (
	"fmt"
	"math"
	"slices"
)

// smoothLosses sets the smoothed loss of each point to the mean over the points up to radius before and after it, as many
// on either side, so that the curve does not lag behind.
func smoothLosses(points []LRPoint, radius int) {
	for i := range points {
		r := min(radius, i, len(points)-1-i)
		sum := 0.0
		for _, p := range points[i-r : i+r+1] {
			sum += p.Loss
		}
		points[i].Smoothed = sum / float64(2*r+1)
	}
}

// judge finds the rates that stand out, and what to suggest.
func (s *LRSearch) judge() {
	best := -1
	for i, t := range s.Powers {
		if !t.Diverged && (best < 0 || t.Loss < s.Powers[best].Loss) {
			best = i
		}
	}
	fell := best >= 0 && s.Start-s.Powers[best].Loss >= notableFall*math.Abs(s.Start)
	if fell {
		s.Best = s.Powers[best].LR
	}
	lowest := s.lowest()
	s.Diverges = s.divergence(lowest)
	s.Steepest = s.steepest(lowest)
	switch {
	case !s.lowers():
		s.Steepest = 0
		s.Why = "the loss rises or diverges at every power of ten: the smallest rate is too large already"
	case !fell:
		s.Steepest = 0
		s.Why = fmt.Sprintf("at no power of ten does the loss fall by even %g %%: the rate is not what keeps this model from learning, or %d steps are too few", 100*notableFall, s.trialSteps())
	case s.Steepest == 0:
		s.Suggested = s.Best
		s.Why = "the loss is lowest there of all powers of ten; the range test shows no fall"
	case s.Diverges > 0 && s.Diverges/10 < s.Steepest:
		s.Suggested = s.Diverges / 10
		s.Why = fmt.Sprintf("a tenth of %.2g, where the range test diverges; the loss falls fastest at %.2g", s.Diverges, s.Steepest)
	case s.Diverges > 0:
		s.Suggested = s.Steepest
		s.Why = fmt.Sprintf("the loss of the range test falls fastest there, and diverges at %.2g only", s.Diverges)
	default:
		s.Suggested = s.Steepest
		s.Why = "the loss of the range test falls fastest there, and does not diverge up to the largest rate"
	}
}

// lowers reports whether some training lowered the loss at all.
func (s *LRSearch) lowers() bool {
	return slices.ContainsFunc(s.Powers, func(t LRTrial) bool { return !t.Diverged && t.Loss <= s.Start })
}

func (s *LRSearch) trialSteps() int64 {
	most := int64(0)
	for _, t := range s.Powers {
		most = max(most, t.Steps)
	}
	return most
}

// lowest returns the point of the range test with the lowest smoothed loss, -1 without points.
func (s *LRSearch) lowest() int {
	at := -1
	for i, p := range s.Range {
		if isFinite(p.Smoothed) && (at < 0 || p.Smoothed < s.Range[at].Smoothed) {
			at = i
		}
	}
	return at
}

// divergence returns the first rate beyond the lowest point at which the smoothed loss is back where it started, or that
// of the last step that was finite; 0 where the test went on to its end below that.
func (s *LRSearch) divergence(lowest int) float64 {
	for i := lowest + 1; i > 0 && i < len(s.Range); i++ {
		if p := s.Range[i]; !(p.Smoothed < s.Range[0].Smoothed) {
			return p.LR
		}
	}
	if n := len(s.Range); n > 0 && !s.Complete {
		return s.Range[n-1].LR
	}
	return 0
}

// steepest returns the rate before the lowest point at which the smoothed loss falls fastest over the logarithm of the
// rate; 0 where it does not fall. Rates lie at equal distances on that axis.
func (s *LRSearch) steepest(lowest int) float64 {
	at, fastest := 0.0, 0.0
	for i := 1; i < lowest; i++ {
		if fall := s.Range[i-1].Smoothed - s.Range[i+1].Smoothed; fall > fastest {
			at, fastest = s.Range[i].LR, fall
		}
	}
	return at
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
