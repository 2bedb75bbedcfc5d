package plots

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"pgregory.net/rapid"

	"github.com/strata-ml/strata/train"
)

func labels(ticks []plot.Tick) string {
	var out []string
	for _, t := range ticks {
		if !t.IsMinor() {
			out = append(out, t.Label)
		}
	}
	return strings.Join(out, " ")
}

func TestTicks(t *testing.T) {
	x := linearTicks{length: 400, spacing: 44, whole: true, short: true}
	y := linearTicks{length: 180, spacing: 26}
	log := logTicks{length: 180, spacing: 15}
	for _, c := range []struct {
		ticker plot.Ticker
		lo, hi float64
		want   string
	}{
		{x, 0, 5, "0 1 2 3 4 5"},
		{x, 0, 20, "0 5 10 15 20"},
		{x, 0, 40, "0 5 10 15 20 25 30 35 40"},
		{x, 0, 100, "0 20 40 60 80 100"},
		{x, 0, 0.5, "0"},
		{x, 0, 20000, "0 5k 10k 15k 20k"},
		{x, 0, 12000, "0 2k 4k 6k 8k 10k 12k"},
		{x, 0, 3e7, "0 5M 10M 15M 20M 25M 30M"},
		{y, 0, 1, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{y, -1, 1, "-1.0 -0.5 0.0 0.5 1.0"},
		{y, 0.95, 1, "0.95 0.96 0.97 0.98 0.99 1.00"},
		{y, 0, 3e-6, "0 5.0e-7 1.0e-6 1.5e-6 2.0e-6 2.5e-6 3.0e-6"},
		{y, 1, 1, ""},
		{y, 0, math.Inf(1), ""},
		{y, 0, math.NaN(), ""},
		{log, 0.04, 4, "0.05 0.1 0.2 0.5 1 2"},
		{log, 1e-5, 1e3, "1e-5 1e-4 0.001 0.01 0.1 1 10 100 1000"},
		{log, 1e-30, 1, "1e-30 1e-25 1e-20 1e-15 1e-10 1e-5 1"},
		{log, 0.21, 0.29, "0.21 0.22 0.23 0.24 0.25 0.26 0.27 0.28 0.29"},
		{logTicks{length: 30, spacing: 15}, 1e-300, 1e300, "1e-300 1e300"},
		{logTicks{length: 20, spacing: 15}, 1e-307, 1e308, "1e-307 1e308"},
		{logTicks{length: 20, spacing: 15}, 0.2, 3, "1"},
		{log, 0, 1, ""},
		{log, -1, 1, ""},
		{log, 1, math.Inf(1), ""},
	} {
		got := labels(c.ticker.Ticks(c.lo, c.hi))
		if got != c.want {
			t.Errorf("%T from %g to %g: %s, want %s", c.ticker, c.lo, c.hi, got, c.want)
		}
	}
}

// TestTicksProperty checks on any axis that labelled ticks lie on it, ascend, are no closer than their spacing, say
// their value, and are steps of 1, 2 or 5 times a power of ten.
func TestTicksProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(-1e6, 1e6).Draw(t, "lo")
		span := math.Pow(10, rapid.Float64Range(-3, 8).Draw(t, "log span"))
		hi := lo + span
		ticks := linearTicks{length: 180, spacing: 26}
		var values []float64
		for _, tick := range ticks.Ticks(lo, hi) {
			if tick.IsMinor() {
				continue
			}
			values = append(values, tick.Value)
			said, err := strconv.ParseFloat(tick.Label, 64)
			if err != nil || math.Abs(said-tick.Value) > 1e-6*span {
				t.Fatalf("tick at %g says %q", tick.Value, tick.Label)
			}
		}
		if len(values) < 2 || len(values) > 8 {
			t.Fatalf("%d labelled ticks: %v", len(values), values)
		}
		step := values[1] - values[0]
		if px := step / span * 180; px < 26*(1-1e-6) {
			t.Fatalf("ticks are %g apart", px)
		}
		mantissa := step / math.Pow(10, math.Floor(math.Log10(step)+1e-6))
		if !slices.ContainsFunc([]float64{1, 2, 5}, func(m float64) bool { return math.Abs(mantissa-m) < 1e-3 }) {
			t.Fatalf("step is %g", step)
		}
		if values[0] < lo-1e-6*span || values[len(values)-1] > hi+1e-6*span {
			t.Fatalf("ticks %v leave the axis from %g to %g", values, lo, hi)
		}
	})
}

func curveOf(ys ...float64) []point {
	out := make([]point, len(ys))
	for i, y := range ys {
		out[i] = point{float64(i), y}
	}
	return out
}

func finite(p point) bool { return drawable(p.x) && drawable(p.y) }

