package cmd

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestTrainChecksGradients trains with the switch on and off, and with a layer whose gradient is wrong.
func TestTrainChecksGradients(t *testing.T) {
	inTemp(t)
	on := []string{"--no-plots", "--set", "debug.gradient_check.every=10", "--set", "debug.gradient_check.samples=3"}
	r := strata(t, append([]string{"train", "digits.yaml", "--run", "checked"}, on...)...)
	if r.code != exitDone {
		t.Fatalf("exit code %d\n%s", r.code, r.stderr)
	}
	wantAll(t, r.stderr, "step 0: the gradients are right, the largest of 12 errors is ", "step 20: ")
	if n := strings.Count(readFile(t, "checked/metrics.jsonl"), `"kind":"gradient_check"`); n != 3 {
		t.Errorf("%d records of checks in 24 steps, want 3", n)
	}
	mustStrata(t, "train", "digits.yaml", "--run", "plain", "--no-plots")
	var a, b inspection
	decodeOne(t, mustStrata(t, "inspect", "checked", "--json"), &a)
	decodeOne(t, mustStrata(t, "inspect", "plain", "--json"), &b)
	if len(a.Tensors) < 4 || !reflect.DeepEqual(a.Tensors, b.Tensors) {
		t.Error("a run that checks its gradients ends with other bits")
	}
	mustStrata(t, "plot", "checked")
	if _, err := os.Stat("checked/plots/loss.png"); err != nil {
		t.Error(err)
	}

	withLayer(t, "test_liar")
	r = strata(t, append([]string{"train", "custom.yaml", "--run", "wrong"}, on...)...)
	if r.code != exitFailed {
		t.Errorf("exit code %d", r.code)
	}
	wantAll(t, r.stderr, "step 0: the gradient of fc1/", `node "own" is at fault: its gradient with respect to input 0 is wrong at element `)
	wantAll(t, readFile(t, "wrong/metrics.jsonl"), `"kind":"gradient_check"`, `"ok":false`)
}
