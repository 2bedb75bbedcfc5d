package data_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/registry"
)

// shared returns a file of the data sets that lie beside the repository, and skips the test where it is missing.
func shared(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "data", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("needs the data set %s beside the repository, in ../shared/data", name)
	}
	return path
}

func csvConfig(edit func(*data.CSVConfig)) data.CSVConfig {
	c := registry.Defaults[data.CSVConfig]()
	edit(&c)
	return c
}

func TestCSVDataSets(t *testing.T) {
	tests := []struct {
		file        string
		edit        func(*data.CSVConfig)
		rows, width int
		classes     int
	}{
		{"iris/iris.csv", func(c *data.CSVConfig) { c.Target = "species" }, 150, 4, 3},
		{"penguins/penguins.csv", func(c *data.CSVConfig) { c.Target = "species" }, 344, 3 + 4 + 3, 3},
		{"diabetes/diabetes.csv", func(c *data.CSVConfig) { c.Target, c.Task = "progression", "regression" }, 442, 10, 0},
		{"letter/letter.csv.gz", func(c *data.CSVConfig) { c.Target = "lettr" }, 20000, 16, 26},
		{"breast-cancer/breast-cancer.csv", func(c *data.CSVConfig) { c.Target = "diagnosis" }, 569, 30, 2},
		{"concrete/concrete.csv", func(c *data.CSVConfig) { c.Target = "compressive_strength" }, 1030, 8, 0},
		{"credit/credit.csv", func(c *data.CSVConfig) { c.Target, c.MissingIndicators = "status", true }, 4454, 0, 2},
		{"digits/digits.csv.gz", func(c *data.CSVConfig) { c.Target, c.Header, c.Task = "65", false, "classification" }, 1797, 64, 10},
	}
	for _, tt := range tests {
		t.Run(filepath.Base(tt.file), func(t *testing.T) {
			c := csvConfig(tt.edit)
			c.Path, c.EvalFraction = shared(t, tt.file), 0.2
			s, err := data.NewCSV(c).Load(data.Context{Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Train.Len() + s.Eval.Len(); got != tt.rows {
				t.Errorf("rows: got %d, want %d", got, tt.rows)
			}
			if got := s.Train.InputSpecs()[0].Shape.Size(); got != tt.width && tt.width > 0 {
				t.Errorf("width: got %d, want %d", got, tt.width)
			}
			if got := s.Train.Target.Spec().Classes; got != tt.classes {
				t.Errorf("classes: got %d, want %d", got, tt.classes)
			}
			t.Logf("%v %v %+v", s.Train.InputSpecs(), s.Train.Target.Spec(), s.Files)
			if _, err := data.NewCSV(c).Read(data.Context{Fitted: s.Fitted}, c.Path); err != nil {
				t.Error(err)
			}
		})
	}
}
