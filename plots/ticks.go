package plots

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// linearTicks places ticks at multiples of 1, 2 or 5 times a power of ten, at least spacing apart on an axis of the
// given length. Whole ticks are multiples of 1 or more.
type linearTicks struct {
	length, spacing vg.Length
	whole           bool
	short           bool // 20k for 20000
}

var _ plot.Ticker = linearTicks{}

// Ticks implements plot.Ticker.
func (t linearTicks) Ticks(lo, hi float64) []plot.Tick {
	if !(hi > lo) || math.IsInf(hi-lo, 0) {
		return nil
	}
	mantissa, exponent := niceStep((hi - lo) * float64(t.spacing/t.length))
	if t.whole && exponent < 0 {
		mantissa, exponent = 1, 0
	}
	step := scaled(mantissa, exponent)
	minorPerMajor := map[int]float64{1: 5, 2: 4, 5: 5}[mantissa]
	if t.whole && step < minorPerMajor {
		minorPerMajor = step
	}
	format := t.formatter(math.Max(math.Abs(lo), math.Abs(hi)), exponent)

	// Ticks are integer multiples of the step, never sums, so that 0.3 is not 0.30000000000000004.
	var ticks []plot.Tick
	const slack = 1e-9
	first, last := math.Ceil(lo/step-slack), math.Floor(hi/step+slack)
	if last-first > 200 || math.Abs(first) > 1<<52 {
		return nil
	}
	at := func(k float64) float64 {
		if exponent < 0 {
			return k * float64(mantissa) / math.Pow10(-exponent)
		}
		return k * float64(mantissa) * math.Pow10(exponent)
	}
	for k := first - 1; k <= last; k++ {
		if k >= first {
			ticks = append(ticks, plot.Tick{Value: at(k), Label: format(at(k))})
		}
		for m := 1.0; m < minorPerMajor; m++ {
			if v := (k + m/minorPerMajor) * step; v >= lo && v <= hi {
				ticks = append(ticks, plot.Tick{Value: v})
			}
		}
	}
	return ticks
}

// formatter returns how ticks up to the given magnitude, with steps of about 10^exponent, are written: with as many
// decimals as the step needs.
func (t linearTicks) formatter(largest float64, exponent int) func(float64) string {
	format := func(v float64) string { return strconv.FormatFloat(v, 'f', max(-exponent, 0), 64) }
	switch {
	case t.short && largest >= 1e7 && largest < 1e10 && exponent >= 4:
		format = func(v float64) string {
			return trimZeros(strconv.FormatFloat(v/1e6, 'f', max(6-exponent, 0), 64)) + "M"
		}
	case t.short && largest >= 1e4 && largest < 1e7 && exponent >= 2:
		format = func(v float64) string {
			return trimZeros(strconv.FormatFloat(v/1e3, 'f', max(3-exponent, 0), 64)) + "k"
		}
	case largest >= 1e7 && exponent >= 3 || largest < 1e-4:
		digits := max(int(math.Floor(math.Log10(largest)))-exponent, 0)
		format = func(v float64) string { return tidyExponent(strconv.FormatFloat(v, 'e', digits, 64)) }
	default:
		return func(v float64) string { return format(v + 0) } // not -0
	}
	return func(v float64) string {
		if v == 0 {
			return "0"
		}
		return format(v)
	}
}

// niceStep returns the smallest mantissa·10^exponent that is at least x, with a mantissa of 1, 2 or 5.
func niceStep(x float64) (mantissa, exponent int) {
	exponent = int(math.Floor(math.Log10(x)))
	for _, m := range []int{1, 2, 5} {
		if scaled(m, exponent) >= x*(1-1e-9) {
			return m, exponent
		}
	}
	return 1, exponent + 1
}

// scaled returns mantissa·10^exponent, correctly rounded for exponents down to -22.
func scaled(mantissa, exponent int) float64 {
	if exponent < 0 {
		return float64(mantissa) / math.Pow10(-exponent)
	}
	return float64(mantissa) * math.Pow10(exponent)
}

// logTicks places labelled ticks at 1, 2 and 5 times the powers of ten where the axis has room for them, else at each
// power or at every second, fifth, tenth, … power. Where these are fewer than two, it labels the first and the last
// power; an axis that spans less than a power of ten falls back to the ticks of a linear axis.
type logTicks struct {
	length, spacing vg.Length
}

var _ plot.Ticker = logTicks{}

// Ticks implements plot.Ticker.
func (t logTicks) Ticks(lo, hi float64) []plot.Tick {
	if !(lo > 0 && hi > lo) || math.IsInf(hi, 0) {
		return nil
	}
	decades := math.Log10(hi) - math.Log10(lo)
	perDecade := float64(t.length/t.spacing) / decades // labels that fit into one power of ten
	every, labelled, minor := 1, []int{1}, []int{2, 3, 4, 5, 6, 7, 8, 9}
	switch {
	case perDecade >= 1/math.Log10(2):
		labelled = []int{1, 2, 5}
	case perDecade < 1:
		minor = nil
		m, e := niceStep(1 / perDecade)
		every = int(scaled(m, e))
	}
	var ticks []plot.Tick
	labels := 0
	inside := func(v float64) bool { return v >= lo*(1-1e-12) && v <= hi*(1+1e-12) }
	for e := int(math.Floor(math.Log10(lo))); e <= int(math.Ceil(math.Log10(hi))); e++ {
		for _, m := range labelled {
			if v := scaled(m, e); inside(v) && e%every == 0 {
				ticks = append(ticks, plot.Tick{Value: v, Label: formatPower(v, e)})
				labels++
			}
		}
		for _, m := range minor {
			if v := scaled(m, e); inside(v) && !(len(labelled) > 1 && (m == 2 || m == 5)) {
				ticks = append(ticks, plot.Tick{Value: v})
			}
		}
	}
	if labels >= 2 {
		return ticks
	}
	first, last := math.Ceil(math.Log10(lo)), math.Floor(math.Log10(hi))
	switch {
	case first < last:
		return []plot.Tick{powerTick(int(first)), powerTick(int(last))}
	case decades >= 1:
		return []plot.Tick{powerTick(int(first))}
	}
	ticks = linearTicks{length: t.length, spacing: t.spacing}.Ticks(lo, hi)
	return slices.DeleteFunc(ticks, func(tick plot.Tick) bool { return tick.Value < lo })
}

func powerTick(exponent int) plot.Tick {
	v := scaled(1, exponent)
	return plot.Tick{Value: v, Label: formatPower(v, exponent)}
}

func formatPower(v float64, exponent int) string {
	if exponent < -3 || exponent > 5 {
		return tidyExponent(strconv.FormatFloat(v, 'e', 0, 64))
	}
	return strconv.FormatFloat(v, 'f', max(-exponent, 0), 64)
}

// formatValue writes v with four significant digits.
func formatValue(v float64) string {
	return tidyExponent(strconv.FormatFloat(v, 'g', 4, 64))
}

// tidyExponent turns 1e-05 into 1e-5 and 2e+06 into 2e6.
func tidyExponent(s string) string {
	mantissa, exponent, ok := strings.Cut(s, "e")
	if !ok {
		return s
	}
	sign := ""
	if strings.HasPrefix(exponent, "-") {
		sign = "-"
	}
	if exponent = strings.TrimLeft(exponent, "+-0"); exponent == "" {
		return mantissa
	}
	return mantissa + "e" + sign + exponent
}

func trimZeros(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}
