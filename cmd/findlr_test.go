package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFindLR(t *testing.T) {
	inTemp(t)
	out := mustStrata(t, "find-lr", "digits.yaml", "--steps", "40", "--from", "1e-4", "--to", "1")
	wantAll(t, out, "The loss of 512 rows is 2.", "    lr  steps    loss\n0.0001     40  ", "  lowest\n", "falls fastest  0.0", "suggested      0.0",
		"plots/find_lr.png\n", "plots/find_lr.svg\n", "strata train digits.yaml --set optimizer.lr=0.0")
	wantAll(t, readFile(t, "plots/find_lr.svg"), ">digits · lr search<", ">after 40 steps<", ">suggested 0.0")
	if _, err := os.Stat("runs"); err == nil {
		t.Error("a run was made")
	}
	var r foundRates
	decodeOne(t, mustStrata(t, "find-lr", "digits.yaml", "--no-plots", "--steps", "40", "--json"), &r)
	if len(r.Powers) != 8 || len(r.Range) < 40 || r.Suggested == nil || *r.Suggested < 1e-3 || *r.Suggested > 1 || r.Why == "" {
		t.Errorf("got %+v", r)
	}
}

// TestFindLRLeavesNoTrace trains before and after a search, and compares the bytes of the runs.
func TestFindLRLeavesNoTrace(t *testing.T) {
	trainedDigits(t)
	before := map[string]string{}
	for _, file := range filesBelow(t, "r") {
		before[file] = readFile(t, file)
	}
	mustStrata(t, "find-lr", "digits.yaml", "--no-plots", "--steps", "20")
	for _, file := range filesBelow(t, "r") {
		if content, ok := before[file]; !ok || content != readFile(t, file) {
			t.Errorf("the search changed %s", file)
		}
	}
	if left, _ := filepath.Glob("*"); len(left) != 2 {
		t.Errorf("the search left files: %q", left)
	}
	mustStrata(t, "train", "digits.yaml", "--run", "again", "--no-plots")
	compared := 0
	for file, content := range before {
		same := strings.HasSuffix(file, "metrics.jsonl") || strings.Contains(file, "checkpoints")
		if !same {
			continue // wall-clock times
		}
		compared++
		if content != readFile(t, strings.Replace(file, "r", "again", 1)) {
			t.Errorf("%s of a run after the search is another", file)
		}
	}
	if compared < 3 {
		t.Errorf("%d files were compared", compared)
	}
}

// A search does not stop at a gradient that a run would check: it would cost as much as the search itself.
func TestFindLRChecksNoGradient(t *testing.T) {
	withLayer(t, "test_liar")
	const check = "debug={gradient_check: {every: 1, samples: 2}}"
	if r := strata(t, "train", "custom.yaml", "--no-plots", "--set", check); r.code != exitFailed || !strings.Contains(r.stderr, "gradient") {
		t.Fatalf("the layer passes the check of a run: exit code %d\n%s", r.code, r.stderr)
	}
	mustStrata(t, "find-lr", "custom.yaml", "--no-plots", "--steps", "20", "--set", check)
}

func filesBelow(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	return files
}

// TestFindLRWhereNothingFalls is honest about a search that finds nothing.
func TestFindLRWhereNothingFalls(t *testing.T) {
	inTemp(t)
	r := strata(t, "find-lr", "digits.yaml", "--steps", "20", "--from", "1e-12", "--to", "1e-10")
	if r.code != exitFailed {
		t.Errorf("exit code %d", r.code)
	}
	wantAll(t, r.stderr, "no learning rate to suggest: at no power of ten does the loss fall by even 1 %")
}

func TestFindLRWhereEverythingDiverges(t *testing.T) {
	inTemp(t)
	r := strata(t, "find-lr", "digits.yaml", "--steps", "20", "--from", "1e6", "--to", "1e9", "--set", "optimizer.type=sgd", "--set", "model.tanh.type=relu")
	if r.code != exitFailed {
		t.Errorf("exit code %d", r.code)
	}
	wantAll(t, r.out, "diverges")
	wantAll(t, r.stderr, "no learning rate to suggest: the loss rises or diverges at every power of ten")
}
