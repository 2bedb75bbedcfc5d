package cmd

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// trainWords trains a small model on texts and returns nothing: the run is r.
func trainWords(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	var rows strings.Builder
	for i := range 20 {
		fmt.Fprintf(&rows, "a good film %d\tyes\na bad film %d\tno\n", i, i)
	}
	writeFile(t, "t.tsv", rows.String())
	writeFile(t, "v.txt", "good 1 0 0\nbad 0.9 0.1 0\nfilm 0 0 1\n")
	writeFile(t, "w.yaml", `data: {type: bag, paths: [t.tsv], text: "1", target: "2"}
model:
  - {name: mean, type: embedding_bag, dim: 3, weights: {type: vectors, path: v.txt}}
  - {name: out, type: dense, units: 2}
loss: softmax_cross_entropy
optimizer: {type: adam, lr: 0.1}
train: {epochs: 5, rows: lazy}
`)
	mustStrata(t, "train", "w.yaml", "--run", "r", "--no-plots")
}

func TestWords(t *testing.T) {
	trainWords(t)
	out := mustStrata(t, "words", "r", "good", "BAD")
	wantAll(t, out, "nearest before", "good", "bad", "r/plots/words_mean_w.png", "r/plots/words_mean_w.svg")
	var r wordsResult
	decodeOne(t, mustStrata(t, "words", "r", "--json", "--neighbours", "2", "--output", "figures"), &r)
	if r.Param != "mean/w" || len(r.Words) != farthestWords || len(r.Words[0].After) != 2 || !(r.Words[0].Moved >= r.Words[1].Moved) {
		t.Errorf("got %+v", r)
	}
	for _, file := range r.Figures {
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	}
}

// Training on opposite classes drives two words apart that were near.
func TestWordsDriftApart(t *testing.T) {
	trainWords(t)
	var r wordsResult
	decodeOne(t, mustStrata(t, "words", "r", "good", "--json", "--neighbours", "100"), &r)
	before, after := 0., 0.
	for i := range r.Words[0].Before {
		if n := r.Words[0].Before[i]; n.Word == "bad" {
			before = n.Cosine
		}
		if n := r.Words[0].After[i]; n.Word == "bad" {
			after = n.Cosine
		}
	}
	if !(before > 0.99 && after < 0.5) {
		t.Errorf("the cosine of good and bad was %v and is %v", before, after)
	}
}

func TestCheckAndTrainSayWhatVectorsCover(t *testing.T) {
	trainWords(t)
	want := "mean/w: v.txt has vectors for"
	wantAll(t, mustStrata(t, "check", "w.yaml"), want)
	wantAll(t, readFile(t, "r/run.json"), `"types_found": 3`, `"Path": "v.txt"`)
}
