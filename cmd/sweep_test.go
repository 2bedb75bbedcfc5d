package cmd

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPlotSweep(t *testing.T) {
	inTemp(t)
	for run, set := range map[string]string{
		"a": "optimizer={type: sgd, lr: 0.001}", "b": "optimizer={type: sgd, lr: 0.1}", "c": "optimizer={type: adam, lr: 0.1}",
	} {
		mustStrata(t, "train", "digits.yaml", "--run", run, "--no-plots", "--set", set, "--set", "train.epochs=1")
	}
	out := mustStrata(t, "plot", "a", "b", "c", "--by", "optimizer.lr", "--line", "optimizer.type", "--format", "svg", "--output", "o")
	if want := filepath.Join("o", "loss.svg") + "\n" + filepath.Join("o", "metric_accuracy.svg") + "\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
	wantAll(t, readFile(t, "o/loss.svg"), ">loss by optimizer.lr<", ">optimizer.lr (log)<", ">sgd<", ">adam<")
	mustStrata(t, "plot", "a", "b", "--only", "loss", "--format", "png", "--output", "p")
	if files, err := os.ReadDir("p"); err != nil || len(files) != 1 || files[0].Name() != "loss.png" {
		t.Errorf("got %v, %v", files, err)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"plot", "a", "--by", "optimizer.rate"}, `a: unknown key "optimizer.rate"`},
		{[]string{"plot", "a", "--by", "optimizer.type"}, `--by takes a key whose value is a number: in a, optimizer.type is "sgd"`},
		{[]string{"plot", "a", "--by", "optimizer.lr", "--line", "optimzer.type"}, `did you mean "optimizer.type"?`},
		{[]string{"plot", "a", "--line", "optimizer.type"}, "--line needs --by"},
		{[]string{"plot", "nothing", "--by", "optimizer.lr"}, "nothing: no such file"},
	} {
		r := strata(t, tt.args...)
		if r.code != exitUsage {
			t.Errorf("%v: exit code %d", tt.args, r.code)
		}
		wantAll(t, r.stderr, tt.want)
	}
}

func TestPlotHistograms(t *testing.T) {
	inTemp(t)
	out := mustStrata(t, "plot", "--histograms", "digits.yaml", "--format", "svg", "--set", "model.fc1.weights={type: constant, value: 0}")
	if want := filepath.Join("plots", "outputs.svg") + "\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
	wantAll(t, readFile(t, "plots/outputs.svg"), ">digits · outputs before training<", ">tanh  0<", ">dropout  0<")
	r := strata(t, "plot", "--histograms", "digits.yaml", "digits.yaml")
	if r.code != exitUsage {
		t.Errorf("exit code %d", r.code)
	}
}
