package plots

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/train"
)

// trialRun is a history of one epoch whose evaluation has the given loss; with NaN it broke off before it had one.
func trialRun(loss float64) *train.History {
	h := &train.History{Name: "r", Records: []train.Record{{Kind: train.StepRecord, Step: 1, Epoch: 0.5, Loss: 2}}}
	if !math.IsNaN(loss) {
		h.Records = append(h.Records, train.Record{Kind: train.EvalRecord, Step: 2, Epoch: 1, Loss: train.Number(loss), Best: true})
	}
	return h
}

func TestSweepFigure(t *testing.T) {
	s := sweep{key: "optimizer.lr", names: []string{"sgd", "adam"}}
	for _, trial := range []Trial{
		{trialRun(0.5), 0.1, "sgd"}, {trialRun(0.25), 0.001, "sgd"}, {trialRun(0.75), 0.1, "sgd"}, {trialRun(math.NaN()), 1, "adam"},
	} {
		v, err := newView(trial.History)
		if err != nil {
			t.Fatal(err)
		}
		s.trials, s.views = append(s.trials, trial), append(s.views, v)
	}
	f := s.figure("loss", lossOf, true)
	if !f.logX || f.wholeX || f.xlabel != "optimizer.lr (log)" {
		t.Errorf("logX %v, wholeX %v, label %q", f.logX, f.wholeX, f.xlabel)
	}
	var named []line
	dots := 0
	for _, l := range f.lines {
		if l.name == "" {
			dots += len(l.points)
		} else {
			named = append(named, l)
		}
	}
	if len(named) != 2 || dots != 2 {
		t.Fatalf("%d lines and %d dots, want 2 and 2", len(named), dots)
	}
	if want := []point{{0.001, 0.25}, {0.1, 0.625}}; !slices.Equal(named[0].points, want) {
		t.Errorf("sgd: got %v, want %v, the mean where two runs share a value", named[0].points, want)
	}
	if l := f.layout(); l.missing.nan != 1 {
		t.Errorf("the run without an evaluation: %+v, want 1 NaN", l.missing)
	}
}

func TestSweepOfARunWithoutEvaluationsTakesItsLastEpoch(t *testing.T) {
	h := &train.History{Records: []train.Record{
		{Kind: train.EpochRecord, Step: 1, Epoch: 1, Loss: 1},
		{Kind: train.EpochRecord, Step: 2, Epoch: 2, Loss: 0.5},
	}}
	v, err := newView(h)
	if err != nil {
		t.Fatal(err)
	}
	if got := v.outcome(lossOf, true); got != 0.5 {
		t.Errorf("got %v, want 0.5", got)
	}
}

func TestSweepWritesOnlyWhatIsAskedFor(t *testing.T) {
	h := trialRun(0.5)
	h.Records[1].Metrics = map[string]train.Number{"accuracy": 0.9}
	dir := t.TempDir()
	o := Options{Only: []string{"metric_accuracy"}, Formats: []string{SVG}}
	paths, err := Sweep("seed", []Trial{{History: h, X: 1}, {History: h, X: 2}}, dir, o)
	if err != nil || !slices.Equal(paths, []string{filepath.Join(dir, "metric_accuracy.svg")}) {
		t.Errorf("got %v, %v", paths, err)
	}
	o.Only = []string{"metric_acuracy"}
	if _, err := Sweep("seed", []Trial{{History: h, X: 1}}, dir, o); err == nil || !strings.Contains(err.Error(), `did you mean "metric_accuracy"?`) {
		t.Errorf("got %v", err)
	}
	if _, err := Sweep("seed", nil, dir, Options{}); err == nil {
		t.Error("no trials are no error")
	}
	if _, err := Sweep("seed", []Trial{{History: &train.History{}, X: 1}}, dir, Options{}); err == nil {
		t.Error("a run without records is no error")
	}
}

func TestOutline(t *testing.T) {
	p := outline([]float64{0, 0, 0.5, 1, math.NaN()}, 0, 1, 3)
	if first, last := p[0], p[len(p)-1]; first != (point{0, 3}) || last != (point{1, 3}) {
		t.Errorf("it runs from %v to %v, and not along its base", first, last)
	}
	highest := 0.0
	for _, q := range p {
		highest = max(highest, q.y)
	}
	if p[1].y != 3+outputHeight || highest != p[1].y {
		t.Errorf("the fullest bin is at %v of %v, want %v", p[1].y, highest, 3+outputHeight)
	}
	if got := deviation([]float64{1, 3, math.Inf(1)}); got != 1 {
		t.Errorf("deviation %v, want 1", got)
	}
}

func TestWriteOutputs(t *testing.T) {
	dir := t.TempDir()
	samples := []Sample{{"act1", []float64{-0.5, 0.5}}, {"act2", []float64{0, 0}}}
	paths, err := WriteOutputs("deep", samples, dir, Options{Formats: []string{SVG}})
	if err != nil || len(paths) != 1 {
		t.Fatalf("got %v, %v", paths, err)
	}
	svg, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">deep · outputs before training<", ">act1  0.5<", ">act2  0<"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, wrong := range [][]Sample{nil, {{Node: "act1"}}} {
		if _, err := WriteOutputs("deep", wrong, dir, Options{}); err == nil {
			t.Errorf("%v is no error", wrong)
		}
	}
}

func TestLinesOnALogarithmicAxis(t *testing.T) {
	o := Options{Formats: []string{SVG}, LogX: true}
	path := filepath.Join(t.TempDir(), "f")
	if _, err := Lines(path, "t", "size", "µs", []Series{{"a", []float64{1, 1000}, []float64{1, 2}}}, o); err != nil {
		t.Error(err)
	}
	if _, err := Lines(path, "t", "size", "µs", []Series{{"a", []float64{0, 1}, []float64{1, 2}}}, o); err == nil {
		t.Error("zero has no logarithm, and there is no error")
	}
}
