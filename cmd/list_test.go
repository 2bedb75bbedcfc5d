package cmd

import (
	"strings"
	"testing"

	"github.com/strata-ml/strata/registry"
)

func TestList(t *testing.T) {
	all := mustStrata(t, "list")
	for _, k := range registry.Kinds() {
		one := mustStrata(t, "list", k.Kind())
		wantAll(t, all, one)
		for _, name := range k.Names() {
			wantAll(t, one, "\n  "+name+" ")
		}
	}
	for line := range strings.Lines(all) {
		if n := len([]rune(line)); n > textWidth+1 {
			t.Errorf("a line has %d characters: %s", n, line)
		}
	}
}

func TestListTakesPluralsAndBeginnings(t *testing.T) {
	for short, kind := range map[string]string{"layers": "layer", "data": "data source", "optim": "optimizer"} {
		if got, want := mustStrata(t, "list", short), mustStrata(t, "list", kind); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", short, got, want)
		}
	}
}