func TestSegmentsSplitAtGaps(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		ys   []float64
		want string
	}{
		{nil, "[]"},
		{[]float64{1, 2}, "[[{0 1} {1 2}]]"},
		{[]float64{nan, nan}, "[]"},
		{[]float64{1, nan, 3, 4, -inf, 6}, "[[{0 1}] [{2 3} {3 4}] [{5 6}]]"},
		{[]float64{inf, 1, 1e301}, "[[{1 1}]]"},
	} {
		if got := fmt.Sprint(segments(curveOf(c.ys...), finite, 0, 5)); got != c.want {
			t.Errorf("%v: %s, want %s", c.ys, got, c.want)
		}
	}
}

func TestThinningKeepsExtremesAndGaps(t *testing.T) {
	const n = 100_000
	ys := repeated(n, func(i int) float64 { return math.Sin(float64(i) / 5000) })
	ys[12_345], ys[67_890] = 50, -50
	whole := segments(curveOf(ys...), finite, 0, n)
	if len(whole) != 1 || len(whole[0]) > 2*columns+2 {
		t.Fatalf("%d segments, the first of %d points; want one of at most %d", len(whole), len(whole[0]), 2*columns+2)
	}
	for _, spike := range []point{{12_345, 50}, {67_890, -50}} {
		if !slices.Contains(whole[0], spike) {
			t.Errorf("the spike %v is lost", spike)
		}
	}
	if !slices.IsSortedFunc(whole[0], func(a, b point) int { return int(a.x - b.x) }) {
		t.Error("the thinned curve is not in order")
	}
	ys[50_000] = math.NaN()
	cut := segments(curveOf(ys...), finite, 0, n)
	for _, s := range cut {
		if s[0].x < 50_000-n/columns && s[len(s)-1].x > 50_000+n/columns {
			t.Errorf("a segment from %g to %g bridges the gap at 50000", s[0].x, s[len(s)-1].x)
		}
	}
}

func TestSmooth(t *testing.T) {
	nan := math.NaN()
	got := smooth(curveOf(1, 3, nan, 5, 0), 0.5)
	want := []float64{1, 2, nan, 3.5, 1.75}
	for i, p := range got {
		if p.y != want[i] && !(math.IsNaN(p.y) && math.IsNaN(want[i])) {
			t.Errorf("value %d is %g, want %g", i, p.y, want[i])
		}
	}
	if got := smooth(curveOf(8, nan, 2, 5, 5), 0.95); got[0].y != 5 || got[2].y != 5 || got[3].y != 5 {
		t.Errorf("the average starts at %g, %g, %g, want 5, the mean of the first two values, and 5", got[0].y, got[2].y, got[3].y)
	}
	for n, want := range map[int]float64{0: 0, 79: 0, 80: 0.5, 2000: 0.98, 20_000: 0.998, 1_000_000: 0.999} {
		if got := smoothingFor(n); math.Abs(got-want) > 1e-12 {
			t.Errorf("the factor for %d points is %g, want %g", n, got, want)
		}
	}
}

