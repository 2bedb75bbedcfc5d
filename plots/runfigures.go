package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/strata-ml/strata/train"
)

// new returns a figure of the run with its x axis and events.
func (v *view) new(what, ylabel string) *figure {
	f := &figure{
		title:  what,
		xlabel: v.unit(),
		ylabel: ylabel,
		wholeX: v.wholeTicks(),
		scale:  v.options.Scale,
	}
	if v.Name != "" {
		f.title = v.Name + " · " + what
	}
	f.events = []events{v.rateJumps(), v.changes()}
	if !v.options.HideResumes {
		f.events = append(f.events, v.resumes())
	}
	return f
}

func (v *view) loss() *figure {
	f := v.new("loss", "loss")
	f.lines = v.trainLines(v.trainPoints(lossOf), trainColor)
	v.addEval(f, lossOf, true)
	return f
}

// metric draws the training value of each epoch, whose mean is over as many examples as make a curve, rather than of
// each step where a history has both.
func (v *view) metric(name string) *figure {
	f := v.new(name, name)
	if p := v.points(train.EpochRecord, metricOf(name)); len(p) > 0 {
		f.lines = []line{{name: "train", points: p, color: trainColor, width: lineWidth, marker: markerSize}}
	} else {
		f.lines = v.trainLines(v.points(train.StepRecord, metricOf(name)), trainColor)
	}
	v.addEval(f, metricOf(name), false)
	return f
}

func (v *view) learningRate() *figure {
	p := v.trainPoints(rateOf)
	if len(p) == 0 {
		return nil
	}
	f := v.new("learning rate", "learning rate")
	f.events = f.events[1:] // the curve itself shows its jumps
	f.drawRate(sorted(p))
	return f
}

// stairs adds a point before each jump, so that it is drawn upright: the rate of a record holds since the record
// before.
func stairs(p []point, jumps []int) []point {
	out := make([]point, 0, len(p)+len(jumps))
	from := 0
	for _, i := range jumps {
		out = append(out, p[from:i]...)
		out = append(out, point{p[i-1].x, p[i].y})
		from = i
	}
	return append(out, p[from:]...)
}

func (v *view) gradNorm() *figure {
	p := v.trainPoints(gradNormOf)
	if len(p) == 0 {
		return nil
	}
	f := v.new("gradient norm", "gradient norm")
	f.lines = v.trainLines(p, trainColor)
	for i := range f.lines {
		f.lines[i].name = trimTrain(f.lines[i].name)
	}
	return f
}

// trimTrain shortens "train EMA 0.98" for a figure that has training curves only; "train" alone says nothing there.
func trimTrain(name string) string {
	const prefix = "train "
	if len(name) <= len(prefix) {
		return ""
	}
	return name[len(prefix):]
}

func (v *view) updateRatio() *figure {
	f := v.perKey("update ratio", "‖Δw‖ / ‖w‖", func(r *train.Record) map[string]train.Number { return r.UpdateRatio })
	if f != nil {
		f.scale = LogScale
		f.band = &band{name: "rule of thumb 1e-3", lo: 5e-4, hi: 2e-3}
	}
	return f
}

// perKey draws a value that records hold for each node or parameter, a line for each. It returns nil where there are
// none.
func (v *view) perKey(what, ylabel string, of func(*train.Record) map[string]train.Number) *figure {
	keys := v.keys(of)
	if len(keys) == 0 {
		return nil
	}
	f := v.new(what, ylabel)
	colors := palette
	if len(keys) > len(palette) {
		colors = ramp(len(keys))
	}
	for i, key := range keys {
		p := sorted(v.trainPoints(func(r *train.Record) *train.Number { return entry(of(r), key) }))
		l := line{name: key, points: p, color: colors[i], width: lineWidth, marker: markerSize}
		if beta := v.smoothing(p); beta > 0 {
			raw := l
			raw.name, raw.color, raw.width, raw.marker, raw.faint = "", faint(l.color), faintWidth, 0, true
			if len(keys) <= 3 {
				f.lines = append(f.lines, raw)
				l.derived = true
			}
			l.points, l.marker = smooth(p, beta), 0
			f.ylabel = ylabel + ", EMA " + formatFactor(beta)
		}
		if len(keys) > len(palette) {
			l.width = thinWidth
		}
		f.lines = append(f.lines, l)
	}
	return f
}

// smoothing returns the factor of the moving average for a curve, or 0 for none.
func (v *view) smoothing(p []point) float64 {
	if v.options.Smooth != 0 {
		return math.Max(v.options.Smooth, 0)
	}
	finite := 0
	for _, q := range p {
		if drawable(q.y) {
			finite++
		}
	}
	return smoothingFor(finite)
}

func formatFactor(beta float64) string { return strconv.FormatFloat(beta, 'g', 6, 64) }

// trainLines draws the values of a training run: every one faintly with their moving average over them, or where they
// are too few to average, one line.
func (v *view) trainLines(p []point, c color.NRGBA) []line {
	if len(p) == 0 {
		return nil
	}
	p = sorted(p)
	beta := v.smoothing(p)
	if beta == 0 {
		var marker vg.Length
		if len(p) <= maxMarkers {
			marker = markerSize
		}
		return []line{{name: "train", points: p, color: c, width: lineWidth, marker: marker}}
	}
	return []line{
		{name: "train step", points: p, color: faint(c), width: faintWidth, faint: true},
		{name: "train EMA " + formatFactor(beta), points: smooth(p, beta), color: c, width: lineWidth, derived: true},
	}
}

