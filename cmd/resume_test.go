package cmd

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestResumeForMoreEpochs(t *testing.T) {
	trainedDigits(t)
	r := strata(t, "resume", "r", "--epochs", "3", "--no-plots")
	if r.code != exitDone {
		t.Fatal(r.stderr)
	}
	wantAll(t, r.stderr, "resuming from step 24: 3 epochs, 12 steps each, 36 steps in all\n", "epoch 3/3  step 36/36")
	wantAll(t, r.out, "after 36 steps")
	mustStrata(t, "train", "digits.yaml", "--run", "whole", "--no-plots", "--set", "train.epochs=3")
	if readFile(t, "r/metrics.jsonl") != readFile(t, "whole/metrics.jsonl") {
		t.Error("the history is not that of a run that was never cut")
	}
}

func TestResumeWithAChange(t *testing.T) {
	trainedDigits(t)
	r := strata(t, "resume", "r", "--epochs", "3", "--change", "optimizer.lr=0.00025", "--change", "train.log_every=5")
	if r.code != exitDone {
		t.Fatal(r.stderr)
	}
	wantAll(t, r.stderr, "train.epochs was 2 and is 3\n", "train.log_every was ", "step 24: optimizer.lr was ", " and is 0.00025 from here on\n")
	wantAll(t, readFile(t, "r/plots/loss.svg"), ">optimizer.lr = 0.00025<", ">change<")
	r = strata(t, "plot", "r", "--by", "optimizer.lr", "--output", "o")
	if r.code != exitDone {
		t.Fatal(r.stderr)
	}
	wantAll(t, r.stderr, "warning: r: optimizer.lr was ", " up to step 24: it is drawn at the value that it has now\n")
	for args, want := range map[string]string{
		"model.fc1.units=9": "--change model.fc1.units=9: model.fc1.units was ",
		"optimizer.rl=1":    `did you mean "lr"?`,
		"optimizer.lr":      "write --change optimizer.lr=0.01",
	} {
		r := strata(t, "resume", "r", "--change", args)
		if r.code != exitUsage {
			t.Errorf("%s: exit code %d", args, r.code)
		}
		wantAll(t, r.stderr, want)
	}
}

func TestResumeTellsWhichVariablesItIgnores(t *testing.T) {
	trainedDigits(t)
	env := []string{"STRATA_SEED=7", "HOME=/nowhere", "STRATA_OPTIMIZER_LR=0.5", "STRATAGEM=1"}
	r := strataIn(t, env, "resume", "r", "--epochs", "3", "--no-plots")
	if r.code != exitDone {
		t.Fatal(r.stderr)
	}
	wantAll(t, r.stderr, "warning: resume goes by the run's own experiment and ignores STRATA_OPTIMIZER_LR, STRATA_SEED\n")
	if r := strata(t, "resume", "r", "--epochs", "4", "--no-plots"); strings.Contains(r.stderr, "warning") {
		t.Errorf("without a variable it warns:\n%s", r.stderr)
	}
}

func TestResumeOfAFinishedRun(t *testing.T) {
	trainedDigits(t)
	wantAll(t, mustStrata(t, "resume", "r"), "all epochs are done, after 24 steps", "strata resume r --epochs 4")
}

func TestResumeRefusesFewerEpochs(t *testing.T) {
	trainedDigits(t)
	config := readFile(t, "r/config.yaml")
	r := strata(t, "resume", "r", "--epochs", "1")
	if r.code != exitUsage {
		t.Errorf("exit code %d", r.code)
	}
	wantAll(t, r.stderr, "2 epochs are done")
	if readFile(t, "r/config.yaml") != config {
		t.Error("config.yaml has changed")
	}
}

func TestResumeWithoutConfig(t *testing.T) {
	trainedDigits(t)
	config := readFile(t, "r/config.yaml")
	if err := os.Remove("r/config.yaml"); err != nil {
		t.Fatal(err)
	}
	r := strata(t, "resume", "r", "--no-plots")
	if r.code != exitDone {
		t.Fatal(r.stderr)
	}
	wantAll(t, r.stderr, "warning: ", "config.yaml")
	if readFile(t, "r/config.yaml") != config {
		t.Error("config.yaml came back with other text")
	}
}

func TestResumePassesOverADamagedCheckpoint(t *testing.T) {
	trainedDigits(t)
	damage(t, "r/checkpoints/step-0000000024.strata")
	r := strata(t, "resume", "r", "--no-plots")
	if r.code != exitDone {
		t.Fatal(r.stderr)
	}
	wantAll(t, r.stderr, "warning: passed over a damaged checkpoint", "step-0000000024.strata", "resuming from step 12")
}

// TestARunWithoutItsLastCheckpointFails puts a directory where the last checkpoint belongs when the run is under way.
func TestARunWithoutItsLastCheckpointFails(t *testing.T) {
	trainedDigits(t)
	var out, text bytes.Buffer
	stderr := writerFunc(func(b []byte) (int, error) {
		if strings.HasPrefix(string(b), "resuming") {
			if err := os.MkdirAll("r/checkpoints/step-0000000036.strata/full", 0o777); err != nil {
				t.Error(err)
			}
		}
		return text.Write(b)
	})
	code := run(t.Context(), []string{"resume", "r", "--epochs", "3", "--no-plots"}, strings.NewReader(""), &out, stderr, nil)
	if code != exitFailed || out.Len() > 0 {
		t.Errorf("exit code %d, output %q", code, out.String())
	}
	wantAll(t, text.String(), "strata: train: the last checkpoint could not be written: ", "step-0000000036.strata")
}

func TestResumeRefusesOtherData(t *testing.T) {
	t.Chdir(t.TempDir())
	mustStrata(t, "example", "iris", "--output", ".")
	mustStrata(t, "train", "iris.yaml", "--run", "r", "--no-plots", "--set", "train.epochs=1")
	data := readFile(t, "data/iris/iris.csv")
	writeFile(t, "data/iris/iris.csv", data[:len(data)-1]+" \n")
	r := strata(t, "resume", "r", "--epochs", "2")
	if r.code != exitFailed {
		t.Errorf("exit code %d", r.code)
	}
	wantAll(t, r.stderr, "data/iris/iris.csv has changed since the run began")
}

// damage flips a bit in the middle of a file.
func damage(t *testing.T, path string) {
	t.Helper()
	b := []byte(readFile(t, path))
	b[len(b)/2] ^= 1
	writeFile(t, path, string(b))
}
