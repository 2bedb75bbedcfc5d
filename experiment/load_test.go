package experiment_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strata-ml/strata/experiment"
)

func ExampleParse() {
	text := `data: digits
model:
  - {name: fc1, type: dense, unit: 32}
  - {name: out, type: dense, units: 10, from: fc2}
loss: softmax_cross_entropy
optimizer: adam
`
	_, err := experiment.Parse("digits.yaml", []byte(text), experiment.Options{})
	fmt.Println(err)
	// Output:
	// digits.yaml:3:30: model: node "fc1": dense: unknown key "unit"
	//     3 |   - {name: fc1, type: dense, unit: 32}
	//       |                              ^
	//       did you mean "units"?
	// digits.yaml:4:47: model: node "out": from names "fc2", which is neither a node nor an input
	//     4 |   - {name: out, type: dense, units: 10, from: fc2}
	//       |                                               ^
	//       did you mean "fc1"?
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "my flowers.yaml")
	rows := read(t, "testdata/data/flowers.csv")
	for path, text := range map[string][]byte{file: []byte(small), filepath.Join(dir, "flowers.csv"): rows} {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	e, err := experiment.Load(file, experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if e.Dir != dir || e.Splits.Train.Len() != 9 || e.Splits.Eval.Len() != 3 {
		t.Errorf("dir %s, %d and %d rows", e.Dir, e.Splits.Train.Len(), e.Splits.Eval.Len())
	}
	if e.Config.Name != "experiment" {
		t.Errorf("the name is %q, and the file's has a blank", e.Config.Name)
	}
	if e, err = experiment.Load(file, experiment.Options{SkipData: true}); err != nil || e.Splits != nil {
		t.Errorf("without data: %v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(large, make([]byte, 3<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		filepath.Join(dir, "none.yaml"): "none.yaml: no such file or directory",
		dir:                             "is a directory",
		large:                           "large.yaml:1:1: the file holds more than 1048576 bytes",
	} {
		_, err := experiment.Load(file, experiment.Options{})
		if _, ok := errors.AsType[*experiment.Diagnostics](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
}

// TestDiagnosticLine checks how a line is shown: with the caret under the right character, cut where it is long, and
// without what a terminal would obey.
func TestDiagnosticLine(t *testing.T) {
	long := strings.Repeat("é", 150) + "HERE" + strings.Repeat("x", 150)
	tests := []struct {
		name, source  string
		column        int
		caret, absent string
	}{
		{"short", "  key: value", 8, "value", ""},
		{"tab", "\tkey: value", 7, "value", ""},
		{"long", long, 151, "HERE", ""},
		{"escape sequence", "key: \x1b[31mred", 6, "", "\x1b"},
		{"past the end", "key:", 5, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := experiment.Diagnostic{File: "a.yaml", Line: 1, Column: test.column, Message: "wrong", Source: test.source}
			lines := strings.Split(d.String(), "\n")
			caret := []rune(lines[2])
			at := len(caret) - 1
			if caret[at] != '^' {
				t.Fatalf("no caret in %q", d.String())
			}
			shown := []rune(lines[1])
			if len(shown) > 140 {
				t.Errorf("%d characters are shown", len(shown))
			}
			if test.caret != "" && !strings.HasPrefix(string(shown[at:]), test.caret) {
				t.Errorf("the caret is under %q, want %q", string(shown[at:]), test.caret)
			}
			if test.absent != "" && strings.Contains(d.String(), test.absent) {
				t.Errorf("it shows %q", test.absent)
			}
		})
	}
}

// TestManyDiagnostics checks that a list is told in full and printed in part.
func TestManyDiagnostics(t *testing.T) {
	_, err := experiment.Parse("a.yaml", []byte(manyKeys(200)), experiment.Options{})
	d, ok := errors.AsType[*experiment.Diagnostics](err)
	if !ok || len(d.List) != 204 {
		t.Fatalf("there are %d diagnostics", len(d.List))
	}
	if !strings.HasSuffix(err.Error(), "\nand 154 more") {
		t.Errorf("the message ends with %q", err.Error()[len(err.Error())-20:])
	}
}

func TestAvailableMemory(t *testing.T) {
	if n := experiment.AvailableMemory(); n < 1<<20 {
		t.Errorf("there are %d bytes", n)
	}
	for text, want := range map[string]uint64{
		"MemTotal:  16 kB\nMemAvailable:    8 kB\n": 8 << 10,
		"MemTotal: 16 kB\n":                         16 << 30,
		"MemAvailable: many kB\n":                   16 << 30,
		"":                                          16 << 30,
	} {
		if got := experiment.MemAvailable(strings.NewReader(text)); got != want {
			t.Errorf("%q holds %d, want %d", text, got, want)
		}
	}
}
