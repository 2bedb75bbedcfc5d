package cmd

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/strata-ml/strata/train"
)

// smoothing is the factor of the moving average of the loss that is shown within an epoch: it looks back about fifty
// steps.
const smoothing = 0.98

// progress observes a run and shows it on a screen.
type progress struct {
	screen screen
	now    func() time.Time

	began   time.Time
	started train.Started
	seen    int64   // rows since it began
	sum     float64 // Σ of the losses, with weights that decay by smoothing
	weight  float64
	epoch   *train.Record  // the epoch that ended in this step
	eval    *train.Record  // the newest evaluation
	step    *train.Stepped // the newest; it belongs to the run
	current func() status  // the status method, bound once: a step allocates nothing
}

func newProgress(s screen) *progress {
	p := &progress{screen: s, now: time.Now}
	p.current = p.status
	return p
}

// Observe implements train.Observer. A Stepped event follows what its step brought about, so an epoch is shown when it
// comes, together with its evaluation.
func (p *progress) Observe(e train.Event) {
	switch e := e.(type) {
	case *train.Started:
		p.started, p.began = *e, p.now()
		p.screen.info(p.greeting())
	case *train.EpochEnded:
		rec := e.Record
		p.epoch = &rec
	case *train.Evaluated:
		rec := e.Record
		p.eval = &rec
	case *train.Stepped:
		p.seen += int64(e.Rows)
		if !math.IsNaN(e.Loss) { // that of an update which was skipped is told by itself
			p.sum = smoothing*p.sum + (1-smoothing)*e.Loss
			p.weight = smoothing*p.weight + (1 - smoothing)
		}
		p.step = e
		p.screen.status(p.current, p.epoch != nil)
		p.epoch = nil
	case *train.Changed:
		c := e.Record.Change
		p.screen.info(fmt.Sprintf("step %s: %s was %s and is %s from here on", formatCount(e.Record.Step), c.Key, cmp.Or(c.From, "not there"), cmp.Or(c.To, "not there")))
	case *train.UpdateSkipped:
		p.screen.warn(fmt.Sprintf("the update of this batch is skipped: %s", e.Record.Skipped.Cause))
	case *train.RolledBack:
		back := e.Record.Rollback
		p.screen.warn(fmt.Sprintf("%s: the run goes back from step %s to step %s, with %v of its learning rate from here on",
			back.Cause, formatCount(back.From), formatCount(e.Record.Step), float64(back.LRScale)))
	case *train.GradientsChecked:
		if g := e.Record.Gradient; g.OK {
			p.screen.info(fmt.Sprintf("step %d: the gradients are right, the largest of %s errors is %.1e, of %s",
				e.Record.Step, formatCount(g.Checked), float64(g.Error), g.Param))
		}
	case *train.SaveFailed:
		p.screen.warn(fmt.Sprintf("the checkpoint of step %d was not written, the run goes on: %v", e.Step, e.Err))
	case *train.PruneFailed:
		p.screen.warn(fmt.Sprintf("checkpoints older than that of step %d could not be deleted: %v", e.Step, e.Err))
	}
}

func (p *progress) greeting() string {
	verb, at := "training", ""
	if p.started.Resumed {
		verb, at = "resuming", fmt.Sprintf(" from step %s", formatCount(p.started.Step))
	}
	return fmt.Sprintf("%s%s: %s, %s each, %s in all", verb, at, plural(p.epochs(), "epoch"),
		plural(p.started.StepsPerEpoch, "step"), plural(p.started.Steps, "step"))
}

// epochs returns how many epochs the whole run has, the last of which may be cut.
func (p *progress) epochs() int64 {
	n := p.started.StepsPerEpoch
	whole, rest := p.started.Steps/n, p.started.Steps%n
	return whole + min(rest, 1)
}

// A status is what a person is shown of a run under way.
type status struct {
	ended         bool // an epoch
	epoch, epochs int64
	step, steps   int64
	loss          train.Number  // of the epoch that ended, or smoothed
	metrics       *train.Record // of the epoch that ended, where there is no evaluation
	eval          *train.Record
	rate          float64       // rows per second since the start
	left          time.Duration // forever where no number of the type says it
}

func (p *progress) status() status {
	e := p.step
	s := status{
		epoch: min(e.Epoch+1, p.epochs()), epochs: p.epochs(), step: e.Step, steps: p.started.Steps,
		loss: train.Number(p.sum / p.weight), eval: p.eval,
	}
	if p.epoch != nil {
		s.ended, s.epoch, s.loss = true, e.Epoch, p.epoch.Loss
		if p.eval == nil {
			s.metrics = p.epoch
		}
	}
	if took := p.now().Sub(p.began); took > 0 {
		s.rate = float64(p.seen) / took.Seconds()
		done := e.Step - p.started.Step
		s.left = forever
		if left := float64(took) / float64(done) * float64(p.started.Steps-e.Step); left < float64(forever) {
			s.left = time.Duration(left)
		}
	}
	return s
}

// String formats the status as one line.
func (s status) String() string {
	parts := []string{
		fmt.Sprintf("epoch %d/%d", s.epoch, s.epochs),
		fmt.Sprintf("step %d/%d", s.step, s.steps),
		"loss " + formatValue(s.loss),
	}
	if s.metrics != nil {
		parts = append(parts, formatMetrics(s.metrics)...)
	}
	if s.eval != nil {
		parts = append(parts, "eval "+strings.Join(append([]string{"loss " + formatValue(s.eval.Loss)}, formatMetrics(s.eval)...), " "))
	}
	return strings.Join(append(parts, formatRate(s.rate), "ETA "+formatDuration(s.left)), "  ")
}

// attrs returns the status for a structured log.
func (s status) attrs() []any {
	list := []any{
		"epoch", s.epoch, "epochs", s.epochs, "step", s.step, "steps", s.steps, "loss", s.loss,
		"samples_per_second", math.Round(s.rate),
	}
	if s.left != forever {
		list = append(list, "eta_seconds", math.Round(s.left.Seconds()))
	}
	if s.metrics != nil {
		list = append(list, slog.Any("metrics", s.metrics.Metrics))
	}
	if s.eval != nil {
		list = append(list, slog.Any("eval", s.eval))
	}
	return list
}

func formatMetrics(r *train.Record) []string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(r.Metrics)) {
		parts = append(parts, name+" "+formatValue(r.Metrics[name]))
	}
	return parts
}

func formatRate(rate float64) string {
	if rate < 10 {
		return fmt.Sprintf("%.1f samples/s", rate)
	}
	return formatCount(int64(rate)) + " samples/s"
}
