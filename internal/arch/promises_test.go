package arch

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPromisesHaveTests wants the tests, benchmarks and fuzz targets that docs/reliability.md names to exist, and each row
// of its tables to name one.
func TestPromisesHaveTests(t *testing.T) {
	page, err := os.ReadFile("../../docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	exists := testNames(t, "../..")
	named := regexp.MustCompile("`((?:Test|Benchmark|Fuzz)[A-Za-z0-9]+)`")
	rows := 0
	for line := range strings.Lines(string(page)) {
		names := named.FindAllStringSubmatch(line, -1)
		for _, n := range names {
			if !exists[n[1]] {
				t.Errorf("docs/reliability.md names %s, which is in no test file", n[1])
			}
		}
		switch {
		case !strings.HasPrefix(line, "|"), strings.HasPrefix(line, "|---"), strings.HasPrefix(line, "| promise "):
		case len(names) == 0 && !strings.Contains(line, "./mutate"):
			t.Errorf("no test in the row %s", line)
		default:
			rows++
		}
	}
	if rows == 0 {
		t.Error("docs/reliability.md has no rows")
	}
}

// testNames returns the names of the functions in the test files below a directory.
func testNames(t *testing.T, root string) map[string]bool {
	t.Helper()
	function := regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz)\w+)\(`)
	names := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range function.FindAllSubmatch(text, -1) {
			names[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
