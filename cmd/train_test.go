package cmd

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/examples"
	"github.com/strata-ml/strata/train"
)

func TestTrain(t *testing.T) {
	inTemp(t)
	r := strata(t, "train", "digits.yaml")
	if r.code != exitDone {
		t.Fatalf("exit code %d: %s", r.code, r.stderr)
	}
	dir := filepath.Join("runs", "digits-1")
	wantAll(t, r.out,
		"run     "+dir+"\n", "ended   all epochs are done, after 24 steps", "best    loss ", "accuracy ", "last    ",
		"curves  "+filepath.Join(dir, "plots"), "strata eval "+dir, "strata resume "+dir+" --epochs 4")
	wantAll(t, r.stderr, "training: 2 epochs, 12 steps each, 24 steps in all\n", "epoch 1/2  step 12/24  loss ", "epoch 2/2  step 24/24", "eval loss ")
	for _, file := range []string{"config.yaml", "run.json", "metrics.jsonl", "timing.jsonl", "plots/loss.png", "plots/metric_accuracy.svg"} {
		if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
			t.Error(err)
		}
	}
	wantAll(t, mustStrata(t, "train", "digits.yaml", "--no-plots"), filepath.Join("runs", "digits-2"))
	if _, err := os.Stat(filepath.Join("runs", "digits-2", "plots")); err == nil {
		t.Error("curves were drawn with --no-plots")
	}
}

func TestTrainLaysOverridesOverTheFile(t *testing.T) {
	inTemp(t)
	r := strataIn(t, []string{"STRATA_SEED=7", "HOME=/nowhere"}, "train", "digits.yaml", "--run", "r", "--no-plots",
		"--set", "model.fc1.units=9", "--set", "train.epochs=1")
	if r.code != exitDone {
		t.Fatal(r.stderr)
	}
	wantAll(t, readFile(t, "r/config.yaml"), "seed: 7\n", "units: 9\n", "epochs: 1\n")
}

func TestTrainTellsTheNameThatItChose(t *testing.T) {
	inTemp(t)
	const odd = "exp ñ 1.yaml"
	writeFile(t, odd, readFile(t, "digits.yaml"))
	writeFile(t, "exp.v2.yaml", "name: wide\n"+readFile(t, "digits.yaml"))
	for file, want := range map[string]string{
		odd:           `exp ñ 1.yaml is the experiment "experiment": its run is runs/experiment-1` + "\n",
		"exp.v2.yaml": `exp.v2.yaml is the experiment "wide": its run is runs/wide-1` + "\n",
		"digits.yaml": "",
	} {
		r := strata(t, "train", file, "--no-plots", "--set", "train.epochs=1")
		if r.code != exitDone {
			t.Fatal(r.stderr)
		}
		if got, _, _ := strings.Cut(r.stderr, "training: "); filepath.ToSlash(got) != want {
			t.Errorf("it begins with %q, want %q", got, want)
		}
	}
}

func TestTrainRefusesARunThatIsThere(t *testing.T) {
	trainedDigits(t)
	before := readFile(t, "r/metrics.jsonl")
	r := strata(t, "train", "digits.yaml", "--run", "r")
	if r.code != exitUsage {
		t.Errorf("exit code %d", r.code)
	}
	wantAll(t, r.stderr, "r is not empty", "resume")
	if readFile(t, "r/metrics.jsonl") != before {
		t.Error("the run was written to")
	}
}

func TestADivergedRunKeepsWhatItHad(t *testing.T) {
	inTemp(t)
	r := strata(t, "train", "digits.yaml", "--run", "r", "--set", "train.epochs=9",
		"--set", "optimizer={type: sgd, lr: {type: exponential, start: 0.1, factor: 1e30}}")
	if r.code != exitFailed || r.out != "" {
		t.Errorf("exit code %d, output %q", r.code, r.out)
	}
	wantAll(t, r.stderr, "strata: step ", "The run is intact up to r/checkpoints/step-")
	if _, err := os.Stat("r/plots/loss.png"); err != nil {
		t.Errorf("the curves of a run that diverged are not drawn: %v", err)
	}
	mustStrata(t, "verify", "r")
}

