package cmd

import (
	"encoding/json"
	"testing"

	"github.com/strata-ml/strata/train"
)

func TestEval(t *testing.T) {
	trainedDigits(t)
	h, err := train.ReadHistory("r")
	if err != nil {
		t.Fatal(err)
	}
	last := h.Records[len(h.Records)-1]
	var e evaluation
	decodeOne(t, mustStrata(t, "eval", "r", "--json"), &e)
	if e.Step != 24 || e.Loss != last.Loss || e.Metrics["accuracy"] != last.Metrics["accuracy"] {
		t.Errorf("got %+v, the run logged %+v", e, last)
	}
	wantAll(t, mustStrata(t, "eval", "r"), "checkpoint  r/checkpoints/step-0000000024.strata", "24 steps, 2 epochs", "accuracy    0.")
	wantAll(t, mustStrata(t, "eval", "r/checkpoints/step-0000000012.strata"), "12 steps, 1 epoch\n")
}

func TestEvalTakesTheBestOrTheLast(t *testing.T) {
	inTemp(t)
	// A rate that grows as much makes the loss grow: the first evaluation is the best.
	mustStrata(t, "train", "digits.yaml", "--run", "r", "--no-plots", "--set", "optimizer={type: sgd, lr: {type: exponential, start: 0.1, factor: 10000}}")
	wantAll(t, mustStrata(t, "eval", "r"), "step-0000000012.strata")
	wantAll(t, mustStrata(t, "eval", "r", "--last"), "step-0000000024.strata")
}

func TestEvalOnAnotherFile(t *testing.T) {
	t.Chdir(t.TempDir())
	mustStrata(t, "example", "iris", "--output", "iris")
	mustStrata(t, "train", "iris/iris.yaml", "--run", "r", "--no-plots", "--set", "train.epochs=1")
	writeFile(t, "one.csv", "sepal_length,sepal_width,petal_length,petal_width,species\n5.1,3.5,1.4,0.2,setosa\n")
	var e map[string]any
	out := mustStrata(t, "eval", "r", "--input", "one.csv", "--json")
	if err := json.Unmarshal([]byte(out), &e); err != nil || e["input"] != "one.csv" {
		t.Errorf("got %s, %v", out, err)
	}
	writeFile(t, "bare.csv", "sepal_length,sepal_width,petal_length,petal_width\n5.1,3.5,1.4,0.2\n")
	r := strata(t, "eval", "r", "--input", "bare.csv")
	if r.code != exitFailed {
		t.Errorf("exit code %d", r.code)
	}
	wantAll(t, r.stderr, "has no target to score against")
}

// TestEvalWithoutTheBestCheckpoint falls back to the newest one, and says which.
func TestEvalWithoutTheBestCheckpoint(t *testing.T) {
	trainedDigits(t)
	best := "r/checkpoints/step-0000000024.strata"
	newest := "r/checkpoints/step-0000000012.strata"
	damage(t, best)
	for _, verb := range []string{"eval", "inspect"} {
		r := strata(t, verb, "r")
		if r.code != exitDone {
			t.Fatalf("%s: %s", verb, r.stderr)
		}
		wantAll(t, r.stderr, "warning: ", best)
		wantAll(t, r.out, newest)
	}
}
