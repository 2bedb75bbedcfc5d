package cmd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
)

func TestInspect(t *testing.T) {
	trainedDigits(t)
	path := "r/checkpoints/step-0000000024.strata"
	wantAll(t, mustStrata(t, "inspect", "r"), "checkpoint  "+path, "24 steps, 2 epochs; finished: all epochs are done",
		"best        loss ", "digits.csv.gz  1,797 rows", "fc1/w ", "64×8", "float32")
	var i inspection
	decodeOne(t, mustStrata(t, "inspect", path, "--json"), &i)
	f, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if i.State.Step != 24 || !i.State.Finished || i.Config.Experiment != f.Config().Text || len(i.Tensors) != len(f.Tensors()) {
		t.Errorf("got %+v", i)
	}
	for _, one := range i.Tensors {
		info, ok := f.Info(one.Name)
		if !ok || one.CRC32C != formatCRC(info.CRC32C) || one.DType != string(info.DType) || one.Role != info.Role {
			t.Errorf("got %+v, the file has %+v", one, info)
		}
	}
}

func TestInspectEarlyStopping(t *testing.T) {
	trainedDigits(t)
	if out := mustStrata(t, "inspect", "r"); strings.Contains(out, "stopping") {
		t.Errorf("a run without early stopping has a state of it:\n%s", out)
	}
	mustStrata(t, "train", "digits.yaml", "--run", "early", "--no-plots",
		"--set", "early_stopping={metric: accuracy, patience: 4, min_delta: 0.9}", "--set", "train.epochs=3")
	var i inspection
	decodeOne(t, mustStrata(t, "inspect", "early", "--last", "--json"), &i)
	s := i.State.EarlyStop
	if s == nil || s.Metric != "accuracy" || s.Waited != 2 || !(s.Best > 0) {
		t.Fatalf("got %+v", s)
	}
	wantAll(t, mustStrata(t, "inspect", "early", "--last"),
		fmt.Sprintf("early stopping  accuracy %s is the best, 2 evaluations ago\n", formatValue(s.Best)))
}

func TestInspectOfSomethingElse(t *testing.T) {
	inTemp(t)
	r := strata(t, "inspect", "digits.yaml")
	if r.code != exitFailed || r.out != "" {
		t.Errorf("exit code %d, output %q", r.code, r.out)
	}
	wantAll(t, r.stderr, "digits.yaml", "not a strata checkpoint")
}
