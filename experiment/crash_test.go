package experiment_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/internal/crashfs"
	"github.com/strata-ml/strata/train"
)

var long = flag.Bool("long", false, "as many cases as docs/reliability.md counts")

// acknowledging writes down which checkpoints are said to be durable.
func acknowledging(r *crashfs.Recorder) train.Observer {
	return train.ObserverFunc(func(e train.Event) {
		if saved, ok := e.(*train.Saved); ok {
			r.Acknowledge(saved.Step)
		}
	})
}

// recorded runs f while a recorder of root is the disk.
func recorded(t *testing.T, root string, f func(r *crashfs.Recorder)) *crashfs.Recorder {
	t.Helper()
	r, err := crashfs.Record(root)
	if err != nil {
		t.Fatal(err)
	}
	r.During(func() { f(r) })
	return r
}

// toTheEnd trains a run and closes it, and returns what it leaves: its files, the content of the metrics log, and that of
// the newest checkpoint. Older checkpoints do not count: a power cut may bring back one that was deleted, which only the
// next save deletes again.
func toTheEnd(t *testing.T, r *experiment.Run, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Train(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := crashfs.Read(r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	newest, _, err := checkpoint.Latest(filepath.Join(r.Dir, train.CheckpointDir))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range s.Files {
		if _, ok := checkpoint.ParseStepFile(filepath.Base(name)); !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return fmt.Sprintf("%s\n%s\n%x", strings.Join(names, " "), s.Files[train.MetricsFile],
		s.Files[filepath.Join(train.CheckpointDir, filepath.Base(newest))])
}

// TestCrashFS cuts the power everywhere while a run begins, trains, and is extended.
func TestCrashFS(t *testing.T) {
	_, file := flowers(t)
	config := filepath.Join(filepath.Dir(file), "flowers.yaml")
	change(t, config, "train:", "checkpoint: {every_steps: 3, keep: 2}\ntrain:")
	e, err := experiment.Load(config, experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	states, oneIn := 4, 9
	if *long {
		states, oneIn = 40, 1
	}
	const begun = 0 // acknowledged when Start or Resume returns
	root := t.TempDir()
	run := func(root string) string { return filepath.Join(root, "runs", "flowers-1") }
	var whole, extended string
	first := recorded(t, root, func(r *crashfs.Recorder) {
		dir, err := experiment.NextRunDir(filepath.Join(root, "runs"), "flowers")
		if err != nil {
			t.Fatal(err)
		}
		run, err := e.Start(dir, acknowledging(r))
		r.Acknowledge(begun)
		whole = toTheEnd(t, run, err)
	})
	second := recorded(t, root, func(r *crashfs.Recorder) {
		again, err := experiment.Resume(run(root), experiment.ResumeOptions{Epochs: 5}, acknowledging(r))
		r.Acknowledge(begun)
		extended = toTheEnd(t, again, err)
	})
	tried := 0
	try := func(life *crashfs.Recorder, want string, goOn func(dir string, begun bool) (*experiment.Run, error)) {
		count, distinct := life.Try(t, states, func(root string, cut crashfs.Cut) error {
			if tried++; tried%oneIn != 0 {
				return nil
			}
			r, err := goOn(run(root), len(cut.Acknowledged) > 0)
			if got := toTheEnd(t, r, err); got != want {
				return fmt.Errorf("the run ends with\n%s\nwant\n%s", got, want)
			}
			return nil
		})
		t.Logf("%d states, %d of them different, one in %d tried", count, distinct, oneIn)
	}
	try(first, whole, func(dir string, begun bool) (*experiment.Run, error) {
		if !begun && !experiment.IsRun(dir) {
			return e.Start(dir)
		}
		return experiment.Resume(dir, experiment.ResumeOptions{})
	})
	try(second, extended, func(dir string, begun bool) (*experiment.Run, error) {
		if !begun {
			return experiment.Resume(dir, experiment.ResumeOptions{Epochs: 5})
		}
		return experiment.Resume(dir, experiment.ResumeOptions{})
	})
}
