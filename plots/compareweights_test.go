package plots

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/strata-ml/strata/train"
)

func TestCompareDrawsTheWeightsOfRunsThatLogThem(t *testing.T) {
	logged := func(name string, zeros ...float64) *train.History {
		h := &train.History{Name: name}
		for i, z := range zeros {
			h.Records = append(h.Records, train.Record{
				Kind: train.EpochRecord, Step: int64(i + 1), Epoch: train.Number(i + 1), Loss: 1,
				Zeros:      map[string]train.Number{"fc/w": train.Number(z)},
				Histograms: map[string]train.Histogram{"fc/w": {Min: -1, Max: train.Number(i + 1), Counts: []int64{1, 3}}},
			})
		}
		return h
	}
	var c comparison
	for _, h := range []*train.History{logged("l1", 0, 0.5), logged("l2", 0, 0), {Name: "silent", Records: logged("", 0).Records[:1]}} {
		v, err := newView(h)
		if err != nil {
			t.Fatal(err)
		}
		c = append(c, v)
	}
	c[2].Records[0].Zeros, c[2].Records[0].Histograms = nil, nil
	figures := c.weights()
	if len(figures) != 2 || figures[0].file != "zeros_fc_w" || figures[1].file != "weights_fc_w" {
		t.Fatalf("got %d figures", len(figures))
	}
	if got := figures[0].lines[0].points; len(figures[0].lines) != 2 || !slices.Equal(got, []point{{1, 0}, {2, 0.5}}) {
		t.Errorf("%d lines, zeros of l1: %v", len(figures[0].lines), got)
	}
	last := figures[1].lines[0].points
	if len(figures[1].lines) != 2 || last[len(last)-1].x != 2 {
		t.Errorf("%d histograms, and that of l1 ends at %v: want 2, the last of each run", len(figures[1].lines), last[len(last)-1].x)
	}
	paths, err := Compare([]*train.History{logged("l1", 0, 0.5), logged("l2", 0, 0)}, t.TempDir(), Options{Only: []string{"zeros_fc_w"}, Formats: []string{SVG}})
	if err != nil || len(paths) != 1 || filepath.Base(paths[0]) != "zeros_fc_w.svg" {
		t.Errorf("got %v, %v", paths, err)
	}
}

// TestCompareActivations: of runs that log their activations there is a figure for each, with a line for each run.
func TestCompareActivations(t *testing.T) {
	run := func(name string, dead train.Number) *train.History {
		h := &train.History{Name: name}
		for step := range int64(3) {
			h.Records = append(h.Records, train.Record{
				Kind: train.StepRecord, Step: step + 1, Epoch: train.Number(step + 1), Loss: 1,
				Dead: map[string]train.Number{"act": dead}, Saturation: map[string]train.Number{"gate": dead},
			})
		}
		return h
	}
	var c comparison
	for _, h := range []*train.History{run("without", 0.1), run("with", 0.4)} {
		v, err := newView(h)
		if err != nil {
			t.Fatal(err)
		}
		c = append(c, v)
	}
	figures := c.activations()
	if len(figures) != 2 || figures[0].file != "saturation_gate" || figures[1].file != "dead_units_act" {
		t.Fatalf("figures %+v", figures)
	}
	dead := figures[1].figure
	if dead.title != "act · dead units" || len(dead.lines) != 2 || len(dead.lines[1].points) != 3 || dead.lines[1].points[2].y != 0.4 {
		t.Errorf("figure %+v", dead)
	}
}
