package cmd

import (
	"os"
	"path/filepath"
	"testing"
)

// sharedData is where the data sets lie that are not part of the repository.
const sharedData = "../../shared/data"

// TestRealData trains experiments of at most 30 lines on data sets that are not part of the repository. The floor of
// each is what a linear model reaches, or the goal that the experiment states.
func TestRealData(t *testing.T) {
	if testing.Short() || underRace {
		t.Skip("needs minutes under the race detector: run it without -race and -short")
	}
	data, err := filepath.Abs(sharedData)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(data); err != nil {
		t.Skipf("needs the data sets letter, breast-cancer, concrete, credit, mnist and those of texts in %s", sharedData)
	}
	tests := map[string]struct {
		metric string
		least  float64
	}{
		"letter":        {"accuracy", 0.93},
		"breast-cancer": {"accuracy", 0.95},
		"concrete":      {"r2", 0.8},
		"credit":        {"accuracy", 0.77},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			file := linked(t, filepath.Join("testdata", "experiments", name+".yaml"), filepath.Join(data, name), name)
			mustStrata(t, "train", file, "--run", "r", "--no-plots")
			wantEval(t, "r", tt.metric, tt.least)
		})
	}
	for name, tt := range map[string]struct {
		metric string
		least  float64
	}{"sentiment": {"accuracy", 0.8}, "spam": {"accuracy", 0.97}} {
		t.Run(name, func(t *testing.T) {
			textExample(t, data, name)
			mustStrata(t, "train", name+".yaml", "--run", "r", "--no-plots")
			wantEval(t, "r", tt.metric, tt.least)
		})
	}
	// The floor of ner is a linear model with the threshold that is best on the test sentences themselves; here dev
	// chooses it.
	t.Run("ner", func(t *testing.T) {
		textExample(t, data, "ner")
		mustStrata(t, "train", "ner.yaml", "--run", "r", "--no-plots", "--set", "train.epochs=4")
		wantEval(t, "r", "entity_f1", 0.35)
		wantEval(t, "r", "token_f1_location_tuned", 0.5, "--input", filepath.Join("wnut17", "dev.conll"))
		wantEval(t, "r", "token_f1_location_tuned", 0.4, "--input", filepath.Join("wnut17", "test.conll"))
		wantEval(t, "r", "entity_f1", 0.2, "--input", filepath.Join("wnut17", "test.conll"))
	})
	// Two epochs on a part of the images are enough to see that the experiment reads them; the whole reaches 0.98.
	t.Run("mnist", func(t *testing.T) {
		text := readFile(t, filepath.Join("..", "examples", "mnist.yaml"))
		t.Chdir(t.TempDir())
		files, err := filepath.Glob(filepath.Join(data, "mnist", "*.gz"))
		if err != nil || len(files) != 4 {
			t.Fatalf("got %v, %v", files, err)
		}
		for _, f := range files {
			if err := os.Symlink(f, filepath.Base(f)); err != nil {
				t.Fatal(err)
			}
		}
		writeFile(t, "mnist.yaml", text)
		mustStrata(t, "train", "mnist.yaml", "--run", "r", "--no-plots", "--set", "train.epochs=2", "--set", "data.limit=6000")
		wantEval(t, "r", "accuracy", 0.9)
	})
}

// textExample changes into an empty directory with an example of package examples and links to the texts and vectors
// that it reads.
func textExample(t *testing.T, data, name string) {
	t.Helper()
	text := readFile(t, filepath.Join("..", "examples", name+".yaml"))
	t.Chdir(t.TempDir())
	for _, dir := range []string{"wnut17", "sentiment-sentences", "sms-spam", "glove-6b-100d"} {
		if err := os.Symlink(filepath.Join(data, dir), dir); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, name+".yaml", text)
}

// linked changes into an empty directory with a copy of an experiment and a link to its data, and returns its name.
func linked(t *testing.T, experiment, data, link string) string {
	t.Helper()
	text := readFile(t, experiment)
	t.Chdir(t.TempDir())
	if err := os.Symlink(data, link); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Base(experiment), text)
	return filepath.Base(experiment)
}
