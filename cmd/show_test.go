package cmd

import (
	"regexp"
	"strings"
	"testing"
)

func TestShow(t *testing.T) {
	inTemp(t)
	r := strataIn(t, []string{"STRATA_SEED=7"}, "show", "digits.yaml", "--set", "train.batch_size=64")
	if r.code != exitDone {
		t.Fatal(r.stderr)
	}
	for _, want := range []string{
		`name: digits +# default`, `seed: 7 +# STRATA_SEED`, `  - name: fc1 +# digits.yaml:4`, `    units: 8 +# digits.yaml:4`,
		`  batch_size: 64 +# --set train.batch_size`, `  beta1: 0.9 +# default`, `  - type: accuracy +# digits.yaml:9`,
	} {
		if !regexp.MustCompile(`(?m)^` + want + `$`).MatchString(r.out) {
			t.Errorf("no line is like %s in\n%s", want, r.out)
		}
	}
	column := -1
	for line := range strings.Lines(r.out) {
		at := strings.Index(line, "# ")
		switch {
		case at < 0 && !strings.HasSuffix(line, ":\n"):
			t.Errorf("a value has no origin: %s", line)
		case at >= 0 && column >= 0 && at != column:
			t.Errorf("the comments are not in one column: %s", line)
		case at >= 0:
			column = at
		}
	}
}

// TestShowIsAnExperiment trains what show prints: the comments are comments.
func TestShowIsAnExperiment(t *testing.T) {
	t.Chdir(t.TempDir())
	mustStrata(t, "example", "penguins", "--output", ".")
	shown := mustStrata(t, "show", "penguins.yaml")
	writeFile(t, "shown.yaml", shown)
	if got, want := mustStrata(t, "check", "shown.yaml"), mustStrata(t, "check", "penguins.yaml"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if strings.Count(shown, "# ") < 50 {
		t.Errorf("few values have an origin:\n%s", shown)
	}
}
