package main

import (
	"strconv"
	"strings"
	"testing"
)

// TestAnswer asks for a small product of each form, as compare does.
func TestAnswer(t *testing.T) {
	requests := "8 9 10 NN float32 1 2 3\n8 9 10 NT float64 2 2 3\n8 9 10 TN float64 1 2 3\n"
	var out strings.Builder
	if err := answer(strings.NewReader(requests), &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "Strata") {
		t.Fatalf("answers %q, want a name and three numbers", lines)
	}
	for _, line := range lines[1:] {
		if seconds, err := strconv.ParseFloat(line, 64); err != nil || seconds <= 0 || seconds > 1 {
			t.Errorf("%q is no time of a small product", line)
		}
	}
	if err := answer(strings.NewReader("8 9\n"), &out); err == nil {
		t.Error("no error for half a request")
	}
}

func TestSelected(t *testing.T) {
	for _, tt := range []struct {
		name, prefixes string
		want           bool
	}{
		{"sq64", "", true},
		{"sq64", "sq", true},
		{"fcA.dX", "sq,fc", true},
		{"odd1", "sq,fc", false},
	} {
		if got := selected(tt.name, tt.prefixes); got != tt.want {
			t.Errorf("%s of %q: %v", tt.name, tt.prefixes, got)
		}
	}
}
