package plots

import (
	"math"
)

// An axis is the resolved range of one axis and what its label must add to be honest about it.
type axis struct {
	min, max float64
	log      bool
	note     string // in brackets after the label; may be empty
}

// holds reports whether v has a place on the axis.
func (a axis) holds(v float64) bool { return v >= a.min && v <= a.max }

// xAxis spans the drawable x of all lines. It starts at zero where that costs little room.
func xAxis(lines []line) axis {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		for _, p := range l.points {
			if drawable(p.x) {
				lo, hi = math.Min(lo, p.x), math.Max(hi, p.x)
			}
		}
	}
	if lo > hi {
		return axis{min: 0, max: 1}
	}
	if lo > 0 && lo <= 0.15*hi {
		lo = 0
	}
	if flat(lo, hi) {
		if lo > 0 && !flat(0, hi) {
			lo = 0
		} else {
			hi = lo + math.Max(1, math.Abs(lo))
		}
	}
	return axis{min: lo, max: hi}
}

// logXAxis spans the drawable x of all lines, which are positive, from end to end.
func logXAxis(lines []line) axis {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		for _, p := range l.points {
			if drawableLog(p.x) {
				lo, hi = math.Min(lo, p.x), math.Max(hi, p.x)
			}
		}
	}
	if lo > hi || flat(lo, hi) {
		return logAxis(1, 1)
	}
	return axis{min: lo, max: hi, log: true}
}

// wideSpan is the factor between values from which an axis is logarithmic.
const wideSpan = 20

// flat reports whether lo and hi are too close for an axis between them.
func flat(lo, hi float64) bool {
	return hi-lo <= 1e-9*math.Max(math.Abs(lo), math.Abs(hi)) || hi-lo < 1/largest
}

// spread is what the choice of the y axis depends on.
type spread struct {
	lo, hi      float64 // over all drawable values
	lowPositive float64 // the smallest positive value of the lines that are not faint
	lowest      float64 // the smallest positive value of all
	values      int     // drawable values
	nonPositive int     // those of them without a logarithm
}

func spreadOf(lines []line) spread {
	s := spread{lo: math.Inf(1), hi: math.Inf(-1), lowPositive: math.Inf(1), lowest: math.Inf(1)}
	for _, l := range lines {
		for _, p := range l.points {
			if !drawable(p.x) || !drawable(p.y) {
				continue
			}
			s.values++
			s.lo, s.hi = math.Min(s.lo, p.y), math.Max(s.hi, p.y)
			if !drawableLog(p.y) {
				s.nonPositive++
				continue
			}
			s.lowest = math.Min(s.lowest, p.y)
			if !l.faint {
				s.lowPositive = math.Min(s.lowPositive, p.y)
			}
		}
	}
	return s
}

// logarithmic decides between the scales; see Options.Scale.
func (s spread) logarithmic(scale Scale) bool {
	const tooMany = 20
	if s.values == 0 || s.nonPositive == s.values || s.nonPositive*tooMany > s.values {
		return false
	}
	switch scale {
	case LinearScale:
		return false
	case LogScale:
		return true
	}
	return s.hi/s.lowPositive >= wideSpan
}

// yAxis spans the drawable y of all lines.
func yAxis(lines []line, scale Scale) axis {
	s := spreadOf(lines)
	switch {
	case s.values == 0:
		return axis{min: 0, max: 1}
	case s.logarithmic(scale):
		return logAxis(s.lowest, s.hi)
	}
	return linearAxis(s.lo, s.hi)
}

// logAxis leaves a twentieth of the axis free above and below the values.
func logAxis(lo, hi float64) axis {
	pad := math.Exp(0.05 * (math.Log(hi) - math.Log(lo)))
	if flat(lo, hi) {
		pad = 2
	}
	return axis{min: math.Max(lo/pad, 1e-307), max: math.Min(hi*pad, math.MaxFloat64), log: true, note: "log"}
}

// linearAxis starts at zero, unless all values lie in the upper half of the axis; then it starts below them and its
// note says where. It does not leave the interval from 0 to 1 that shares such as an accuracy live in.
func linearAxis(lo, hi float64) axis {
	if flat(lo, hi) {
		switch {
		case flat(math.Min(lo, 0), math.Max(hi, 0)):
			return axis{min: math.Min(lo, 0), max: 1}
		case hi < 0:
			return axis{min: 1.25 * lo, max: 0}
		}
		return axis{min: 0, max: 1.25 * hi}
	}
	if lo >= 0 && lo <= hi/2 {
		return axis{min: 0, max: topOf(0, hi)}
	}
	pad := 0.05 * (hi - lo)
	a := axis{min: lo - pad, max: topOf(lo, hi)}
	if lo >= 0 {
		// Round the start down to a tick, so that the note and the lowest tick agree.
		m, e := niceStep((a.max - a.min) / 5)
		step := scaled(m, e)
		a.min = math.Max(0, math.Floor(a.min/step+1e-9)*step)
		if a.min > 0 {
			a.note = "axis starts at " + linearTicks{length: 5, spacing: 1}.formatter(a.max, e)(a.min)
		}
	}
	return a
}

// topOf returns the end of an axis from lo for values up to hi: a twentieth above them, or at the next tick if that
// is near. It is not above 1 for values that are not.
func topOf(lo, hi float64) float64 {
	span := hi - lo
	top := hi + 0.05*span
	m, e := niceStep(span / 7)
	if tick := math.Ceil(hi/scaled(m, e)) * scaled(m, e); tick-hi <= 0.12*span {
		top = math.Max(tick, hi)
	}
	if hi <= 1 {
		return math.Min(top, 1)
	}
	return top
}
