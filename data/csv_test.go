package data_test

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
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

// example returns a file of the data sets in the repository.
func example(name string) string {
	return filepath.Join("..", "examples", "data", filepath.FromSlash(name))
}

func csvConfig(edit func(*data.CSVConfig)) data.CSVConfig {
	c := registry.Defaults[data.CSVConfig]()
	edit(&c)
	return c
}

// all returns every row of a set.
func all[T tensor.Float](s *data.Set) *tensor.Batch[T] {
	rows := make([]int, s.Len())
	for i := range rows {
		rows[i] = i
	}
	b := data.NewBatch[T](s, len(rows))
	data.Gather(s, rows, b)
	return b
}

func TestCSVDataSets(t *testing.T) {
	inRepository := func(name string) func(testing.TB) string {
		return func(testing.TB) string { return example(name) }
	}
	beside := func(name string) func(testing.TB) string {
		return func(t testing.TB) string { return shared(t, name) }
	}
	target := func(name, task string) func(*data.CSVConfig) {
		return func(c *data.CSVConfig) { c.Target, c.Task = name, task }
	}
	tests := []struct {
		name                 string
		path                 func(testing.TB) string
		edit                 func(*data.CSVConfig)
		rows, width, classes int
	}{
		{"iris", inRepository("iris/iris.csv"), target("species", "auto"), 150, 4, 3},
		// island has 3 values; sex has 2, and missing cells.
		{"penguins", inRepository("penguins/penguins.csv"), target("species", "auto"), 344, 3 + 4 + 3, 3},
		{"diabetes", inRepository("diabetes/diabetes.csv"), target("progression", "regression"), 442, 10, 0},
		{"letter", beside("letter/letter.csv.gz"), target("lettr", "auto"), 20000, 16, 26},
		{"breast-cancer", beside("breast-cancer/breast-cancer.csv"), target("diagnosis", "auto"), 569, 30, 2},
		{"concrete", beside("concrete/concrete.csv"), target("compressive_strength", "auto"), 1030, 8, 0},
		// 9 numbers, 3 of them with missing cells; home, marital, records and job have 6, 5, 2 and 4 values, and
		// all but records miss some.
		{"credit", beside("credit/credit.csv"), func(c *data.CSVConfig) { c.Target, c.MissingIndicators = "status", true }, 4454, 9 + 3 + 7 + 6 + 2 + 5, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := csvConfig(tt.edit)
			c.Path, c.EvalFraction = tt.path(t), 0.2
			s, err := data.NewCSV(c).Load(data.Context{Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			if got, want := s.Eval.Len(), int(math.Round(0.2*float64(tt.rows))); got != want || s.Train.Len() != tt.rows-want {
				t.Errorf("got %d training and %d evaluation rows of %d", s.Train.Len(), got, tt.rows)
			}
			in, target := s.Train.InputSpecs()[0], s.Train.Target.Spec()
			if in.Name != "features" || !in.Shape.Equal(tensor.Shape{tt.width}) || in.IsIndex() {
				t.Errorf("got input %+v, want width %d", in, tt.width)
			}
			if target.Name != c.Target || target.Classes != tt.classes || len(target.Labels) != tt.classes {
				t.Errorf("got target %+v, want %d classes", target, tt.classes)
			}
			if file := s.Files[0]; len(s.Files) != 1 || file.Rows != int64(tt.rows) || file.Path != c.Path {
				t.Errorf("got files %+v", s.Files)
			}
			if !slices.ContainsFunc(all[float64](s.Eval).Inputs[0].Floats, func(v float64) bool { return v != 0 }) {
				t.Error("the evaluation rows are zero")
			}
			checkStandardized(t, s.Train)
		})
	}
}

// checkStandardized asserts that each element with anything but 0 and 1 has mean 0 and variance 1.
func checkStandardized(t *testing.T, s *data.Set) {
	t.Helper()
	width, values := s.InputSpecs()[0].Shape.Size(), all[float64](s).Inputs[0].Floats
	for j := range width {
		n, sum, squares, oneHot := float64(s.Len()), 0.0, 0.0, true
		for i := j; i < len(values); i += width {
			v := values[i]
			sum, squares, oneHot = sum+v, squares+v*v, oneHot && (v == 0 || v == 1)
		}
		// Missing cells are at the mean, which takes from the variance.
		if !oneHot && (math.Abs(sum/n) > 1e-9 || squares/n > 1+1e-9 || squares/n < 0.8) {
			t.Errorf("element %d has mean %v and mean square %v", j, sum/n, squares/n)
		}
	}
}

func TestCSVValues(t *testing.T) {
	regression := func(c *data.CSVConfig) { c.Task = "regression" }
	plain := func(c *data.CSVConfig) { c.Task, c.Standardize = "regression", false }
	tests := []struct {
		name, content string
		edit          func(*data.CSVConfig)
		inputs        []float64
		targets       []float64 // classes as numbers
	}{
		{"standardized", "x,y\n1,5\n3,6\n", regression, []float64{-1, 1}, []float64{5, 6}},
		{"missing becomes the mean", "x,y\n1,5\nNA,6\n3,7\n", regression, []float64{-1, 0, 1}, []float64{5, 6, 7}},
		{"missing first", "x,y\n,5\n?,6\n3,7\n1,7\n", regression, []float64{0, 0, 1, -1}, []float64{5, 6, 7, 7}},
		{"missing, not standardized", "x,y\n1,5\nNA,6\n3,7\n", plain, []float64{1, 2, 3}, []float64{5, 6, 7}},
		{
			"indicator", "x,z,y\n1,8,5\nnan,8,6\n3,8,7\n",
			func(c *data.CSVConfig) { c.Task, c.Standardize, c.MissingIndicators = "regression", false, true },
			[]float64{1, 0, 8, 2, 1, 8, 3, 0, 8},
			[]float64{5, 6, 7},
		},
		{"scaled", "x,y\n8,5\n16,6\n", func(c *data.CSVConfig) { c.Task, c.Standardize, c.Scale = "regression", false, 0.0625 }, []float64{0.5, 1}, []float64{5, 6}},
		{"constant column is centred", "x,y\n0.1,5\n0.1,6\n0.1,7\n", regression, []float64{0, 0, 0}, []float64{5, 6, 7}},
		{"deviation below the smallest number", "x,y\n0,5\n1e-300,6\n", regression, []float64{-5e-301, 5e-301}, []float64{5, 6}},
		{"categories in order", "x,y\nred,5\nblue,6\n", regression, []float64{0, 1, 1, 0}, []float64{5, 6}},
		{"missing category comes last", "x,y\nred,5\n,6\nblue,6\n", regression, []float64{0, 1, 0, 0, 0, 1, 1, 0, 0}, []float64{5, 6, 6}},
		{"numbers as names", "x,y\n10,5\n9,6\n", func(c *data.CSVConfig) { c.Task, c.Categorical = "regression", []string{"x"} }, []float64{0, 1, 1, 0}, []float64{5, 6}},
		{"mixed names", "x,y\nb,5\n10,6\n9,7\n", func(c *data.CSVConfig) { c.Task, c.Categorical = "regression", []string{"x"} }, []float64{0, 0, 1, 0, 1, 0, 1, 0, 0}, []float64{5, 6, 7}},
		{"whole numbers as classes", "x,y\n1,10\n3,9\n", func(c *data.CSVConfig) { c.Task = "classification" }, []float64{-1, 1}, []float64{1, 0}},
		{"texts as classes", "x,y\n1,no\n3,yes\n", nil, []float64{-1, 1}, []float64{0, 1}},
		{"fractions as numbers", "x,y\n1,0.5\n3,2\n", nil, []float64{-1, 1}, []float64{0.5, 2}},
		{"standardized target", "x,y\n1,10\n3,20\n", func(c *data.CSVConfig) { c.Task, c.StandardizeTarget = "regression", true }, []float64{-1, 1}, []float64{-1, 1}},
		{"features in the order of the list", "x,w,z,y\n1,2,3,4\n", func(c *data.CSVConfig) { plain(c); c.Features = []string{"z", "x"} }, []float64{3, 1}, []float64{4}},
		{"excluded", "x,name,y\n1,ann,4\n", func(c *data.CSVConfig) { plain(c); c.Exclude = []string{"name"} }, []float64{1}, []float64{4}},
		{"target between features", "x,y,z\n1,2,3\n", plain, []float64{1, 3}, []float64{2}},
		{"no header", "1,2\n3,4\n", func(c *data.CSVConfig) { plain(c); c.Header, c.Target = false, "2" }, []float64{1, 3}, []float64{2, 4}},
		{"semicolons", "x;y\n1;2\n", func(c *data.CSVConfig) { plain(c); c.Delimiter = ";" }, []float64{1}, []float64{2}},
		{"byte order mark, CRLF, blank lines, spaces", "\xef\xbb\xbf\"x\", y\r\n 1 ,2\r\n\r\n3,\t4\r\n\r\n", plain, []float64{1, 3}, []float64{2, 4}},
		{"quotes, lines and delimiters in cells", "x,y\n\"a, \"\"b\"\"\nc\",5\nd,6\n", regression, []float64{1, 0, 0, 1}, []float64{5, 6}},
		{"no line end", "x,y\n1,2", plain, []float64{1}, []float64{2}},
		{"own missing cells", "x,y\n1,5\n-999,6\n3,7\n", func(c *data.CSVConfig) { plain(c); c.Missing = []string{"-999"} }, []float64{1, 2, 3}, []float64{5, 6, 7}},
		{"NA as a category", "x,y\nNA,5\nUS,6\n", func(c *data.CSVConfig) { c.Task, c.Missing = "regression", []string{""} }, []float64{1, 0, 0, 1}, []float64{5, 6}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := loadCSV(t, tt.content, tt.edit)
			if err != nil {
				t.Fatal(err)
			}
			b := all[float64](s.Train)
			targets := b.Target.Floats
			for _, class := range b.Target.Ints {
				targets = append(targets, float64(class))
			}
			if !slices.Equal(b.Inputs[0].Floats, tt.inputs) || !slices.Equal(targets, tt.targets) {
				t.Errorf("got  %v → %v\nwant %v → %v", b.Inputs[0].Floats, targets, tt.inputs, tt.targets)
			}
			for i, v := range all[float32](s.Train).Inputs[0].Floats {
				if v != float32(tt.inputs[i]) {
					t.Errorf("float32: element %d is %v, want %v", i, v, tt.inputs[i])
				}
			}
		})
	}
}

