package experiment_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
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

// TestWarmStartFromAverage begins with the weights that the other run was evaluated with.
func TestWarmStartFromAverage(t *testing.T) {
	base := t.TempDir()
	first, second := filepath.Join(base, "first"), filepath.Join(base, "second")
	trainIn(t, first, small+"averaging: {decay: 0.5}\n")
	trainIn(t, second, small+"warm_start: {from: "+first+"}\nfreeze: [fc1/*]\n")
	average, raw := weightsOfBest(t, first, "fc1/w/average"), weightsOfBest(t, first, "fc1/w")
	if got := weights(t, second, "fc1/w"); got != average || got == raw {
		t.Error("the weights are not the average of those of the first run")
	}
}

// TestTrainable keeps the weights of a node that does not train, whatever its key or a pattern calls it.
func TestTrainable(t *testing.T) {
	base := t.TempDir()
	first := filepath.Join(base, "first")
	trainIn(t, first, small)
	warm := "warm_start: {from: " + first + "}\n"
	for name, text := range map[string]string{
		"trainable": strings.Replace(small, "name: fc1,", "name: fc1, trainable: false,", 1) + warm,
		"freeze":    small + warm + "freeze: [\"fc1/*\"]\n",
	} {
		t.Run(name, func(t *testing.T) {
			second := filepath.Join(base, name)
			trainIn(t, second, text)
			if weights(t, first, "fc1/w") != weights(t, second, "fc1/w") || weights(t, first, "fc1/b") != weights(t, second, "fc1/b") {
				t.Error("the weights of the node have changed")
			}
			if weights(t, first, "out/w") == weights(t, second, "out/w") {
				t.Error("the other weights did not train")
			}
		})
	}
}

// TestWarmStartRefuses finds what does not fit when the experiment is read. testdata/bad holds the cases that need no
// run.
func TestWarmStartRefuses(t *testing.T) {
	base := t.TempDir()
	first := filepath.Join(base, "first")
	trainIn(t, first, small)
	refused := func(t *testing.T, text string, want ...string) {
		t.Helper()
		opts := experiment.Options{Dir: "testdata/data"}
		_, err := experiment.Parse("small.yaml", []byte(text), opts)
		wantError(t, err, append(want, "small.yaml:13:20: ", "warm_start: ")...)
		if _, ok := errors.AsType[*experiment.Diagnostics](err); !ok {
			t.Errorf("the error is a %T", err)
		}
	}
	t.Run("another name", func(t *testing.T) {
		refused(t, strings.ReplaceAll(small, "fc1", "hidden")+"warm_start: {from: "+first+"}\n",
			"the checkpoint has no hidden/w, hidden/b, and nothing here takes its fc1/w, fc1/b", "rename: {fc1: hidden}")
	})
	t.Run("one tensor is damaged", func(t *testing.T) {
		file, _, err := experiment.FindCheckpoint(first, true)
		if err != nil {
			t.Fatal(err)
		}
		flipTensor(t, file, "fc1/w")
		refused(t, small+"warm_start: {from: "+file+"}\n", `tensor "fc1/w": block 0`)
	})
	t.Run("every checkpoint is damaged", func(t *testing.T) {
		paths, err := checkpoint.List(filepath.Join(first, train.CheckpointDir))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if err := os.Truncate(path, 100); err != nil {
				t.Fatal(err)
			}
		}
		refused(t, small+"warm_start: {from: "+first+"}\n", "give the path of another checkpoint")
	})
}

// TestWarmStartIsCheckedOnce reads an experiment, loses the checkpoint, and starts: no run is begun.
func TestWarmStartIsCheckedOnce(t *testing.T) {
	base := t.TempDir()
	first, second := filepath.Join(base, "first"), filepath.Join(base, "second")
	trainIn(t, first, small)
	e := parse(t, small+"warm_start: {from: "+first+"}\n", experiment.Options{})
	if err := os.RemoveAll(first); err != nil {
		t.Fatal(err)
	}
	_, err := e.Start(second)
	wantError(t, err, "warm_start: ", "no such file")
	if experiment.IsRun(second) {
		t.Error("a run was begun")
	}
}

// TestWarmStartNamesDamage says that the best checkpoint was passed over.
func TestWarmStartNamesDamage(t *testing.T) {
	first, best, _ := plateau(t)
	flip(t, best)
	e := parse(t, small+"warm_start: {from: "+first+"}\n", experiment.Options{})
	r, err := e.Start(filepath.Join(t.TempDir(), "second"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if all := strings.Join(r.Warnings, "\n"); !strings.Contains(all, "passed over a damaged checkpoint") {
		t.Errorf("warnings %q", all)
	}
}

// flipTensor changes the last byte of a tensor's data.
func flipTensor(t *testing.T, file, name string) {
	t.Helper()
	f, err := checkpoint.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	one, err := f.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	content := read(t, file)
	at := bytes.Index(content, one.Data)
	if at < 0 {
		t.Fatalf("%s does not hold the data of %s", file, name)
	}
	content[at+len(one.Data)-1] ^= 1
	if err := os.WriteFile(file, content, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestWeightsOfBadConfigs checks the checkpoint that the wrong warm starts of testdata/bad name.
func TestWeightsOfBadConfigs(t *testing.T) {
	s := &checkpoint.Snapshot{Tensors: []checkpoint.Tensor{
		checkpoint.NewTensor("fc1/w", checkpoint.Param, []int{3, 8}, make([]float32, 24)),
		checkpoint.NewTensor("fc1/b", checkpoint.Param, []int{8}, make([]float32, 8)),
		checkpoint.NewTensor("out/w", checkpoint.Param, []int{8, 3}, make([]float32, 24)),
		checkpoint.NewTensor("out/b", checkpoint.Param, []int{3}, make([]float32, 3)),
		checkpoint.NewTensor("out/b/momentum", checkpoint.Slot, []int{3}, make([]float32, 3)),
	}}
	var b bytes.Buffer
	if err := checkpoint.Write(&b, s); err != nil {
		t.Fatal(err)
	}
	compare(t, "testdata/data/weights.strata", b.String())
}

// weights returns a parameter in the newest checkpoint of a run, as text.
func weights(t *testing.T, dir, name string) string { return weightsOf(t, dir, name, false) }

// weightsOfBest returns a tensor of the best checkpoint, which is what a warm start takes.
func weightsOfBest(t *testing.T, dir, name string) string { return weightsOf(t, dir, name, true) }

func weightsOf(t *testing.T, dir, name string, best bool) string {
	t.Helper()
	file, _, err := experiment.FindCheckpoint(dir, best)
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
