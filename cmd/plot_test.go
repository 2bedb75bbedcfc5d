package cmd

import (
	"os"
	"strings"
	"testing"
)

func TestPlot(t *testing.T) {
	trainedDigits(t)
	out := mustStrata(t, "plot", "r")
	wantAll(t, out, "r/plots/loss.png\n", "r/plots/loss.svg\n", "r/plots/metric_accuracy.png\n")
	for file := range strings.Lines(out) {
		if _, err := os.Stat(strings.TrimSuffix(file, "\n")); err != nil {
			t.Error(err)
		}
	}
	wantAll(t, mustStrata(t, "plot", "r", "--output", "curves"), "curves/loss.png\n")
}

func TestPlotSeveralRuns(t *testing.T) {
	trainedDigits(t)
	mustStrata(t, "train", "digits.yaml", "--run", "slow", "--no-plots", "--set", "optimizer.lr=0.001")
	wantAll(t, mustStrata(t, "plot", "r", "slow", "--output", "both"), "both/loss.svg\n", "both/metric_accuracy.svg\n")
	wantAll(t, readFile(t, "both/loss.svg"), ">r<", ">slow<")
}

func TestPlotWithoutResumeMarks(t *testing.T) {
	trainedDigits(t)
	mustStrata(t, "resume", "r", "--epochs", "3", "--no-plots")
	mustStrata(t, "plot", "r")
	wantAll(t, readFile(t, "r/plots/loss.svg"), "resume")
	mustStrata(t, "plot", "r", "--no-resume-marks")
	if strings.Contains(readFile(t, "r/plots/loss.svg"), "resume") {
		t.Error("the marks are still there")
	}
}

func TestPlotOfNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	r := strata(t, "plot", ".")
	if r.code != exitUsage {
		t.Errorf("exit code %d", r.code)
	}
	wantAll(t, r.stderr, "strata: . is no run directory")
	writeFile(t, "config.yaml", "")
	r = strata(t, "plot", ".")
	if r.code != exitFailed {
		t.Errorf("exit code %d", r.code)
	}
	wantAll(t, r.stderr, "there is no record of a step yet")
}

func TestPlotSchedule(t *testing.T) {
	inTemp(t)
	out := mustStrata(t, "plot", "--schedule", "digits.yaml", "--set", "optimizer.lr={type: one_cycle, start: 0.001, peak: 0.01}")
	if want := "plots/schedule_lr.png\nplots/schedule_lr.svg\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
	wantAll(t, readFile(t, "plots/schedule_lr.svg"), ">digits · learning rate schedule<", ">epoch<")
	out = mustStrata(t, "plot", "--schedule", "digits.yaml", "--output", "o", "--set", "optimizer.lr={type: plateau, start: 0.01}",
		"--set", "optimizer.beta1={type: cosine, start: 0.9, end: 0.8}")
	wantAll(t, out, "o/schedule_lr.svg\n", "o/schedule_beta1.svg\n")
	wantAll(t, readFile(t, "o/schedule_lr.svg"), ">until evaluations of loss change it<")
	if _, err := os.Stat("runs"); err == nil {
		t.Error("a run was made")
	}
}

func TestPlotScheduleOutOfRange(t *testing.T) {
	inTemp(t)
	r := strata(t, "plot", "--schedule", "digits.yaml", "--set", "optimizer.beta1={type: constant, value: 1.5}")
	if r.code != exitFailed {
		t.Errorf("exit code %d", r.code)
	}
	wantAll(t, r.stderr, "optimizer: adam: step 0: the schedule's beta1 must be < 1, is 1.5")
}
