package data_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/strata-ml/strata/data"
)

// write puts a file into a directory of the test and returns the directory.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func packed(t testing.TB, content []byte) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// loadCSV loads t.csv with the given content.
func loadCSV(t testing.TB, content string, edit func(*data.CSVConfig)) (*data.Splits, error) {
	t.Helper()
	c := csvConfig(func(c *data.CSVConfig) { c.Path, c.Target = "t.csv", "y" })
	if edit != nil {
		edit(&c)
	}
	return data.NewCSV(c).Load(data.Context{Dir: write(t, map[string]string{"t.csv": content})})
}

func TestCSVErrors(t *testing.T) {
	weighted := func(c *data.CSVConfig) { c.Weight = "w" }
	headerless := func(c *data.CSVConfig) { c.Header, c.Target = false, "2" }
	tests := []struct {
		name, content string
		edit          func(*data.CSVConfig)
		want          string
	}{
		{"empty", "", nil, "t.csv: the file is empty"},
		{"blank lines alone", "\n\n", nil, "t.csv: the file is empty"},
		{"header alone", "x,y\n", nil, "t.csv: the file has a header and no rows"},
		{"short row", "x,y\n1,a\n2\n", nil, "t.csv:3: the first row has 2 cells, this one 1"},
		{"long row", "x,y\n1,a\n\n2,b,c\n", nil, "t.csv:4: the first row has 2 cells, this one 3"},
		{"text among numbers", "x,y\n1,a\n2,b\n  abc,b\n", nil, `t.csv:4:1: column "x": "abc" is not a number; list the cell under missing if it stands for no value, or the column under categorical if it holds names`},
		{"number among texts", "x,y\nred,a\n7,b\n", nil, `t.csv:3:1: column "x": "7" is a number, but line 2 has a text; list the cell under missing if it stands for no value, or the column under categorical if it holds names`},
		{"infinity", "x,y\n1,a\n-Inf,b\n", nil, `t.csv:3:1: column "x": "-Inf" is not a finite number; list the cell`},
		{"not a number", "x,y\n1,a\nNAN,b\n", nil, `t.csv:3:1: column "x": "NAN" is not a finite number; list the cell`},
		{"hexadecimal", "x,y\n1,a\n0x1F,b\n", nil, `t.csv:3:1: column "x": "0x1F" is not a number`},
		{"digit separators", "x,y\n1,a\n1_000,b\n", nil, `t.csv:3:1: column "x": "1_000" is not a number`},
		{"too large", "x,y\n1,a\n1e999,b\n", nil, `t.csv:3:1: column "x": "1e999" is not a number that float32 can hold`},
		{"too large for float32", "x,y\n1,a\n1e39,b\n", nil, `t.csv:3:1: column "x": "1e39" is not a number that float32 can hold`},
		{"open quote", "x,y\n1,\"a\n2,b\n", nil, `t.csv:3:5: extraneous or missing " in quoted-field; the record begins on line 2`},
		{"quote inside", "x,y\n1,a\"b\n", nil, `t.csv:2:4: bare " in non-quoted-field`},
		{"nameless column", "x,,y\n1,2,a\n", nil, "t.csv:1:3: column 2 has no name; a file without a header needs header: false"},
		{"repeated column", "x,y,x\n1,a,2\n", nil, `t.csv:1:5: two columns are named "x"`},
		{"header in Latin-1", "x,y\xe9\n1,a\n", nil, "t.csv:1:3: the name of column 2 is not UTF-8; save the file as UTF-8"},
		{"Latin-1", "x,y\n1,caf\xe9\n", nil, `t.csv:2:3: column "y": "caf\xe9" is not UTF-8; save the file as UTF-8`},
		{"UTF-16", "\xff\xfex\x00,\x00y\x00", nil, "t.csv: the text is UTF-16; save the file as UTF-8"},
		{"packed", "\x1f\x8b\x08\x00", nil, "t.csv: the file is packed; give it a name that ends in .gz"},
		{"unknown target", "x,label\n1,a\n", func(c *data.CSVConfig) { c.Target = "labels" }, `t.csv: target "labels" is no column of the file; did you mean "label"?`},
		{"unknown feature", "x,y\n1,a\n", func(c *data.CSVConfig) { c.Features = []string{"z"} }, `t.csv: features "z" is no column of the file; known: x, y`},
		{"unknown exclusion", "x,y\n1,a\n", func(c *data.CSVConfig) { c.Exclude = []string{"width"} }, `t.csv: exclude "width" is no column of the file; known: x, y`},
		{"unknown categorical", "x,y\n1,a\n", func(c *data.CSVConfig) { c.Categorical = []string{"width"} }, `t.csv: categorical "width" is no column of the file; known: x, y`},
		{"feature twice", "x,y\n1,a\n", func(c *data.CSVConfig) { c.Features = []string{"x", "x"} }, `t.csv: features lists "x" twice`},
		{"no feature", "x,y\n1,a\n", func(c *data.CSVConfig) { c.Exclude = []string{"x"} }, "t.csv: no column is left to predict from"},
		{"missing target", "x,y\n1,a\n2,\n", nil, `t.csv:3:3: column "y": the row has no target; remove it`},
		{"missing number target", "x,y\n1,1.5\n2,NA\n", nil, `t.csv:3:3: column "y": the row has no target; remove it`},
		{"no target at all", "x,y\n1,\n2,\n", func(c *data.CSVConfig) { c.Task = "regression" }, `t.csv:2:3: column "y": the row has no target; remove it`},
		{"one class", "x,y\n1,a\n2,a\n", nil, `t.csv: target "y" has 1 class; a classification needs two or more`},
		{"open task", "x,y\n1,0\n2,1\n3,0\n", nil, `t.csv: task is needed, because the target "y" holds whole numbers, 2 different ones; say classification or regression`},
		{"text in a number target", "x,y\n1,0.5\n2,low\n", nil, `t.csv:3:3: column "y": "low" is not a number; say task: classification if it is a class, or list the cell under missing and see which rows lack a target`},
		{"text in a regression", "x,y\n1,low\n", func(c *data.CSVConfig) { c.Task = "regression" }, `t.csv:2:3: column "y": "low" is not a number`},
		{"standardized class", "x,y\n1,a\n2,b\n", func(c *data.CSVConfig) { c.StandardizeTarget = true }, `t.csv: standardize_target needs numbers, and the target "y" is a class`},
		{"missing weight", "x,w,y\n1,2,a\n2,,b\n", weighted, `t.csv:3:3: column "w": the row has no weight; remove it`},
		{"no weight at all", "x,w,y\n1,,a\n2,,b\n", weighted, `t.csv:2:3: column "w": the row has no weight; remove it`},
		{"negative weight", "x,w,y\n1,2,a\n2,-0.5,b\n", weighted, `t.csv:3:3: column "w": a weight must not be negative, is -0.5`},
		{"text for a weight", "x,w,y\n1,2,a\n2,much,b\n", weighted, `t.csv:3:3: column "w": "much" is not a number; a weight is a number; correct the cell`},
		{"unknown weight", "x,v,y\n1,2,a\n", weighted, `t.csv: weight "w" is no column of the file; known: x, v, y`},
		{"column without values", "x,z,y\n,1,a\nNA,2,b\n", nil, `t.csv: column "x" has no value in the training rows; list it under exclude`},
		{"categorical without values", "x,z,y\n,1,a\nNA,2,b\n", func(c *data.CSVConfig) { c.Categorical = []string{"x"} }, `t.csv: column "x" has no value in the training rows; list it under exclude`},
		{"scaled too far", "x,y\n1,a\n1e30,b\n", func(c *data.CSVConfig) { c.Standardize, c.Scale = false, 1e20 }, `t.csv: column "x", row 2: 1e+30 becomes 1e+50, which float32 cannot hold`},
		{"too few rows to split", "x,y\n1,a\n2,b\n", func(c *data.CSVConfig) { c.EvalFraction = 0.1 }, "t.csv: eval_fraction 0.1 of 2 rows leaves 2 for training and 0 for evaluation"},
		{"no header", "1,a\n2,b\n3\n", headerless, "t.csv:3: the first row has 2 cells, this one 1"},
		{"column beyond", "1,a\n", func(c *data.CSVConfig) { c.Header, c.Target = false, "3" }, `t.csv: target "3" is no column of the file; known: 1, 2`},
		{"blank row of one column", "x\n1\n\n2\n", func(c *data.CSVConfig) { c.Target = "x" }, "t.csv: no column is left to predict from"},
		{"missing file", "", func(c *data.CSVConfig) { c.Path = "u.csv" }, "open u.csv: no such file or directory"},
		{"directory", "", func(c *data.CSVConfig) { c.Path = "." }, "read .: is a directory"},
		{"bad gzip", "", func(c *data.CSVConfig) { c.Path = "missing.csv.gz" }, "open missing.csv.gz: no such file or directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := loadCSV(t, tt.content, tt.edit)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestCSVValidate(t *testing.T) {
	tests := []struct {
		edit func(*data.CSVConfig)
		want string
	}{
		{func(c *data.CSVConfig) { c.Delimiter = "" }, `delimiter must be one ASCII character, such as ";" or "\t", is ""`},
		{func(c *data.CSVConfig) { c.Delimiter = "||" }, `delimiter must be one ASCII character`},
		{func(c *data.CSVConfig) { c.Delimiter = "\n" }, `delimiter must be one ASCII character`},
		{func(c *data.CSVConfig) { c.Delimiter = `"` }, `delimiter must be one ASCII character`},
		{func(c *data.CSVConfig) { c.EvalPath, c.EvalFraction = "e.csv", 0.2 }, "eval_fraction is of no use beside eval_path; keep one of them"},
		{func(c *data.CSVConfig) { c.Missing = nil }, `missing must name at least one cell; write [""] for empty cells alone`},
		{func(c *data.CSVConfig) { c.Scale = 0.5 }, "scale is of no use to standardized features; add standardize: false"},
		{func(c *data.CSVConfig) { c.Task, c.StandardizeTarget = "classification", true }, "standardize_target needs task: regression"},
		{func(c *data.CSVConfig) { c.Features = []string{"x", "y"} }, `features must not list the target "y"`},
		{func(c *data.CSVConfig) { c.Features, c.Weight = []string{"x"}, "x" }, `features must not list the weight "x"`},
		{func(c *data.CSVConfig) { c.Weight = "y" }, `weight must not be the target "y"`},
	}
	for _, tt := range tests {
		if _, err := loadCSV(t, "x,y\n1,a\n2,b\n", tt.edit); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
	}
}

// allocated returns the bytes that f allocates, garbage included: more than it ever holds.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestCSVBombs(t *testing.T) {
	const MiB = 1 << 20
	manyColumns := strings.Repeat("x,", 1<<15-1) + "y\n"
	tests := []struct {
		name, content string
		packed        bool
		limit         uint64
		want          string
	}{
		{"open quote", "x,y\n1,a\n2,\"" + strings.Repeat("b\n", 32*MiB), false, 16 * MiB, "b.csv:3:3: the record is larger than 1 MiB; the quote that opens here is not closed in time: close it"},
		{"open quote without a line end", "x,y\n1,a\n2,\"" + strings.Repeat("b", 20*MiB), false, 16 * MiB, "b.csv:3:3: the record is larger than 1 MiB; the quote that opens here is not closed in time: close it"},
		{"open quote with doubled ones", "x,y\n\"\",\"it's \"\"" + strings.Repeat("b\"\"\n", 5*MiB), false, 16 * MiB, "b.csv:2:4: the record is larger than 1 MiB; the quote that opens here"},
		{"one long line", strings.Repeat("x", 20*MiB), false, 16 * MiB, "b.csv:1:1: the record is larger than 1 MiB"},
		{"delimiters alone", strings.Repeat(",", MiB), false, 16 * MiB, "b.csv:1:1: the record has more than 32768 cells"},
		{"delimiters in a row", "x,y\n" + strings.Repeat(",", MiB), false, 16 * MiB, "b.csv:2:1: the record has more than 32768 cells"},
		{"columns", manyColumns + strings.Repeat("a,", 1<<15-1) + "b\n", false, 16 * MiB, `b.csv:1:3: two columns are named "x"`},
		{"packed zeros", strings.Repeat("\n", 20*MiB), true, 16 * MiB, "b.csv.gz: unpacks to more than 200 times its size; unpack the file if that is right"},
		{"packed line", strings.Repeat("0", 20*MiB), true, 16 * MiB, "b.csv.gz:1:1: the record is larger than 1 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := "b.csv"
			if tt.packed {
				name, tt.content = "b.csv.gz", packed(t, []byte(tt.content))
			}
			dir := write(t, map[string]string{name: tt.content})
			source := data.NewCSV(csvConfig(func(c *data.CSVConfig) { c.Path, c.Target = name, "y" }))
			var err error
			if got := allocated(func() { _, err = source.Load(data.Context{Dir: dir}) }); got > tt.limit {
				t.Errorf("allocated %.1f MiB, want at most %d", float64(got)/MiB, tt.limit/MiB)
			}
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestCSVPackedDamage(t *testing.T) {
	whole := packed(t, []byte("x,y\n1,a\n2,b\n"))
	for name, tt := range map[string]struct{ content, want string }{
		"cut short": {whole[:len(whole)-3], "p.csv.gz: the file is cut short: unexpected EOF"},
		"flipped":   {whole[:len(whole)-8] + "\x00\x00\x00\x00" + whole[len(whole)-4:], "p.csv.gz: gzip: invalid checksum"},
		"not gzip":  {"x,y\n1,a\n2,b\n", "p.csv.gz: gzip: invalid header"},
		"trailing":  {whole + "rubbish, rubbish", "p.csv.gz: gzip: invalid header"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, map[string]string{"p.csv.gz": tt.content})
			_, err := data.NewCSV(csvConfig(func(c *data.CSVConfig) { c.Path, c.Target = "p.csv.gz", "y" })).Load(data.Context{Dir: dir})
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
