//go:build unix

package cmd

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestThreadsBitExact trains every experiment of examples/ on different numbers of threads, and compares all that the runs
// leave: weights, slots, logs.
func TestThreadsBitExact(t *testing.T) {
	b := buildBinary(t)
	steps, counts := 8, []int{1, 3}
	if *long {
		steps, counts = 1000, []int{1, 2, 3, 4, 8}
	}
	for _, path := range copyExamples(t) {
		t.Run(strings.TrimSuffix(path, ".yaml"), func(t *testing.T) {
			switch file := otherFile(t, path); {
			case file != "" && !*long:
				t.Skipf("the long form trains it, which needs %s in %s", file, sharedData)
			case file != "" && exists(filepath.Join(filepath.Dir(path), file)) != nil:
				t.Skipf("needs %s in %s", file, sharedData)
			}
			want := ""
			for _, threads := range counts {
				dir := filepath.Join("runs", path, fmt.Sprint(threads))
				b.run(t, threads, "train", path, "--run", dir, "--no-plots", "--set", fmt.Sprintf("train.steps=%d", steps))
				got := digestOf(leftBy(t, dir))
				if want == "" {
					want = got
					t.Logf("%d steps: %s", steps, got)
				}
				if got != want {
					t.Errorf("with GOMAXPROCS %d the SHA-256 of weights, slots and logs is %s, with 1 it is %s", threads, got, want)
				}
			}
		})
	}
}

// copyExamples changes into a directory with a copy of examples/, and with links where they look for data sets that are
// not part of the repository. It returns those that train.
func copyExamples(t *testing.T) (paths []string) {
	t.Helper()
	data, err := filepath.Abs(sharedData)
	if err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Abs(filepath.Join("..", "examples"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.CopyFS("examples", os.DirFS(examples)); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"examples", filepath.Join("examples", "lecture")} {
		for _, pattern := range []string{"wnut17", "sentiment-sentences", "sms-spam", "glove-6b-100d", "mnist/*.gz"} {
			sets, err := filepath.Glob(filepath.Join(data, pattern))
			if err != nil {
				t.Fatal(err)
			}
			for _, set := range sets {
				if err := os.Symlink(set, filepath.Join(dir, filepath.Base(set))); err != nil {
					t.Fatal(err)
				}
			}
		}
		all, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range all {
			if strings.Contains(readFile(t, path), "\nloss:") { // others are there to be explained
				paths = append(paths, path)
			}
		}
	}
	if len(paths) < 14 {
		t.Errorf("there are only the examples %q", paths)
	}
	return paths
}

// dataFile finds the data files that an experiment names, without those in its comments.
var dataFile = regexp.MustCompile(`(?m)^[^#\n]*?([\w./-]+\.(?:csv|gz|conll|txt)\b|sms-spam/\w+)`)

// otherFile returns a data file of an experiment that is not part of the repository, "" for none.
func otherFile(t *testing.T, path string) string {
	t.Helper()
	for _, m := range dataFile.FindAllStringSubmatch(readFile(t, path), -1) {
		if !strings.Contains(m[1], "data/") {
			return m[1]
		}
	}
	return ""
}

// digestOf returns one SHA-256 of what a run leaves.
func digestOf(left map[string]string) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(left)) {
		fmt.Fprintf(h, "%q %d %s", name, len(left[name]), left[name])
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}
