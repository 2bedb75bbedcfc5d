package examples_test

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/examples"
	"github.com/strata-ml/strata/registry"
)

func TestReadSuggestsExamples(t *testing.T) {
	if !slices.Contains(examples.Names(), "digits") {
		t.Fatalf("examples lack digits: %v", examples.Names())
	}
	b, err := examples.Read("digits")
	if err != nil || !strings.Contains(string(b), "data:") {
		t.Errorf("got %q, %v", b, err)
	}
	_, err = examples.Read("digit")
	if err == nil || !strings.Contains(err.Error(), `did you mean "digits"`) {
		t.Errorf("got %v", err)
	}
}

func TestDataFilesMatchTheirREADME(t *testing.T) {
	files := examples.DataFiles()
	if len(files) != 3 {
		t.Errorf("got data files %v", files)
	}
	for _, file := range files {
		content, err := examples.FS.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		readme, err := examples.FS.ReadFile(path.Join(path.Dir(file), "README.md"))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		for _, want := range []string{path.Base(file), hex.EncodeToString(sum[:]), "Licence:"} {
			if !strings.Contains(string(readme), want) {
				t.Errorf("%s: the README lacks %s", file, want)
			}
		}
	}
}

func TestDataFilesLoad(t *testing.T) {
	tests := map[string]struct {
		target, task string
		rows         int
	}{
		"data/iris/iris.csv":         {"species", "auto", 150},
		"data/penguins/penguins.csv": {"species", "auto", 344},
		"data/diabetes/diabetes.csv": {"progression", "regression", 442},
	}
	for _, file := range examples.DataFiles() {
		t.Run(path.Base(file), func(t *testing.T) {
			tt, ok := tests[file]
			if !ok {
				t.Fatal("the data set has no expectation here")
			}
			c := registry.Defaults[data.CSVConfig]()
			c.Path, c.Target, c.Task = file, tt.target, tt.task
			s, err := data.NewCSV(c).Load(data.Context{})
			if err != nil {
				t.Fatal(err)
			}
			if s.Train.Len() != tt.rows {
				t.Errorf("rows: got %d, want %d", s.Train.Len(), tt.rows)
			}
		})
	}
}
