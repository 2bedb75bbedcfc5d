package data_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/data"
)

// TestCSVReadWarnsOfUnknownCategories reads categories that the training rows lack: they set no element, and are told.
func TestCSVReadWarnsOfUnknownCategories(t *testing.T) {
	source := data.NewCSV(csvConfig(func(c *data.CSVConfig) { c.Path, c.Target, c.Task = "train.csv", "y", "regression" }))
	dir := write(t, map[string]string{
		"train.csv": "x,y\nred,10\nblue,30\n", "known.csv": "x\nblue\n?\n", "other.csv": "x\nred\npink\ngrey\n?\npink\n",
	})
	s, err := source.Load(data.Context{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		inputs   []float64
		warnings []string
	}{
		"known.csv": {[]float64{1, 0, 0, 0}, nil},
		"other.csv": {[]float64{0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, []string{
			`other.csv: column "x": 3 of 5 rows have a category that the training rows lack, such as "pink"; they are read as none of those known`,
		}},
	} {
		set, err := source.Read(data.Context{Dir: dir, Fitted: s.Fitted}, name)
		if err != nil {
			t.Fatal(err)
		}
		if got := all[float64](set).Inputs[0].Floats; !slices.Equal(got, want.inputs) || !slices.Equal(set.Warnings, want.warnings) {
			t.Errorf("%s: got %v, warnings %q", name, got, set.Warnings)
		}
	}
}

// TestCSVReadWithoutTarget reads rows to predict, whose target may be blank, unknown or no number.
func TestCSVReadWithoutTarget(t *testing.T) {
	for task, train := range map[string]string{"regression": "x,y\n1,10\n3,30\n", "classification": "x,y\n1,a\n3,b\n"} {
		source := data.NewCSV(csvConfig(func(c *data.CSVConfig) { c.Path, c.Target, c.Task = "train.csv", "y", task }))
		dir := write(t, map[string]string{
			"train.csv": train, "half.csv": "x,y\n5,10\n1,\n", "unknown.csv": "x,y\n5,zebra\n1,?\n", "none.csv": "x\n5\n1\n",
		})
		s, err := source.Load(data.Context{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"half.csv", "unknown.csv", "none.csv"} {
			set, err := source.Read(data.Context{Dir: dir, Fitted: s.Fitted, NoTarget: true}, name)
			if err != nil {
				t.Errorf("%s: %v", task, err)
				continue
			}
			if got := all[float64](set).Inputs[0].Floats; set.Target != nil || !slices.Equal(got, []float64{3, -1}) {
				t.Errorf("%s: %s: got %v, target %v", task, name, got, set.Target)
			}
		}
		for _, name := range []string{"half.csv", "unknown.csv"} {
			if _, err := source.Read(data.Context{Dir: dir, Fitted: s.Fitted}, name); err == nil {
				t.Errorf("%s: %s is taken to score against", task, name)
			}
		}
	}
}

func TestCSVRead(t *testing.T) {
	source := data.NewCSV(csvConfig(func(c *data.CSVConfig) {
		c.Path, c.Target, c.Task, c.StandardizeTarget = "train.csv", "y", "regression", true
	}))
	dir := write(t, map[string]string{
		"train.csv": "x,y\n1,10\n3,30\n", "rows.csv": "x\n5\n1\n", "scored.csv": "x,y\n5,40\n", "empty.csv": "x,y\n5,\n", "gap.csv": "x\n\n5\n\n1\n\n",
	})
	s, err := source.Load(data.Context{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	fitted := data.Context{Dir: dir, Fitted: s.Fitted}
	for name, want := range map[string]struct{ inputs, targets []float64 }{
		"rows.csv": {[]float64{3, -1}, nil}, "scored.csv": {[]float64{3}, []float64{2}}, "empty.csv": {[]float64{3}, nil},
	} {
		set, err := source.Read(fitted, name)
		if err != nil {
			t.Fatal(err)
		}
		b := all[float64](set)
		if !slices.Equal(b.Inputs[0].Floats, want.inputs) || !slices.Equal(b.Target.Floats, want.targets) || (set.Target == nil) != (want.targets == nil) {
			t.Errorf("%s: got %v → %v, want %v", name, b.Inputs[0].Floats, b.Target.Floats, want)
		}
	}
	if _, err := source.Read(fitted, "gap.csv"); err == nil || err.Error() != `gap.csv:2: the line is blank; in a file of one column, write "" for a missing cell` {
		t.Errorf("blank rows of one column: got %v", err)
	}
	if _, err := source.Read(data.Context{Dir: dir}, "rows.csv"); err == nil || err.Error() != "csv: reading more rows needs what the training run fitted" {
		t.Errorf("without a fitted state: got %v", err)
	}
	shift, scale, err := source.(data.Units).TargetUnits(s.Fitted)
	if shift != 20 || scale != 10 || err != nil {
		t.Errorf("units: got %v + %v·p, %v; want 20 + 10·p", shift, scale, err)
	}
	if _, _, err := source.(data.Units).TargetUnits([]byte("{}")); err == nil {
		t.Error("units of a broken fitted state: got no error")
	}
	classes, err := loadCSV(t, "x,y\n1,a\n2,b\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	plain := data.NewCSV(csvConfig(func(c *data.CSVConfig) { c.Target = "y" })).(data.Units)
	if shift, scale, err := plain.TargetUnits(classes.Fitted); shift != 0 || scale != 1 || err != nil {
		t.Errorf("units of classes: got %v + %v·p, %v; want 0 + 1·p", shift, scale, err)
	}
}

func TestCSVFittedErrors(t *testing.T) {
	source := data.NewCSV(csvConfig(func(c *data.CSVConfig) { c.Path, c.Target = "t.csv", "y" }))
	dir := write(t, map[string]string{"t.csv": "x,y\n1,a\n2,b\n"})
	s, err := source.Load(data.Context{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	whole := string(s.Fitted)
	for _, tt := range []struct{ old, new, want string }{
		{"", "{", "unexpected EOF"},
		{whole, "null", `is version 0 of source ""`},
		{`"version":1`, `"version":2`, `is version 2 of source "csv", not version 1 of csv`},
		{`"source":"csv"`, `"source":"idx"`, `is version 1 of source "idx"`},
		{`{"version"`, `{"extra":1,"version"`, `json: unknown field "extra"`},
		{`]}}`, `]}}{}`, "more follows the value"},
		{`"scale":0.5`, `"scale":0`, `column "x" has scale 0`},
		{`"scale":0.5`, `"scale":-1`, `column "x" has scale -1`},
		{`"name":"x"`, `"name":"y"`, `column name "y" is empty or repeated`},
		{`"name":"x"`, `"name":""`, `column name "" is empty or repeated`},
		{`"classes":["a","b"]`, `"classes":["a","a"]`, `column "y" repeats the category "a"`},
		{`"classes":["a","b"]`, `"classes":["a"]`, `target "y" has 1 classes`},
		{`"classes":["a","b"]`, `"classes":[]`, `column "y" must have either number or categories`},
		{`"number":`, `"categories":["q"],"number":`, `column "x" must have either number or categories`},
		{`"name":"y"`, `"name":"z"`, `csv: the target is "y", but the run was fitted to "z"`},
	} {
		changed := strings.Replace(whole, tt.old, tt.new, 1)
		if tt.old == "" {
			changed = tt.new
		}
		if changed == whole {
			t.Fatalf("%s has no %s", whole, tt.old)
		}
		for name, read := range map[string]func(data.Context) error{
			"Load": func(c data.Context) error { _, err := source.Load(c); return err },
			"Read": func(c data.Context) error { _, err := source.Read(c, "t.csv"); return err },
		} {
			if err := read(data.Context{Dir: dir, Fitted: []byte(changed)}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s with %s: got %v, want %s", name, tt.new, err, tt.want)
			}
		}
	}
}
