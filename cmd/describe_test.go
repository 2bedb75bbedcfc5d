package cmd

import (
	"testing"

	"github.com/strata-ml/strata/registry"
)

func TestDescribe(t *testing.T) {
	dense := mustStrata(t, "describe", "layer", "dense")
	wantAll(t, dense, "layer dense: fully connected", "from github.com/strata-ml/strata\n", "  units: whole number > 0, required, frozen\n", "  bias: true or false (default true), frozen\n")
	if got := mustStrata(t, "describe", "dense"); got != dense {
		t.Errorf("without its kind: got\n%s", got)
	}
	wantAll(t, mustStrata(t, "describe", "relu"), "It has no settings.")
	wantAll(t, mustStrata(t, "describe", "experiment"), "  optimizer: optimizer, required, frozen\n")
	wantAll(t, mustStrata(t, "describe", "early_stopping"), "  patience: whole number >= 1 (default 5), override\n")
}

func TestDescribeEveryPart(t *testing.T) {
	for _, k := range registry.Kinds() {
		for _, name := range k.Names() {
			wantAll(t, mustStrata(t, "describe", k.Kind(), name), k.Kind()+" "+name)
		}
	}
}

func TestDescribeAsksWhichOfSeveral(t *testing.T) {
	r := strata(t, "describe", "constant")
	if r.code != exitUsage {
		t.Errorf("exit code %d", r.code)
	}
	wantAll(t, r.stderr, "say which: initializer constant, schedule constant")
	wantAll(t, strata(t, "describe", "layers").stderr, "layers is a kind; name one of its parts: concat, dense")
}
