package cmd

import (
	"testing"

	"github.com/strata-ml/strata/examples"
)

func TestExample(t *testing.T) {
	list := mustStrata(t, "example")
	for _, name := range examples.Names() {
		wantAll(t, list, name+" ")
		text, err := examples.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := mustStrata(t, "example", name); got != string(text) {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
	if r := strata(t, "example", "digits"); r.stderr != "" {
		t.Errorf("of an example that needs no file it says %q", r.stderr)
	}
	wantAll(t, strata(t, "example", "iris").stderr, "It reads data/iris/iris.csv; strata example iris --output DIR writes both.")
}

func TestExampleReplacesNoFile(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "iris.yaml", "mine")
	r := strata(t, "example", "iris", "--output", ".")
	if r.code != exitUsage || readFile(t, "iris.yaml") != "mine" {
		t.Errorf("exit code %d, file %q", r.code, readFile(t, "iris.yaml"))
	}
	wantAll(t, r.stderr, "iris.yaml exists and is not replaced")
}
