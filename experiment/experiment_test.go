package experiment_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/strata-ml/strata/experiment"
)

var update = flag.Bool("update", false, "write the golden files anew")

// memory is what the machine of every test has, so that messages are the same everywhere.
const memory = 8 << 30

// optionsOf reads the overrides that the comments at the head of a wrong config ask for:
//
//	# set: optimizer.lr=fast
//	# env: STRATA_SEED=x
//	# memory: 1000
func optionsOf(text string) experiment.Options {
	opts := experiment.Options{Memory: memory}
	for line := range strings.SplitSeq(text, "\n") {
		if set, ok := strings.CutPrefix(line, "# set: "); ok {
			opts.Set = append(opts.Set, set)
		}
		if env, ok := strings.CutPrefix(line, "# env: "); ok {
			opts.Env = append(opts.Env, env)
		}
		if bytes, ok := strings.CutPrefix(line, "# memory: "); ok {
			opts.Memory, _ = strconv.ParseUint(bytes, 10, 64)
		}
	}
	return opts
}

// TestWrongConfigs reads every file of testdata/bad and compares what a person is told with the text beside it.
func TestWrongConfigs(t *testing.T) {
	t.Chdir("testdata/bad")
	files, err := filepath.Glob("*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 60 {
		t.Errorf("there are %d wrong configs, and there should be at least 60", len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".yaml"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = experiment.Load(file, optionsOf(string(text)))
			if err == nil {
				t.Fatal("the config is accepted")
			}
			d, ok := errors.AsType[*experiment.Diagnostics](err)
			if !ok {
				t.Fatalf("the error is a %T", err)
			}
			for _, one := range d.List {
				if one.Line < 1 || one.Column < 1 || (one.File == "") == (one.Origin == "") {
					t.Errorf("it has no place: %+v", one)
				}
				if one.Hint == "" && !strings.Contains(one.Message, "did you mean") {
					t.Errorf("it has no remedy: %s", one)
				}
			}
			compare(t, strings.TrimSuffix(file, ".yaml")+".want", err.Error()+"\n")
		})
	}
}

// compare fails the test unless a file holds the text got. With -update it writes the file.
func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
