package experiment_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/train"
)

// TestChangedConfigIsRefused edits config.yaml of a run that has a checkpoint.
func TestChangedConfigIsRefused(t *testing.T) {
	for name, test := range map[string]struct{ old, with, want string }{
		"a value":         {"lr: 0.1", "lr: 0.2", "config.yaml:36:7: optimizer.lr was 0.1 and is 0.2: it is an override key"},
		"a node's value":  {"units: 2", "units: 3", "config.yaml:22:12: model.out.units was 2 and is 3: it is a frozen key"},
		"an added block":  {"\ntrain:", "\nearly_stopping: {patience: 7}\ntrain:", "early_stopping was not there and is {metric: loss, patience: 7, min_delta: 0}: it is an override key"},
		"a removed value": {"- type: accuracy", "- type: macro_f1", "metrics.0.type was accuracy and is macro_f1: it is a frozen key"},
		"the name":        {"name: flowers", "name: flower", "name was flowers and is flower: it is a frozen key"},
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := flowers(t)
			dir := finish(t, e)
			file := filepath.Join(dir, experiment.ConfigFile)
			change(t, file, test.old, test.with)
			edited := string(read(t, file))
			_, err := experiment.Resume(dir, experiment.ResumeOptions{Epochs: 5})
			wantError(t, err, test.want)
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
	dir := begun(t, e)
	if err := os.Truncate(filepath.Join(dir, experiment.ConfigFile), 0); err != nil {
		t.Fatal(err)
	}
	_, err := experiment.Resume(dir, experiment.ResumeOptions{})
	wantError(t, err, "the file is empty")
}

// cutIn trains a run of the flowers until a number of steps is done, and returns its directory.
func cutIn(t *testing.T, e *experiment.Experiment, steps int64) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dir := filepath.Join(t.TempDir(), "run")
	r, err := e.Start(dir, train.ObserverFunc(func(event train.Event) {
		if s, ok := event.(*train.Stepped); ok && s.Step == steps {
			cancel()
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if res, err := r.Train(ctx); err != nil || res.Step != steps {
		t.Fatalf("it ends after %d steps: %v", res.Step, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestEpochsThatAreDone asks for fewer epochs than a run has. It has 4 steps in each epoch.
func TestEpochsThatAreDone(t *testing.T) {
	e, _ := flowers(t)
	for name, test := range map[string]struct {
		steps, epochs int64
		want          string
	}{
		"fewer":                       {8, 1, "--epochs 1: 2 epochs are done already"},
		"fewer, in an epoch":          {9, 1, "--epochs 1: 2 epochs are done already"},
		"as many, and one has begun":  {9, 2, "--epochs 2: 2 epochs are done already, and the next one has begun"},
		"one, and one more has begun": {5, 1, "--epochs 1: 1 epoch is done already, and the next one has begun"},
		"as many":                     {8, 2, ""},
		"fewer than were planned":     {3, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := cutIn(t, e, test.steps)
			r, err := experiment.Resume(dir, experiment.ResumeOptions{Epochs: test.epochs})
			if test.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				if res, err := r.Train(t.Context()); err != nil || res.Epoch != test.epochs || res.Reason != train.ReasonEpochs {
					t.Errorf("it ends after %d epochs, because %s: %v", res.Epoch, res.Reason, err)
				}
				return
			}
			wantError(t, err, test.want)
			if _, ok := errors.AsType[*experiment.OptionError](err); !ok {
				t.Errorf("the error is a %T", err)
			}
			if string(read(t, filepath.Join(dir, experiment.ConfigFile))) != string(e.Resolved()) {
				t.Error("config.yaml was changed")
			}
		})
	}
	t.Run("by an edit", func(t *testing.T) {
		dir := cutIn(t, e, 8)
		change(t, filepath.Join(dir, experiment.ConfigFile), "epochs: 3", "epochs: 1")
		_, err := experiment.Resume(dir, experiment.ResumeOptions{})
		wantError(t, err, "config.yaml: train.epochs is 1: 2 epochs are done already")
	})
}

// TestMoreEpochsForARunThatEndedOtherwise asks for epochs that a run would not train.
func TestMoreEpochsForARunThatEndedOtherwise(t *testing.T) {
	for name, test := range map[string]struct{ more, want string }{
		"early stopping": {"early_stopping: {patience: 1, metric: accuracy}\n", "--epochs 60: early_stopping ended the run, because evaluations no longer improve, and more epochs do not change that: give it more patience with --change early_stopping.patience=2"},
		"a step limit":   {"train: {epochs: 4, batch_size: 4, steps: 5}\n", "--epochs 60: train.steps ended the run after 5 steps, and more epochs do not change that: give it more steps with --change train.steps=10"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(small, "train: {epochs: 2, batch_size: 4}\n", "", 1) + test.more
			if !strings.Contains(text, "train:") {
				text += "train: {epochs: 50, batch_size: 4}\n"
			}
			dir := filepath.Join(t.TempDir(), "run")
			trainIn(t, dir, text)
			before := string(read(t, filepath.Join(dir, experiment.ConfigFile)))
			_, err := experiment.Resume(dir, experiment.ResumeOptions{Epochs: 60})
			wantError(t, err, test.want)
			if _, ok := errors.AsType[*experiment.OptionError](err); !ok {
				t.Errorf("the error is a %T", err)
			}
			if string(read(t, filepath.Join(dir, experiment.ConfigFile))) != before {
				t.Error("config.yaml was changed")
			}
			r, err := experiment.Resume(dir, experiment.ResumeOptions{})
			if err != nil {
				t.Fatalf("without an extension: %v", err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// begun starts a run, and ends before it has a checkpoint.
func begun(t *testing.T, e *experiment.Experiment) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	r, err := e.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestDataThatMoved says where the data was looked for, and finds it in another directory.
func TestDataThatMoved(t *testing.T) {
	for name, start := range map[string]func(*testing.T, *experiment.Experiment) string{"finished": finish, "just begun": begun} {
		t.Run(name, func(t *testing.T) {
			e, file := flowers(t)
			dir := start(t, e)
			moved := t.TempDir()
			if err := os.Rename(file, filepath.Join(moved, "flowers.csv")); err != nil {
				t.Fatal(err)
			}
			where := "it was looked for in " + filepath.Dir(file) + ": name the directory where the data is now with --data-dir"
			_, err := experiment.Resume(dir, experiment.ResumeOptions{})
			wantError(t, err, where)
			r, err := experiment.Resume(dir, experiment.ResumeOptions{DataDir: moved})
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			if name != "finished" {
				return
			}
			m, err := experiment.OpenTrained(dir, experiment.TrainedOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			_, err = m.Evaluate()
			wantError(t, err, where)
			here, err := experiment.OpenTrained(dir, experiment.TrainedOptions{DataDir: moved})
			if err != nil {
				t.Fatal(err)
			}
			defer here.Close()
			if _, err := here.Evaluate(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLostInfo loses run.json, which says where the data is and what it was.
func TestLostInfo(t *testing.T) {
	for name, lose := range map[string]func(file string) error{
		"missing":   os.Remove,
		"cut short": func(file string) error { return os.Truncate(file, 40) },
	} {
		t.Run(name, func(t *testing.T) {
			e, file := flowers(t)
			for _, dir := range []string{finish(t, e), begun(t, e)} {
				if err := lose(filepath.Join(dir, experiment.InfoFile)); err != nil {
					t.Fatal(err)
				}
				_, err := experiment.Resume(dir, experiment.ResumeOptions{})
				wantError(t, err, "run.json", "with --data-dir")
				r, err := experiment.Resume(dir, experiment.ResumeOptions{DataDir: filepath.Dir(file)})
				if err != nil {
					t.Fatal(err)
				}
				all := strings.Join(r.Warnings, "\n")
				if !strings.Contains(all, "the run goes on without run.json") {
					t.Errorf("warnings %q", all)
				}
				if begun := strings.Contains(all, "no checkpoint yet"); begun != strings.Contains(all, "is not known") {
					t.Errorf("warnings %q", all)
				}
				if err := r.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestResumeRemovesTemporaries finds what a writer left that was killed while it wrote config.yaml or a checkpoint.
func TestResumeRemovesTemporaries(t *testing.T) {
	e, _ := flowers(t)
	dir := finish(t, e)
	left := []string{
		filepath.Join(dir, ".config.yaml.0123456789abcdef.tmp"),
		filepath.Join(dir, train.CheckpointDir, ".step-0000000012.strata.0123456789abcdef.tmp"),
	}
	for _, path := range left {
		if err := os.WriteFile(path, []byte("half"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	r, err := experiment.Resume(dir, experiment.ResumeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, path := range left {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", path, err)
		}
	}
}
