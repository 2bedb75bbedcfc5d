package plots

import (
	"os"
	"strings"
	"testing"
)

func TestWriteRates(t *testing.T) {
	dir := t.TempDir()
	paths, err := WriteRates("digits", 2, []Rate{
		{Name: "lr", Title: "learning rate", Steps: []int64{0, 1, 2, 3, 4, 5}, Values: []float64{1, 1, 1, 0.5, 0.5, 0.5}, Note: "for now"},
		{Name: "momentum", Title: "momentum", Steps: []int64{0}, Values: []float64{0.9}},
	}, dir, Options{Formats: []string{SVG}})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.ReplaceAll(strings.Join(paths, " "), dir, ""); got != "/schedule_lr.svg /schedule_momentum.svg" {
		t.Errorf("files %s", got)
	}
	for i, parts := range [][]string{{"digits · learning rate schedule", "epoch", "for now"}, {"digits · momentum schedule", "step"}} {
		svg, err := os.ReadFile(paths[i])
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range parts {
			if !strings.Contains(string(svg), ">"+part+"<") {
				t.Errorf("%s: no %q", paths[i], part)
			}
		}
	}
}

// TestRateHoldsFromItsStep checks that a value is drawn from the beginning of its step to that of the next.
func TestRateHoldsFromItsStep(t *testing.T) {
	f := Rate{Title: "lr", Steps: []int64{0, 1, 2, 3}, Values: []float64{1, 1, 0.5, 0.5}}.figure("", 10)
	want := []point{{0, 1}, {1, 1}, {2, 1}, {2, 0.5}, {3, 0.5}, {4, 0.5}}
	got := f.lines[0].points
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestWriteRatesRefuses(t *testing.T) {
	good := Rate{Name: "lr", Steps: []int64{0}, Values: []float64{1}}
	for want, call := range map[string]func() ([]string, error){
		"steps per epoch must be positive": func() ([]string, error) { return WriteRates("", 0, []Rate{good}, t.TempDir(), Options{}) },
		"there are no rates":               func() ([]string, error) { return WriteRates("", 1, nil, t.TempDir(), Options{}) },
		"has 0 steps and 0 values":         func() ([]string, error) { return WriteRates("", 1, []Rate{{Name: "lr"}}, t.TempDir(), Options{}) },
		"names a file": func() ([]string, error) {
			return WriteRates("", 1, []Rate{{Name: "../lr", Steps: good.Steps, Values: good.Values}}, t.TempDir(), Options{})
		},
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
