package checkpoint

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// goldenFile was written by format version 1.0. It must load for ever; a later version adds a file of its own.
const goldenFile = "testdata/v1.0.strata"

func TestGolden(t *testing.T) {
	if *update {
		if err := Save(goldenFile, sample()); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Open(goldenFile)
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
	bitEqual(t, got, sample())
	want, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(encodeSnap(t, sample()), want) {
		t.Error("the golden snapshot is written as other bytes than in the golden file")
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
	if err := exec.Command("python3", "-c", "import msgpack").Run(); err != nil {
		t.Skip("needs python3 with the module msgpack: package python3-msgpack of Debian")
	}
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
	for _, path := range []string{goldenFile, parts} {
		out, err := exec.Command("python3", "-c", pythonReader(t)+dump, path).CombinedOutput()
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
	out, err := exec.Command("python3", "-c", pythonReader(t)+dump, bad).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "fc1/w is damaged") {
		t.Errorf("damage: error %v, output\n%s", err, out)
	}
}

func writeTensorLine(b *strings.Builder, tensor Tensor) {
	fmt.Fprintf(b, "%s %x\n", tensor.Name, tensor.Data)
}