func TestCSVEvalFile(t *testing.T) {
	c := csvConfig(func(c *data.CSVConfig) { c.Path, c.EvalPath, c.Target = "train.csv", "eval.csv", "y" })
	load := func(eval string) (*data.Splits, error) {
		return data.NewCSV(c).Load(data.Context{Dir: write(t, map[string]string{
			"train.csv": "x,colour,y\n1,red,no\n3,blue,yes\n", "eval.csv": eval,
		})})
	}
	// Columns go by name; what the training rows lack sets no element.
	s, err := load("y,more,colour,x\nyes,9,red,5\nno,9,green,\nno,9,,1\n")
	if err != nil {
		t.Fatal(err)
	}
	b := all[float64](s.Eval)
	if want := []float64{3, 0, 1, 0, 0, 0, -1, 0, 0}; !slices.Equal(b.Inputs[0].Floats, want) {
		t.Errorf("got %v, want %v", b.Inputs[0].Floats, want)
	}
	if want := []int32{1, 0, 0}; !slices.Equal(b.Target.Ints, want) {
		t.Errorf("got classes %v, want %v", b.Target.Ints, want)
	}
	if len(s.Files) != 2 || s.Files[1].Path != "eval.csv" || s.Files[1].Rows != 3 {
		t.Errorf("got files %+v", s.Files)
	}
	for content, want := range map[string]string{
		"x,colour,y\n1,red,maybe\n":   `eval.csv:2:7: column "y": class "maybe" is not among those of the training file: no, yes`,
		"x,colour,y\ntall,red,no\n":   `eval.csv:2:1: column "x": "tall" is not a number; the column was numeric in the training rows; correct the cell, or leave it empty`,
		"x,colour\n1,red\n":           `eval.csv: the evaluation rows lack the target "y"`,
		"x,color,y\n1,red,no\n":       `eval.csv: column "colour" is no column of the file; did you mean "color"?`,
		"x,colour,y\n1,red,no\n1,,\n": `eval.csv:3:4: column "y": the row has no target; remove it`,
	} {
		if _, err := load(content); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestCSVSplitFitsTrainingRowsAlone(t *testing.T) {
	c := csvConfig(func(c *data.CSVConfig) { c.Path, c.Target, c.EvalFraction = example("iris/iris.csv"), "species", 0.4 })
	load := func(seed uint64) *data.Splits {
		s, err := data.NewCSV(c).Load(data.Context{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := load(1)
	checkStandardized(t, s.Train)
	if again := load(1); !reflect.DeepEqual(all[float32](again.Eval), all[float32](s.Eval)) || string(again.Fitted) != string(s.Fitted) {
		t.Error("the same seed gives another split")
	}
	if other := load(2); reflect.DeepEqual(all[float32](other.Eval), all[float32](s.Eval)) || string(other.Fitted) == string(s.Fitted) {
		t.Error("another seed gives the same split")
	}
}

func TestCSVFitted(t *testing.T) {
	c := csvConfig(func(c *data.CSVConfig) {
		c.Path, c.Target, c.EvalFraction = example("penguins/penguins.csv"), "species", 0.2
		c.MissingIndicators = true
	})
	source := data.NewCSV(c)
	first, err := source.Load(data.Context{Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	again, err := source.Load(data.Context{Seed: 4, Fitted: first.Fitted})
	if err != nil {
		t.Fatal(err)
	}
	if string(again.Fitted) != string(first.Fitted) {
		t.Errorf("got  %s\nwant %s", again.Fitted, first.Fitted)
	}
	if !reflect.DeepEqual(all[float64](again.Train), all[float64](first.Train)) {
		t.Error("applying what was fitted gives other rows")
	}
	// What was fitted is applied, not fitted again: other rows, the same means.
	other, err := source.Load(data.Context{Seed: 5, Fitted: first.Fitted})
	if err != nil {
		t.Fatal(err)
	}
	if string(other.Fitted) != string(first.Fitted) {
		t.Error("loading with a fitted state fitted again")
	}
}
