package plots

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/strata-ml/strata/train"
)

// TestDiagnostics draws what a run records when it is asked to, and nothing of it otherwise.
func TestDiagnostics(t *testing.T) {
	one := func(key string, v float64) map[string]train.Number {
		return map[string]train.Number{key: train.Number(v)}
	}
	h := &train.History{Name: "r"}
	for step := int64(1); step <= 3; step++ {
		h.Records = append(h.Records, train.Record{
			Kind: train.StepRecord, Step: step, Epoch: train.Number(step), Saturation: one("tanh", 0.5), Dead: one("relu", 0),
			GradNorms: one("fc1", 2),
		}, train.Record{
			Kind: train.EpochRecord, Step: step, Epoch: train.Number(step), Zeros: one("fc1/w", 0.25),
			Histograms: map[string]train.Histogram{"fc1/w": {Min: -1, Max: 1, Counts: []int64{1, 2, 1}}, "fc1/b": {Min: 0, Max: 0, Counts: []int64{4, 0}}},
		})
	}
	draw := func() []string {
		paths, err := WriteRun(h, t.TempDir(), Options{Formats: []string{SVG}})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range paths {
			names = append(names, filepath.Base(p))
		}
		return names
	}
	want := []string{"loss.svg", "saturation.svg", "dead_units.svg", "grad_norms.svg", "zeros.svg", "weights_fc1_b.svg", "weights_fc1_w.svg"}
	if got := draw(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for i := range h.Records {
		r := h.Records[i]
		h.Records[i] = train.Record{Kind: r.Kind, Step: r.Step, Epoch: r.Epoch}
	}
	if got := draw(); !slices.Equal(got, want[:1]) {
		t.Errorf("of a run that recorded nothing: %q", got)
	}
}

// TestDensity checks that the area under a histogram is 1, and that it ends on the axis.
func TestDensity(t *testing.T) {
	for _, h := range []train.Histogram{
		{Min: -2, Max: 6, Counts: []int64{1, 5, 0, 2}},
		{Min: 3, Max: 3, Counts: []int64{7, 0}},
	} {
		p := density(h)
		area := 0.0
		for i := 1; i < len(p); i++ {
			area += (p[i].x - p[i-1].x) * (p[i].y + p[i-1].y) / 2
		}
		if math.Abs(area-1) > 1e-12 || p[0].y != 0 || p[len(p)-1].y != 0 {
			t.Errorf("%+v: area %v, points %v", h, area, p)
		}
	}
}