func TestJumps(t *testing.T) {
	for _, c := range []struct {
		name string
		ys   []float64
		want []int
	}{
		{"constant", []float64{1, 1, 1, 1}, nil},
		{"step schedule", []float64{1, 1, .1, .1, .1, .01, .01}, []int{2, 5}},
		{"last record", []float64{1, 1, 1, .1}, []int{3}},
		{"cosine", []float64{1, .9, .7, .4, .1}, nil},
		{"warm-up, then steps", []float64{.1, .2, .3, .3, .3, .03, .03}, []int{5}},
		{"two records", []float64{1, .5}, nil},
		{"NaN", []float64{1, 1, math.NaN(), 1, 1}, nil},
	} {
		if got := jumps(curveOf(c.ys...)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestStairsAreUpright(t *testing.T) {
	p := curveOf(1, 1, .1, .1)
	want := []point{{0, 1}, {1, 1}, {1, .1}, {2, .1}, {3, .1}}
	if got := stairs(p, jumps(p)); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestYAxis(t *testing.T) {
	for _, c := range []struct {
		name   string
		ys     []float64
		scale  Scale
		log    bool
		lo, hi float64
		note   string
	}{
		{"starts at zero", []float64{0.2, 2.1}, AutoScale, false, 0, 2.205, ""},
		{"ends at a near tick", []float64{0.2, 1.9}, AutoScale, false, 0, 2, ""},
		{"says where it starts", []float64{2.21, 2.39}, AutoScale, false, 2.2, 2.4, "axis starts at 2.20"},
		{"a share ends at 1", []float64{0.1, 0.99}, AutoScale, false, 0, 1, ""},
		{"constant", []float64{0.5, 0.5}, AutoScale, false, 0, 0.625, ""},
		{"zero", []float64{0, 0}, AutoScale, false, 0, 1, ""},
		{"nothing", nil, AutoScale, false, 0, 1, ""},
		{"negative", []float64{-2, -1}, AutoScale, false, -2.05, -1, ""},
		{"wide", []float64{0.01, 1}, AutoScale, true, 0.0079, 1.26, "log"},
		{"wide but linear", []float64{0.01, 1}, LinearScale, false, 0, 1, ""},
		{"narrow but log", []float64{1, 2}, LogScale, true, 0.966, 2.07, "log"},
		{"log with zeros", []float64{0, 2, 1}, LogScale, false, 0, 2, ""},
	} {
		a := yAxis([]line{{points: curveOf(c.ys...)}}, c.scale)
		near := func(x, y float64) bool { return math.Abs(x-y) <= 0.01*math.Abs(y) }
		if a.log != c.log || !near(a.min, c.lo) || !near(a.max, c.hi) || a.note != c.note {
			t.Errorf("%s: %+v, want log %t from %g to %g, %q", c.name, a, c.log, c.lo, c.hi, c.note)
		}
	}
}

func TestBest(t *testing.T) {
	evals := func(best int, losses ...float64) *view {
		h := &train.History{}
		for i, l := range losses {
			h.Records = append(h.Records, train.Record{
				Kind: train.EvalRecord, Epoch: train.Number(i + 1), Loss: train.Number(l), Best: i == best,
			})
		}
		v, err := newView(h)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		name  string
		view  *view
		loss  bool
		label string
		epoch float64
		ok    bool
	}{
		{"marked and lowest", evals(1, 3, 1, 2), true, "best", 2, true},
		{"marked by another quantity", evals(2, 3, 1, 2), true, "best model", 3, true},
		{"a loss is not best at its highest", evals(0, 3, 1, 2), true, "best model", 1, true},
		{"a metric may be", evals(0, 3, 1, 2), false, "best", 1, true},
		{"unmarked loss", evals(-1, 3, math.NaN(), 2), true, "best", 3, true},
		{"unmarked metric", evals(-1, 3, 1, 2), false, "", 0, false},
		{"all NaN", evals(0, math.NaN()), true, "", 0, false},
	} {
		at, label, ok := c.view.best(lossOf, c.loss)
		if ok != c.ok || ok && (label != c.label || at.x != c.epoch) {
			t.Errorf("%s: %q at %g, %t; want %q at %g, %t", c.name, label, at.x, ok, c.label, c.epoch, c.ok)
		}
	}
}

func TestRateJumps(t *testing.T) {
	for _, c := range []struct {
		name string
		lr   func(float64) float64
		want string
		n    int
	}{
		{"constant", constantRate, "lr change", 0},
		{"steps", steppedRate(3), "lr × 0.1", 2},
		{"cosine", cosineRate, "lr change", 0},
		{"uneven", func(p float64) float64 { return []float64{1, .5, .1}[min(int(p*3), 2)] }, "lr change", 2},
	} {
		v, err := newView(sampleRun{epochs: 3, steps: 20, lr: c.lr}.history())
		if err != nil {
			t.Fatal(err)
		}
		if e := v.rateJumps(); e.name != c.want || len(e.xs) != c.n {
			t.Errorf("%s: %q at %v, want %q at %d points", c.name, e.name, e.xs, c.want, c.n)
		}
	}
}

func TestMetricFilesAreApart(t *testing.T) {
	got := fileNames("metric_", []string{"a/b", "a_b", "A_B", "../x", "top-5"})
	want := []string{"metric_a_b", "metric_a_b-2", "metric_A_B-3", "metric_.._x", "metric_top-5"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestNaturalCompare(t *testing.T) {
	want := []string{"", "conv1", "conv2", "conv10", "conv10/a", "conv010b", "fc", "fc1"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, naturalCompare)
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLegendSaysWhatIsLeftOut(t *testing.T) {
	var entries []legendEntry
	for i := range 200 {
		entries = append(entries, legendEntry{label: fmt.Sprintf("curve %d", i), thumbWidth: lineThumb})
	}
	size := vg.Point{X: 400, Y: 240}
	got := rows(entries, size)
	shown := 0
	for _, row := range got {
		shown += len(row)
		width := -entryGap
		for _, e := range row {
			width += entryGap + e.width()
		}
		if width > size.X {
			t.Errorf("a row is %g wide, want at most %g", width, size.X)
		}
	}
	last := got[len(got)-1]
	if want := fmt.Sprintf("and %d more", 200-shown+1); last[len(last)-1].label != want {
		t.Errorf("the legend ends with %q, want %q", last[len(last)-1].label, want)
	}
}
