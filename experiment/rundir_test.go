package experiment_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/strata-ml/strata/experiment"
)

// fill writes files, and directories where a name ends in a slash, into a new directory.
func fill(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		var err error
		if strings.HasSuffix(name, "/") {
			err = os.Mkdir(path, 0o777)
		} else {
			err = os.WriteFile(path, []byte("{}"), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func namesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestStartAfterAKill starts a run where another start was killed at each of its steps.
func TestStartAfterAKill(t *testing.T) {
	e, _ := flowers(t)
	for name, left := range map[string][]string{
		"the directory is made":      nil,
		"it is locked":               {"run.lock"},
		"run.json is being written":  {"run.lock", ".run.json.0123456789abcdef.tmp"},
		"run.json is written":        {"run.lock", "run.json"},
		"config.yaml is half there":  {"run.lock", "run.json", ".config.yaml.0123456789abcdef.tmp"},
		"both temporaries were left": {"run.lock", ".config.yaml.0123456789abcdef.tmp", ".run.json.fedcba9876543210.tmp"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := fill(t, left...)
			if _, err := experiment.Resume(dir, experiment.ResumeOptions{}); err == nil || !strings.Contains(err.Error(), "is no run directory") {
				t.Errorf("it can be resumed: %v", err)
			}
			r, err := e.Start(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if got := namesIn(t, dir); !slices.Equal(got, []string{"config.yaml", "run.json", "run.lock"}) {
				t.Errorf("the run directory holds %q", got)
			}
		})
	}
}

// TestStartLeavesOthersAlone refuses directories that hold something, and changes nothing in them.
func TestStartLeavesOthersAlone(t *testing.T) {
	e, _ := flowers(t)
	for name, test := range map[string]struct {
		holds []string
		want  string
	}{
		"a run":                  {[]string{"config.yaml", "run.json"}, "or continue the one in it with resume"},
		"checkpoints alone":      {[]string{"checkpoints/", "run.json"}, "or continue the one in it with resume"},
		"a file of someone else": {[]string{"thesis.tex"}, "give a run a directory of its own"},
		"a hidden file":          {[]string{".config.tmp"}, "give a run a directory of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := fill(t, test.holds...)
			_, err := e.Start(dir)
			if !errors.Is(err, experiment.ErrNotEmpty) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v", err)
			}
			if got := len(namesIn(t, dir)); got != len(test.holds) {
				t.Errorf("the directory holds %q", namesIn(t, dir))
			}
		})
	}
}

// TestConfigIsWrittenLast lets the file before it fail.
func TestConfigIsWrittenLast(t *testing.T) {
	e, _ := flowers(t)
	dir := fill(t, "run.json/")
	if err := e.WriteInfo(dir); err == nil {
		t.Fatal("a directory was written over")
	}
	if got := namesIn(t, dir); !slices.Equal(got, []string{"run.json"}) {
		t.Errorf("the directory holds %q", got)
	}
}

// TestStartsRace starts many runs in one directory: one wins.
func TestStartsRace(t *testing.T) {
	e, _ := flowers(t)
	for range 20 {
		dir := filepath.Join(t.TempDir(), "run")
		var mu sync.Mutex
		var won []*experiment.Run
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				r, err := e.Start(dir)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won = append(won, r)
				} else if !errors.Is(err, experiment.ErrNotEmpty) && !strings.Contains(err.Error(), "is being written by") {
					t.Errorf("a loser is told %v", err)
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Errorf("%d runs were started", len(won))
		}
		for _, r := range won {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
