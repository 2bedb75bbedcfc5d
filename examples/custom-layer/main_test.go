package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTrain builds the command and trains a model with the custom layer from its YAML file.
func TestTrain(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "program")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(program, "train", "digits.yaml", "--run", filepath.Join(dir, "run"), "--no-plots").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "all epochs are done") {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err = exec.Command(program, "list", "layer").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "swish") {
		t.Errorf("%v\n%s", err, out)
	}
}
