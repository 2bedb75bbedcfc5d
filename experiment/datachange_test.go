package experiment_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/train"
)

// TestDataChange changes a byte of each file of each source that reads any. A run refuses it by its name, with a
// checkpoint and without one; with leave it goes on, and records it.
func TestDataChange(t *testing.T) {
	edits := map[string][2]string{ // a byte that leaves the file a good one, as far as that is possible
		"t.csv": {"3.5", "4.5"}, "t.conll": {"word3", "word4"}, "t.tsv": {"text3", "text4"}, "v.txt": {"0.5", "0.6"},
		"i": {"\x14\x02", "\x15\x02"}, "l": {"\x00\x01\x00\x01", "\x01\x01\x00\x01"},
	}
	tested := 0
	for source, c := range sourceCases() {
		for file := range c.files {
			tested++
			for _, when := range []string{"before a checkpoint", "after one"} {
				t.Run(source+"/"+file+"/"+when, func(t *testing.T) {
					e, from := c.load(t)
					dir := begun(t, e)
					if when == "after one" {
						dir = cutIn(t, e, 4)
					}
					edit, ok := edits[file]
					if !ok {
						t.Fatalf("give the file %s a change", file)
					}
					change(t, filepath.Join(from, file), edit[0], edit[1])
					testDataChange(t, dir, file, when == "after one" && vectorsAlone(e, file))
				})
			}
		}
	}
	if tested < 6 {
		t.Errorf("%d files were changed", tested)
	}
}

// vectorsAlone reports whether a file holds the first weights of a table, and nothing that the rows are read by.
func vectorsAlone(e *experiment.Experiment, file string) bool {
	for _, f := range e.Splits.Files {
		if f.Path == file {
			return false
		}
	}
	return true
}

// testDataChange resumes a run a file of which has changed. A file that is needed no more may change.
func testDataChange(t *testing.T, dir, file string, needless bool) {
	t.Helper()
	before := string(read(t, filepath.Join(dir, experiment.ConfigFile)))
	r, err := experiment.Resume(dir, experiment.ResumeOptions{})
	if needless {
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		return
	}
	wantError(t, err, "data file "+file+" has changed since the run began", "--allow-data-change")
	if string(read(t, filepath.Join(dir, experiment.ConfigFile))) != before {
		t.Error("config.yaml was changed")
	}
	begun := len(checkpointsOf(t, dir)) == 0
	r = goOn(t, dir, experiment.ResumeOptions{AllowDataChange: true})
	if all := strings.Join(r.Warnings, "\n"); !strings.Contains(all, "the run goes on with other data: data file "+file) {
		t.Errorf("warnings %q", all)
	}
	records := changesOf(t, dir)
	if begun {
		if len(records) > 0 {
			t.Errorf("the history of a run that begins has %+v", records)
		}
	} else if len(records) != 1 || records[0].Step != 4 || records[0].Change.Key != "data "+file ||
		!strings.Contains(records[0].Change.From, "SHA-256") || records[0].Change.From == records[0].Change.To {
		text, _ := json.Marshal(records)
		t.Errorf("the history has %s", text)
	}
	goOn(t, dir, experiment.ResumeOptions{Epochs: 4})
}

func checkpointsOf(t *testing.T, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, train.CheckpointDir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestDataOfAnotherShape allows files to change that then do not fit what the run has learned.
func TestDataOfAnotherShape(t *testing.T) {
	for name, test := range map[string]struct{ old, with, want string }{
		"a row more":     {"length,kind\n", "length,kind\n3.0,small\n", "data file flowers.csv has 41 rows, and had 40: epochs are counted in them"},
		"another class":  {"1.0,small", "1.0,huge", `"huge"`},
		"another column": {"length,kind\n", "width,kind\n", `"length"`},
		"no number":      {"1.0,small", "one,small", `"one"`},
		"fewer rows":     {"1.0,small\n2.0,large\n1.1,small\n2.2,large\n", "", "data file flowers.csv has 36 rows, and had 40"},
	} {
		t.Run(name, func(t *testing.T) {
			e, file := flowers(t)
			dir := cutIn(t, e, 5)
			change(t, file, test.old, test.with)
			newest, _, err := checkpoint.Latest(filepath.Join(dir, train.CheckpointDir))
			if err != nil {
				t.Fatal(err)
			}
			before := read(t, newest)
			_, err = experiment.Resume(dir, experiment.ResumeOptions{AllowDataChange: true})
			wantError(t, err, test.want)
			if string(read(t, newest)) != string(before) {
				t.Error("the checkpoint was changed")
			}
		})
	}
}