// addEval adds the evaluations and a ring at the best of them.
func (v *view) addEval(f *figure, value func(*train.Record) *train.Number, lossLike bool) {
	p := v.points(train.EvalRecord, value)
	if len(p) == 0 {
		return
	}
	f.lines = append(f.lines, line{name: "eval", points: p, color: evalColor, width: lineWidth, marker: markerSize})
	if best, label, ok := v.best(value, lossLike); ok {
		text := fmt.Sprintf("%s %s @ %s %s", label, formatValue(best.y), v.unit(), formatValue(best.x))
		f.rings = append(f.rings, ring{at: best, color: inkColor, label: text})
	}
}

// best returns the evaluation that the run marked as its best, the same one for every quantity. The label is "best"
// where its value is the extreme of the curve, and "best model" where the run chose it by another quantity. A run that
// marked none has its lowest loss as its best; whether a metric is better high or low is not known here.
func (v *view) best(value func(*train.Record) *train.Number, lossLike bool) (at point, label string, ok bool) {
	lo, hi := math.Inf(1), math.Inf(-1)
	var lowest point
	for i := range v.Records {
		r := &v.Records[i]
		if r.Kind != train.EvalRecord {
			continue
		}
		y := value(r)
		if y == nil || !drawable(float64(*y)) {
			continue
		}
		p := point{v.x(r.Step, r.Epoch), float64(*y)}
		if p.y < lo {
			lo, lowest = p.y, p
		}
		hi = math.Max(hi, p.y)
		if r.Best {
			at, ok = p, true
		}
	}
	switch {
	case !ok && lossLike && !math.IsInf(lo, 0):
		return lowest, "best", true
	case ok && (at.y == lo || !lossLike && at.y == hi):
		return at, "best", true
	}
	return at, "best model", ok
}

// rateJumps returns the points after which the learning rate jumped.
func (v *view) rateJumps() events {
	p := sorted(v.trainPoints(rateOf))
	e := events{name: "lr change", many: "lr changes", dashes: dashed}
	factor := 0.0
	same := true
	for _, i := range jumps(p) {
		if v.changedWithin(p[i-1].x, p[i].x) {
			continue
		}
		e.xs = append(e.xs, p[i-1].x)
		q := p[i].y / p[i-1].y
		if len(e.xs) == 1 {
			factor = q
		}
		same = same && math.Abs(q-factor) <= 0.01*math.Abs(factor)
	}
	if same && drawable(factor) && factor > 0 {
		e.name = "lr × " + tidyExponent(strconv.FormatFloat(factor, 'g', 3, 64))
	}
	return e
}

// changes returns the points from which a run goes on with other values or after a rollback, and what those are.
func (v *view) changes() events {
	e := events{name: "change", many: "changes"}
	for i := range v.Records {
		r := &v.Records[i]
		if !marksChange(r) {
			continue
		}
		x, label := v.x(r.Step, r.Epoch), changeLabel(r)
		if n := len(e.xs); n > 0 && e.xs[n-1] == x {
			e.labels[n-1] += ", " + label
			continue
		}
		e.xs, e.labels = append(e.xs, x), append(e.labels, label)
	}
	for i, label := range e.labels {
		e.labels[i] = printable(shorten(ringLabelStyle(), label, maxChangeLabel))
	}
	return e
}

// maxChangeLabel is the width of the label of a change.
const maxChangeLabel = 170 * vg.Length(1)

// marksChange reports whether a run goes on otherwise from a record on.
func marksChange(r *train.Record) bool { return r.Change != nil || r.Rollback != nil }

// changeLabel names a change: the key, and a value that is a number, a word or the name of a part; or a rollback.
func changeLabel(r *train.Record) string {
	if back := r.Rollback; back != nil {
		return fmt.Sprintf("rolled back from step %d, lr × %v", back.From, float64(back.LRScale))
	}
	c := r.Change
	value := c.To
	if part, ok := strings.CutPrefix(value, "{type: "); ok {
		value = part[:max(strings.IndexAny(part, ",}"), 0)]
	}
	if value == "" || strings.ContainsAny(value[:1], "{[") || strings.HasPrefix(c.Key, "data ") {
		return c.Key
	}
	return c.Key + " = " + value
}

// changedWithin reports whether the run went on with another value of the optimizer, or after a rollback, between two
// points.
func (v *view) changedWithin(from, to float64) bool {
	return slices.ContainsFunc(v.Records, func(r train.Record) bool {
		x := v.x(r.Step, r.Epoch)
		other := r.Rollback != nil || r.Change != nil && strings.HasPrefix(r.Change.Key, "optimizer")
		return other && from <= x && x < to
	})
}

func (v *view) resumes() events {
	e := events{name: "resume", many: "resumes", dashes: dotted}
	for _, m := range v.Marks {
		if m.Kind == train.ResumeMark {
			e.xs = append(e.xs, v.x(m.Step, m.Epoch))
		}
	}
	return e
}
