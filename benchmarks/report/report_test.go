package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3},
		{[]float64{9, 1, 4}, 4},
		{[]float64{4, 1, 2, 100}, 3},
	} {
		values := slices.Clone(tt.values)
		if got := Median(values); got != tt.want || !slices.Equal(values, tt.values) {
			t.Errorf("median of %v is %v, want %v; afterwards they are %v", tt.values, got, tt.want, values)
		}
	}
}

// rounds of a peer that is once slower and once faster, and of another that is slower throughout.
func sampleRounds() []Round {
	var rounds []Round
	for _, ms := range [][3]float64{{1, 2, 9}, {1, 1.5, 9}, {2, 1, 9}} {
		rounds = append(rounds, Round{
			Ours:  Sample{Min: ms[0], GFLOP: 0.1},
			Peers: map[string]Sample{"fused": {Min: ms[1]}, "plain": {Min: ms[2]}},
			Roof:  200,
		})
	}
	return rounds
}

func TestCompare(t *testing.T) {
	c := Compare("W2", 1, sampleRounds())
	if c.Peer != "fused" || c.Ours != 1 || c.Theirs != 1.5 {
		t.Errorf("%s: %v ms against %v ms, want fused, 1 and 1.5", c.Peer, c.Ours, c.Theirs)
	}
	if c.Ratio != 1.5 || c.Low != 0.5 || c.High != 2 {
		t.Errorf("ratio %v in %v to %v, want 1.5 in 0.5 to 2", c.Ratio, c.Low, c.High)
	}
	if c.Roof != 0.5 {
		t.Errorf("0.1 GFLOP in 1 ms are %v of a roof of 200 GFLOP/s, want 0.5", c.Roof)
	}
}

func TestWrite(t *testing.T) {
	slow := Compare("a case with a long name", 2, sampleRounds())
	slow.Ratio, slow.Low, slow.High = 0.9, 0.7, 1.02
	d := &Document{
		Name: "steps", Title: "Steps", Unit: "ms", Date: "2026-01-02", Machine: map[string]string{"processor": "a fast one"},
		Comparisons: []Comparison{Compare("W2", 1, sampleRounds()), slow},
	}
	dir := filepath.Join(t.TempDir(), "results")
	if err := d.Write(dir); err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join(dir, "steps.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| W2 | 1 | 1 | 1.5 | **1.50** | 0.50–2.00 | fused | 50 % |",
		"2026-01-02, 3 rounds. processor: a fast one.",
	} {
		if !strings.Contains(string(table), want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	var back Document
	file, err := os.ReadFile(filepath.Join(dir, "steps.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(file, &back); err != nil || len(back.Comparisons) != 2 || back.Comparisons[0].Rounds[2].Peers["fused"].Min != 1 {
		t.Errorf("%s came back as %+v, error %v", file, back, err)
	}
	for _, name := range []string{"steps.png", "steps.svg"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() < 1000 {
			t.Errorf("%s: %v, error %v", name, info, err)
		}
	}
}
