package plots

import (
	"cmp"
	"math"
	"slices"
)

// A point is one value of a curve, in data units.
type point struct{ x, y float64 }

// sorted returns points in order of x; points of equal x keep their order. Histories are in order already, so the
// copy is rarely made.
func sorted(points []point) []point {
	byX := func(a, b point) int { return cmp.Compare(a.x, b.x) }
	if slices.IsSortedFunc(points, byX) {
		return points
	}
	points = slices.Clone(points)
	slices.SortStableFunc(points, byX)
	return points
}

// largest is the largest magnitude that is drawn; spans of values beyond it would overflow.
const largest = 1e300

func drawable(v float64) bool { return math.Abs(v) <= largest }

// drawableLog reports whether v has a place on a logarithmic axis. The tick arithmetic needs normal numbers, so values
// below 1e-300 are out, as zero is.
func drawableLog(v float64) bool { return v >= 1/largest && v <= largest }

// smooth returns the moving average e ← β·e + (1−β)·y of the curve. It starts at the mean of its first values, a tenth
// of the 1/(1−β) that it averages over, and until it has seen all of those it is the plain mean of what it has seen: so
// it starts on the curve and not at its first, arbitrary value. A value that is not finite stays as it is and leaves
// the average alone.
func smooth(points []point, beta float64) []point {
	out := slices.Clone(points)
	first := math.Max(1, math.Round(0.1/(1-beta)))
	mean, n := start(points, first), 0.0
	for i, p := range points {
		if !drawable(p.y) {
			continue
		}
		if n++; n > first {
			b := math.Min(beta, (n-1)/n)
			mean = b*mean + (1-b)*p.y
		}
		out[i].y = mean
	}
	return out
}

// start returns the mean of the first n finite values of a curve, or of all where it has less.
func start(points []point, n float64) float64 {
	mean, seen := 0.0, 0.0
	for _, p := range points {
		if seen >= n {
			break
		}
		if drawable(p.y) {
			seen++
			mean += (p.y - mean) / seen
		}
	}
	return mean
}

// smoothingFor returns the factor of a moving average over a fortieth of a curve of n points, or 0 where that is less
// than two points and an average would show nothing new.
func smoothingFor(n int) float64 {
	const fraction, maxFactor = 40, 0.999
	if n < 2*fraction {
		return 0
	}
	beta := math.Min(1-fraction/float64(n), maxFactor)
	// Two significant digits of 1−β: the legend names the very factor that was used.
	unit := math.Pow10(1 - int(math.Floor(math.Log10(1-beta))))
	return 1 - math.Round((1-beta)*unit)/unit
}

// columns is the number of columns that a long curve is thinned to, each with its smallest and largest value.
const columns = 1000

// segments splits a curve at the points that ok refuses and thins what has more than 2·columns points. lo and hi are
// the range of the x axis. A segment has at least one point. The points must be in order of x.
func segments(points []point, ok func(point) bool, lo, hi float64) [][]point {
	var out [][]point
	var current []point
	cut := func() {
		if len(current) > 0 {
			out = append(out, current)
			current = nil
		}
	}
	if len(points) <= 2*columns {
		for _, p := range points {
			if !ok(p) {
				cut()
				continue
			}
			current = append(current, p)
		}
		cut()
		return out
	}
	for start := 0; start < len(points); {
		c := column(points[start].x, lo, hi)
		end := start + 1
		for end < len(points) && column(points[end].x, lo, hi) == c {
			end++
		}
		extremes, gap := thin(points[start:end], ok)
		if gap {
			cut()
		}
		current = append(current, extremes...)
		if gap {
			cut()
		}
		start = end
	}
	cut()
	return out
}

func column(x, lo, hi float64) int {
	if !drawable(x) {
		return -1
	}
	return int((x - lo) / (hi - lo) * columns)
}

// thin returns the smallest and the largest of the points that ok accepts, in order of x, and whether it refused any.
func thin(points []point, ok func(point) bool) (extremes []point, gap bool) {
	low, high := -1, -1
	for i, p := range points {
		if !ok(p) {
			gap = true
			continue
		}
		if low < 0 || p.y < points[low].y {
			low = i
		}
		if high < 0 || p.y > points[high].y {
			high = i
		}
	}
	switch {
	case low < 0:
		return nil, gap
	case low == high:
		return []point{points[low]}, gap
	}
	return []point{points[min(low, high)], points[max(low, high)]}, gap
}

// jumps returns the indices i at which a curve that was level before steps to a value at which it stays: the changes
// of a step schedule. Changes within a slope are no jumps.
func jumps(points []point) []int {
	level := func(i int) bool {
		a, b := points[i-1].y, points[i].y
		return math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b))
	}
	var at []int
	n := len(points)
	for i := 1; i < n; i++ {
		before := i < 2 || level(i-1)
		after := i+1 >= n || level(i+1)
		if n > 2 && !level(i) && before && after {
			at = append(at, i)
		}
	}
	return at
}
