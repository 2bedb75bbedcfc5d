package examples_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/strata-ml/strata/experiment"
	_ "github.com/strata-ml/strata/standard"
)

// blocks returns the fenced blocks of a language in the README.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllSubmatch(text, -1) {
		found = append(found, string(m[1]))
	}
	if len(found) == 0 {
		t.Fatalf("the README has no block of %s", language)
	}
	return found
}

// TestReadmeExperiment checks the experiment in the README as strata check would.
func TestReadmeExperiment(t *testing.T) {
	for _, block := range blocks(t, "yaml") {
		if _, err := experiment.Parse("README.md", []byte(block), experiment.Options{}); err != nil {
			t.Error(err)
		}
	}
}

// TestReadmeCode finds each piece of Go in the README in a file that the tests compile.
func TestReadmeCode(t *testing.T) {
	source, err := os.ReadFile("../layers/pointwise_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range blocks(t, "go") {
		if !strings.Contains(string(source), block) {
			t.Errorf("layers/pointwise_test.go does not have\n%s", block)
		}
	}
}

// TestReadmeLinks follows the links of the README to files.
func TestReadmeLinks(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllSubmatch(text, -1) {
		if _, err := os.Stat("../" + string(m[1])); err != nil {
			t.Error(err)
		}
	}
}
