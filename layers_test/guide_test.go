package layerstest_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	layerstest "github.com/strata-ml/strata/layers_test"
)

const guide = "../docs/custom-layer.md"

// sources are the files that the guide's snippets are cut from. They are compiled: by this package's tests, and by
// those of the module in examples/custom-layer.
var sources = []string{
	"../examples/custom-layer/main.go",
	"../examples/custom-layer/digits.yaml",
	"../examples/custom-layer/swish/swish.go",
	"../examples/custom-layer/swish/swish_test.go",
	"reference_test.go",
	"rows_test.go",
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestGuideShowsCodeThatCompiles(t *testing.T) {
	snippets := regexp.MustCompile("(?s)```(?:go|yaml)\n(.*?)\n```\n").FindAllStringSubmatch(read(t, guide), -1)
	if len(snippets) < 5 {
		t.Fatalf("%s has %d snippets, must have 5 or more", guide, len(snippets))
	}
	for _, s := range snippets {
		found := false
		for _, path := range sources {
			found = found || strings.Contains(read(t, path), s[1])
		}
		if !found {
			t.Errorf("this snippet of %s is in none of its sources:\n%s", guide, s[1])
		}
	}
}

func TestGuideNamesEveryRule(t *testing.T) {
	table := read(t, guide)
	for _, rule := range layerstest.Rules() {
		if !regexp.MustCompile(`(?m)\| ` + rule + `( \(.*\))? \|$`).MatchString(table) {
			t.Errorf("%s has no row for the rule %s", guide, rule)
		}
	}
}

func TestCustomLayerIsShort(t *testing.T) {
	const limit = 45
	path := "../examples/custom-layer/swish/swish.go"
	if n := strings.Count(read(t, path), "\n"); n > limit {
		t.Errorf("%s has %d lines, must have at most %d", path, n, limit)
	}
}
