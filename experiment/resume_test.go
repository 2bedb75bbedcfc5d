package experiment_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strata-ml/strata/experiment"
)

// TestChangedConfigIsRefused edits config.yaml of a run that has a checkpoint.
func TestChangedConfigIsRefused(t *testing.T) {
	for name, test := range map[string]struct{ old, with, want string }{
		"a value":         {"lr: 0.1", "lr: 0.2", "optimizer.lr was 0.1 and is 0.2"},
		"a node's value":  {"units: 2", "units: 3", "model.out.units was 2 and is 3"},
		"an added block":  {"\ntrain:", "\nearly_stopping: {patience: 7}\ntrain:", "early_stopping.patience is 7 and was not there"},
		"a removed value": {"- type: accuracy", "- type: macro_f1", "metrics.0.type was accuracy and is macro_f1"},
		"the name":        {"name: flowers", "name: flower", "name was flowers and is flower"},
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := flowers(t)
			dir := finish(t, e)
			file := filepath.Join(dir, experiment.ConfigFile)
			change(t, file, test.old, test.with)
			edited := string(read(t, file))
			_, err := experiment.Resume(dir, experiment.ResumeOptions{Epochs: 5})
			wantError(t, err, "config.yaml was changed: ", test.want, "the run goes by its checkpoint: restore config.yaml, or start a new run")
			if string(read(t, file)) != edited {
				t.Error("config.yaml was written over")
			}
		})
	}
}

// TestUnchangedConfig takes a config.yaml that says the same in other words.
func TestUnchangedConfig(t *testing.T) {
	e, _ := flowers(t)
	dir := finish(t, e)
	change(t, filepath.Join(dir, experiment.ConfigFile), "seed: 1", "# a comment\nseed:    1")
	change(t, filepath.Join(dir, experiment.ConfigFile), "epochs: 3", "epochs: 4")
	r, err := experiment.Resume(dir, experiment.ResumeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if res, err := r.Train(t.Context()); err != nil || res.Epoch != 4 {
		t.Errorf("it ends after epoch %d: %v", res.Epoch, err)
	}
}

// TestLostConfigIsWrittenAgain loses config.yaml of a run that has a checkpoint.
func TestLostConfigIsWrittenAgain(t *testing.T) {
	for name, lose := range map[string]func(file string) error{
		"missing":   os.Remove,
		"empty":     func(file string) error { return os.Truncate(file, 0) },
		"cut short": func(file string) error { return os.Truncate(file, 100) },
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := flowers(t)
			dir := finish(t, e)
			file := filepath.Join(dir, experiment.ConfigFile)
			if err := lose(file); err != nil {
				t.Fatal(err)
			}
			r, err := experiment.Resume(dir, experiment.ResumeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if all := strings.Join(r.Warnings, "\n"); !strings.Contains(all, "config.yaml is written again from") {
				t.Errorf("warnings %q", all)
			}
			if string(read(t, file)) != string(e.Resolved()) {
				t.Error("config.yaml is not what it was")
			}
		})
	}
}

// TestLostConfigOfARunWithoutCheckpoint is an error: nothing says what the run was.
func TestLostConfigOfARunWithoutCheckpoint(t *testing.T) {
	e, _ := flowers(t)
	dir := filepath.Join(t.TempDir(), "run")
	r, err := e.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, experiment.ConfigFile), 0); err != nil {
		t.Fatal(err)
	}
	_, err = experiment.Resume(dir, experiment.ResumeOptions{})
	wantError(t, err, "the file is empty")
}
