package cmd

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

func records(t *testing.T, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return rows
}

func TestPredictClasses(t *testing.T) {
	t.Chdir(t.TempDir())
	mustStrata(t, "example", "iris", "--output", ".")
	mustStrata(t, "train", "iris.yaml", "--run", "r", "--no-plots")
	writeFile(t, "new.csv", "sepal_length,sepal_width,petal_length,petal_width\n5.1,3.5,1.4,0.2\n6.4,3.2,4.5,1.5\n7.7,2.6,6.9,2.3\n")
	got := mustStrata(t, "predict", "r", "--input", "new.csv")
	if want := "prediction\nsetosa\nversicolor\nvirginica\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	rows := records(t, mustStrata(t, "predict", "r", "--input", "new.csv", "--probabilities"))
	if got, want := strings.Join(rows[0], " "), "prediction probability_setosa probability_versicolor probability_virginica"; got != want {
		t.Errorf("header: got %q, want %q", got, want)
	}
	for _, row := range rows[1:] {
		sum := 0.0
		for _, cell := range row[1:] {
			p, err := strconv.ParseFloat(cell, 64)
			if err != nil {
				t.Fatal(err)
			}
			sum += p
		}
		if math.Abs(sum-1) > 1e-4 {
			t.Errorf("the probabilities of %v add up to %v", row, sum)
		}
	}
	if out := mustStrata(t, "predict", "r", "--input", "new.csv", "--output", "out.csv"); out != "" {
		t.Errorf("it prints %q beside the file", out)
	}
	if readFile(t, "out.csv") != got {
		t.Error("the file differs from standard output")
	}
}

// TestPredictWarnsOfUnknownCategories predicts for a penguin of an island that no penguin trained on, without a word on
// standard output.
func TestPredictWarnsOfUnknownCategories(t *testing.T) {
	t.Chdir(t.TempDir())
	mustStrata(t, "example", "penguins", "--output", ".")
	mustStrata(t, "train", "penguins.yaml", "--run", "r", "--no-plots", "--set", "train.epochs=1")
	header, _, _ := strings.Cut(readFile(t, "data/penguins/penguins.csv"), "\n")
	writeFile(t, "new.csv", header+"\nAtlantis,39.1,18.7,181,3750,male,\n")
	r := strata(t, "predict", "r", "--input", "new.csv")
	if r.code != exitDone || strings.Count(r.out, "\n") != 2 {
		t.Fatalf("exit code %d, output %q\n%s", r.code, r.out, r.stderr)
	}
	wantAll(t, r.stderr, "warning: ", "island", "Atlantis")
}

func TestPredictNumbersInUnitsOfTheFile(t *testing.T) {
	t.Chdir(t.TempDir())
	mustStrata(t, "example", "diabetes", "--output", ".")
	mustStrata(t, "train", "diabetes.yaml", "--run", "r", "--no-plots", "--set", "train.epochs=10")
	rows := records(t, mustStrata(t, "predict", "r", "--input", "data/diabetes/diabetes.csv"))
	if len(rows) != 443 || len(rows[0]) != 1 || rows[0][0] != "prediction" {
		t.Fatalf("got %d rows, the first is %v", len(rows), rows[0])
	}
	sum := 0.0
	for _, row := range rows[1:] {
		v, err := strconv.ParseFloat(row[0], 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += v
	}
	if mean := sum / 442; mean < 130 || mean > 175 { // that of the file is 152
		t.Errorf("the mean of the predictions is %v", mean)
	}
	r := strata(t, "predict", "r", "--input", "data/diabetes/diabetes.csv", "--probabilities")
	if r.code != exitUsage || r.out != "" {
		t.Errorf("exit code %d, output %q", r.code, r.out)
	}
	wantAll(t, r.stderr, "the model predicts numbers")
}

func TestPredictWithOneOutputForTwoClasses(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "sign.csv", "x,side\n"+strings.Repeat("-1,left\n1,right\n", 20))
	writeFile(t, "sign.yaml", `
data: {type: csv, path: sign.csv, target: side}
model: [{type: dense, units: 1}]
loss: binary_cross_entropy
optimizer: {type: sgd, lr: 1}
train: {epochs: 20, batch_size: 8}
`)
	mustStrata(t, "train", "sign.yaml", "--run", "r", "--no-plots")
	writeFile(t, "new.csv", "x\n-2\n2\n")
	rows := records(t, mustStrata(t, "predict", "r", "--input", "new.csv", "--probabilities"))
	if rows[1][0] != "left" || rows[2][0] != "right" {
		t.Errorf("got %v", rows)
	}
	for i, row := range rows[1:] {
		p, err := strconv.ParseFloat(row[1+i], 64)
		if err != nil || p < 0.9 {
			t.Errorf("the probability of its class in %v is %v, %v", row, p, err)
		}
	}
}

func TestPredictLeavesNoHalfFile(t *testing.T) {
	t.Chdir(t.TempDir())
	mustStrata(t, "example", "iris", "--output", ".")
	mustStrata(t, "train", "iris.yaml", "--run", "r", "--no-plots", "--set", "train.epochs=1")
	writeFile(t, "new.csv", "sepal_length\n5.1\n")
	r := strata(t, "predict", "r", "--input", "new.csv", "--output", "out.csv")
	if r.code != exitFailed {
		t.Errorf("exit code %d", r.code)
	}
	if _, err := os.Stat("out.csv"); err == nil {
		t.Error("a file was left behind")
	}
}
