package experiment_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/train"
)

// plateau trains a run whose best checkpoint is an old one: of equal accuracies, the first is the best.
func plateau(t *testing.T) (run, best, newest string) {
	t.Helper()
	run = filepath.Join(t.TempDir(), "run")
	trainIn(t, run, strings.Replace(small, "epochs: 2", "epochs: 20", 1)+"checkpoint: {best: accuracy}\n")
	var err error
	if best, _, err = experiment.FindCheckpoint(run, true); err != nil {
		t.Fatal(err)
	}
	if newest, _, err = experiment.FindCheckpoint(run, false); err != nil {
		t.Fatal(err)
	}
	if best == newest {
		t.Fatal("the newest checkpoint is the best")
	}
	return run, best, newest
}

// flip changes one bit in the middle of a file.
func flip(t *testing.T, path string) {
	t.Helper()
	content := read(t, path)
	content[len(content)/2] ^= 1
	if err := os.WriteFile(path, content, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestBestIsLost falls back to the newest checkpoint where the best one is damaged or gone, and says so.
func TestBestIsLost(t *testing.T) {
	for kind, lose := range map[string]func(path string){
		"damaged": func(path string) { flip(t, path) },
		"missing": func(path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(kind, func(t *testing.T) {
			run, best, newest := plateau(t)
			lose(best)
			m, err := experiment.OpenTrained(run, experiment.TrainedOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			if m.Path != newest {
				t.Errorf("it opened %s, want %s", m.Path, newest)
			}
			all := strings.Join(m.Warnings, "\n")
			for _, want := range []string{"passed over a " + kind + " checkpoint: the best, of step", filepath.Base(best), newest + " is used instead"} {
				if !strings.Contains(all, want) {
					t.Errorf("warnings %q, want %q in them", all, want)
				}
			}
		})
	}
}

// TestNewestIsLost takes the best checkpoint that an older one knows of.
func TestNewestIsLost(t *testing.T) {
	run, best, newest := plateau(t)
	flip(t, newest)
	file, skipped, err := experiment.FindCheckpoint(run, true)
	if err != nil || file != best || len(skipped) != 1 {
		t.Errorf("it found %s, skipped %v (%v)", file, skipped, err)
	}
}

// TestAllAreLost is an error that does not say that there is none.
func TestAllAreLost(t *testing.T) {
	run, _, _ := plateau(t)
	paths, err := checkpoint.List(filepath.Join(run, train.CheckpointDir))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		flip(t, path)
	}
	if _, _, err := experiment.FindCheckpoint(run, true); err == nil || strings.Contains(err.Error(), "has no checkpoint") {
		t.Errorf("got %v", err)
	}
}