// TestTheErrorComesBeforeTheCurves looks for curves at the time when the error of a run is told.
func TestTheErrorComesBeforeTheCurves(t *testing.T) {
	inTemp(t)
	var told bool
	stderr := writerFunc(func(text []byte) (int, error) {
		if strings.HasPrefix(string(text), "strata: step ") {
			told = true
			if _, err := os.Stat("r/plots"); err == nil {
				t.Error("the curves were drawn first")
			}
		}
		return len(text), nil
	})
	args := []string{"train", "digits.yaml", "--run", "r", "--set", "optimizer={type: sgd, lr: {type: exponential, start: 0.1, factor: 1e30}}"}
	if code := run(t.Context(), args, strings.NewReader(""), io.Discard, stderr, nil); code != exitFailed || !told {
		t.Errorf("exit code %d, the error was told: %t", code, told)
	}
	if _, err := os.Stat("r/plots/loss.png"); err != nil {
		t.Errorf("the curves are not drawn: %v", err)
	}
}

type writerFunc func(text []byte) (int, error)

func (f writerFunc) Write(text []byte) (int, error) { return f(text) }

func TestTrainToldAsJSON(t *testing.T) {
	inTemp(t)
	r := strata(t, "train", "digits.yaml", "--no-plots", "--log-format", "json")
	if r.code != exitDone {
		t.Fatal(r.stderr)
	}
	epochs := 0
	for line := range strings.Lines(r.stderr) {
		var entry struct {
			Msg   string
			Epoch int
			Loss  float64
			Eval  train.Record
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if entry.Msg == "epoch" {
			epochs++
			if entry.Epoch != epochs || entry.Loss <= 0 || entry.Eval.Metrics["accuracy"] <= 0 {
				t.Errorf("got %s", line)
			}
		}
	}
	if epochs != 2 {
		t.Errorf("got %d lines of epochs in\n%s", epochs, r.stderr)
	}
}

func TestCurvesThatFailAreAWarning(t *testing.T) {
	inTemp(t)
	if err := os.MkdirAll("r", 0o777); err != nil {
		t.Fatal(err)
	}
	mustStrata(t, "train", "digits.yaml", "--run", "r", "--no-plots")
	writeFile(t, "r/plots", "a file where the directory should be")
	r := strata(t, "resume", "r", "--epochs", "3")
	if r.code != exitDone {
		t.Errorf("exit code %d", r.code)
	}
	wantAll(t, r.stderr, "warning: the curves were not drawn")
	if strings.Contains(r.out, "curves") {
		t.Errorf("the summary names curves:\n%s", r.out)
	}
}

func TestTrainWithoutEvaluationRows(t *testing.T) {
	t.Chdir(t.TempDir())
	mustStrata(t, "example", "penguins", "--output", ".")
	out := mustStrata(t, "train", "penguins.yaml", "--run", "r", "--no-plots", "--set", "train.epochs=1", "--set", "data.eval_fraction=0")
	wantAll(t, out, "strata eval r --input FILE\n")
	mustStrata(t, "eval", "r", "--input", "data/penguins/penguins.csv")
}

// TestExamplesRunAnywhere writes each example that needs no file of the user's own into an empty directory, and trains
// it there as it is.
func TestExamplesRunAnywhere(t *testing.T) {
	reaches := map[string]struct {
		metric string
		least  float64
	}{
		"digits":   {"accuracy", 0.97},
		"iris":     {"accuracy", 0.93},
		"penguins": {"accuracy", 0.97},
		"diabetes": {"r2", 0.4},
	}
	for _, name := range examples.Names() {
		switch {
		case slices.Contains([]string{"mnist", "ner", "sentiment", "spam"}, name): // the user brings the files: TestRealData
			continue
		case name == "digits" && underRace: // a minute of arithmetic that no second goroutine sees
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			mustStrata(t, "example", name, "--output", ".")
			mustStrata(t, "train", name+".yaml", "--run", "r", "--no-plots")
			wantEval(t, "r", reaches[name].metric, reaches[name].least)
		})
	}
}

// wantEval fails the test unless a metric of the best checkpoint of a run reaches a value.
func wantEval(t *testing.T, dir, metric string, least float64, flags ...string) {
	t.Helper()
	var e evaluation
	decodeOne(t, mustStrata(t, append([]string{"eval", dir, "--json"}, flags...)...), &e)
	t.Logf("%s: %.4f", metric, e.Metrics[metric])
	if got := float64(e.Metrics[metric]); !(got >= least) {
		t.Errorf("%s: got %v, want at least %v", metric, got, least)
	}
}
