package experiment_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/tensor"
)

// trainIn runs an experiment to its end in a directory.
func trainIn(t *testing.T, dir, text string) {
	t.Helper()
	e := parse(t, text, experiment.Options{})
	r, err := e.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestWarmStart begins a run from the weights of another one with other names, and goes on with it when the other is
// gone.
func TestWarmStart(t *testing.T) {
	base := t.TempDir()
	first, second := filepath.Join(base, "first"), filepath.Join(base, "second")
	trainIn(t, first, small)
	warm := strings.ReplaceAll(small, "fc1", "hidden") +
		"warm_start: {from: " + first + ", rename: {fc1: hidden}, freeze: [\"hidden/*\"]}\n"
	trainIn(t, second, warm)

	was, is := weights(t, first, "fc1/w"), weights(t, second, "hidden/w")
	if was != is {
		t.Error("the frozen weights are not those of the first run")
	}
	if weights(t, first, "out/w") == weights(t, second, "out/w") {
		t.Error("the other weights did not train")
	}
	if err := os.RemoveAll(first); err != nil {
		t.Fatal(err)
	}
	r, err := experiment.Resume(second, experiment.ResumeOptions{Epochs: 3})
	if err != nil {
		t.Fatal(err)
	}
	if res, err := r.Train(t.Context()); err != nil || res.Epoch != 3 {
		t.Errorf("it ends at epoch %d: %v", res.Epoch, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if weights(t, second, "hidden/w") != was {
		t.Error("the frozen weights have changed")
	}
}

func TestWarmStartRefuses(t *testing.T) {
	base := t.TempDir()
	first := filepath.Join(base, "first")
	trainIn(t, first, small)
	for name, change := range map[string][3]string{
		"another name":  {"fc1", "hidden", `no hidden/w`},
		"another shape": {"units: 8", "units: 9", "has shape [3 8]"},
		"no bias":       {"units: 3", "units: 3, bias: false", "out/b has no place in this model"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.ReplaceAll(small, change[0], change[1]) + "warm_start: {from: " + first + "}\n"
			_, err := parse(t, text, experiment.Options{}).Start(filepath.Join(base, name))
			if err == nil || !strings.Contains(err.Error(), "warm_start") || !strings.Contains(err.Error(), change[2]) {
				t.Errorf("the error is %v, want one with %q", err, change[2])
			}
		})
	}
}

// weights returns a parameter in the newest checkpoint of a run, as text.
func weights(t *testing.T, dir, name string) string {
	t.Helper()
	file, _, err := experiment.FindCheckpoint(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, ok := f.Info(name)
	if !ok {
		t.Fatalf("%s has no %s", file, name)
	}
	values := make([]float32, tensor.Shape(info.Shape).Size())
	if err := checkpoint.ReadInto(f, name, values); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(values)
}
