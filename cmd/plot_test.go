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
