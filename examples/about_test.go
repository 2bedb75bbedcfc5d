package examples_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/examples"
)

// TestExamplesSayWhatTheyShow holds the form of the experiments: short enough to read at once, under a comment.
func TestExamplesSayWhatTheyShow(t *testing.T) {
	for _, name := range examples.Names() {
		text, err := examples.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		about, err := examples.About(name)
		if err != nil || len(about) < 30 || len(about) > 90 || strings.HasSuffix(about, ".") {
			t.Errorf("%s: it is about %q, %v", name, about, err)
		}
		if n := strings.Count(string(text), "\n"); n > 40 {
			t.Errorf("%s: it has %d lines", name, n)
		}
		if !strings.Contains(string(text), "\nname: "+name+"\n") {
			t.Errorf("%s: it goes by another name", name)
		}
	}
	if _, err := examples.About("nothing"); err == nil {
		t.Error("it is about something that is not there")
	}
}

func TestDataOf(t *testing.T) {
	for name, want := range map[string][]string{
		"digits": nil, "iris": {"data/iris/iris.csv"}, "penguins": {"data/penguins/penguins.csv"},
		"diabetes": {"data/diabetes/diabetes.csv"}, "mnist": nil, "ner": nil, "nothing": nil,
	} {
		if got := examples.DataOf(name); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}
