package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// goldenFile is that of the format version that this package writes.
const goldenFile = "testdata/v1.0.strata"

// golden is what the file of each released version holds. A file must load for ever, so no line ever goes and no file
// ever changes; a later version of the format adds one of each.
var golden = map[string]func() *Snapshot{
	"testdata/v1.0.strata": sample,
}

func TestGolden(t *testing.T) {
	if _, err := os.Stat(goldenFile); *update && errors.Is(err, fs.ErrNotExist) {
		if err := Save(goldenFile, sample()); err != nil {
			t.Fatal(err)
		}
	}
	if want := fmt.Sprintf("testdata/v%d.%d.strata", major, minor); goldenFile != want {
		t.Errorf("the format has version %d.%d and no golden file: add %s to the table, and write it with -update", major, minor, want)
	}
	files, err := filepath.Glob("testdata/*.strata")
	if err != nil || !slices.Equal(files, slices.Sorted(maps.Keys(golden))) {
		t.Errorf("testdata has the files %q, error %v, and the table %q", files, err, slices.Sorted(maps.Keys(golden)))
	}
	for path, want := range golden {
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.Verify(); err != nil {
			t.Fatal(err)
		}
		got, err := f.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		bitEqual(t, got, want())
	}
	want, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(encodeSnap(t, sample()), want) {
		t.Error("the golden snapshot is written as other bytes than in the golden file")
	}
}

// The golden files have something of everything that a checkpoint can hold.
func TestGoldenIsComplete(t *testing.T) {
	s := sample()
	var roles, types []string
	for _, one := range s.Tensors {
		roles, types = append(roles, one.Role), append(types, string(one.DType))
	}
	for _, want := range []string{Param, Slot, Aux, Meter} {
		if !slices.Contains(roles, want) {
			t.Errorf("no tensor is a %s", want)
		}
	}
	for _, want := range []DType{Float32, Float64, Int32, Int64, Uint8} {
		if !slices.Contains(types, string(want)) {
			t.Errorf("no tensor holds %s", want)
		}
	}
	for _, part := range []any{s.Config, s.State, *s.State.Best, *s.State.EarlyStop} {
		v := reflect.ValueOf(part)
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("%T has no %s", part, v.Type().Field(i).Name)
			}
		}
	}
}

// pythonReader returns the reader that FORMAT.md shows, which is its only block of Python.
func pythonReader(t *testing.T) string {
	t.Helper()
	doc, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(doc), "```python\n")
	code, _, closed := strings.Cut(rest, "```\n")
	if !ok || !closed || strings.Contains(rest, "```python") {
		t.Fatal("FORMAT.md has not exactly one block of Python")
	}
	return code
}

// Another language reads what FORMAT.md says, with the program that FORMAT.md shows.
func TestPythonReads(t *testing.T) {
	python := pythonWithMsgpack(t)
	split(t, 16)
	parts := filepath.Join(t.TempDir(), "parts.strata")
	if err := Save(parts, sample()); err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, tensor := range sample().Tensors {
		writeTensorLine(&want, tensor)
	}
	const dump = `
config, state, tensors = read(sys.argv[1])
assert config["text"].startswith("model:") and config["data"][0]["path"] == "daten/größe.csv"
assert state["step"] == 1200 and state["seed"] == 2**64 - 1 and state["best"]["value"] == 0.1
for name, values in tensors.items():
    print(name, values.tobytes().hex())
`
	for _, path := range append(slices.Sorted(maps.Keys(golden)), parts) {
		out, err := exec.Command(python, "-c", pythonReader(t)+dump, path).CombinedOutput()
		if err != nil || string(out) != want.String() {
			t.Errorf("%s: error %v, output\n%s, want\n%s", path, err, out, want.String())
		}
	}
	bad := filepath.Join(t.TempDir(), "bad.strata")
	b := encodeSnap(t, sample())
	b[openBytes(t, b).tensors[0].parts[0].offset] ^= 1
	if err := os.WriteFile(bad, b, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, "-c", pythonReader(t)+dump, bad).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "fc1/w is damaged") {
		t.Errorf("damage: error %v, output\n%s", err, out)
	}
}

// pythonWithMsgpack returns a Python that has the module: the one that the shell finds, or that of the system, for which
// the distribution has a package.
func pythonWithMsgpack(t *testing.T) string {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import msgpack").Run() == nil {
			return python
		}
	}
	t.Skip("needs python3 with the module msgpack: package python3-msgpack of Debian")
	return ""
}

func writeTensorLine(b *strings.Builder, tensor Tensor) {
	fmt.Fprintf(b, "%s %x\n", tensor.Name, tensor.Data)
}
