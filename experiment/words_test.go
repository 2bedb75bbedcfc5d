package experiment_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/experiment"
)

// A table before training is what the file of vectors says, and after it what the checkpoint holds.
func TestWordTable(t *testing.T) {
	e, dir := sourceCases()["window"].load(t)
	run := finish(t, e)
	trained, err := experiment.OpenTrained(run, experiment.TrainedOptions{Last: true})
	if err != nil {
		t.Fatal(err)
	}
	defer trained.Close()
	table, err := trained.WordTable("")
	if err != nil {
		t.Fatal(err)
	}
	ids, err := table.IDs([]string{"end", "word1"})
	if err != nil {
		t.Fatal(err)
	}
	if at := int(ids[0]) * table.Dim; table.Param != "embed/w" || !slices.Equal(table.Before[at:at+3], []float64{-1, 0.5, 2}) {
		t.Errorf("%s: before training the word is %v", table.Param, table.Before[at:at+3])
	}
	if moved := table.Moved(ids[0]); !(moved > 0) {
		t.Errorf("it moved by %v", moved)
	}
	farthest := table.Farthest(1000)
	if !slices.IsSortedFunc(farthest, func(a, b int32) int {
		if table.Moved(a) < table.Moved(b) {
			return 1
		}
		return -1
	}) || len(farthest) != 10 {
		t.Errorf("the farthest are %v", farthest)
	}
	if ends, err := trained.WordTable("ends/w"); err != nil || ends.Dim != 2 {
		t.Errorf("the table of suffixes: %v", err)
	}
	_, err = trained.WordTable("embd/w")
	wantError(t, err, `unknown table of words "embd/w"`, `did you mean "embed/w"?`)
	_, err = table.IDs([]string{"nowhere"})
	wantError(t, err, "embed/w: the vocabulary has no nowhere")
	change(t, dir+"/v.txt", "0.5", "0.7")
	_, err = trained.WordTable("")
	wantError(t, err, "v.txt has changed since the run began", "the vectors before training followed from it")
}

// tableOf returns a table of words a, b, … with the given vectors before and after training.
func tableOf(dim int, before, after []float64) *experiment.WordTable {
	t := &experiment.WordTable{Dim: dim, Before: make([]float64, 2*dim), After: make([]float64, 2*dim)}
	t.Before, t.After = append(t.Before, before...), append(t.After, after...)
	t.Vocabulary = &data.Vocabulary{Words: strings.Split("abcdefghijklmnopqrst"[:len(before)/dim], "")}
	return t
}

func TestNeighbours(t *testing.T) {
	table := tableOf(2, []float64{1, 0, 10, 1, 0, 2, -1, 0, 0, 0}, make([]float64, 10))
	got := table.Neighbours(table.Before, 2, 9)
	want := []experiment.Neighbour{{Word: "b", Cosine: 10 / math.Sqrt(101)}, {Word: "c", Cosine: 0}, {Word: "d", Cosine: -1}}
	if len(got) != len(want) {
		t.Fatalf("got %v", got) // e has no direction
	}
	for i := range want {
		if got[i].Word != want[i].Word || math.Abs(got[i].Cosine-want[i].Cosine) > 1e-12 {
			t.Errorf("got %v, want %v", got[i], want[i])
		}
	}
}

// Points in a plane that is turned in space come out as they lie in it, but for its directions.
func TestPlane(t *testing.T) {
	points := [][2]float64{{3, 0}, {-3, 0.5}, {5, -1}, {-5, 0.5}, {1, 1.5}, {-1, -1.5}} // centred; the axes are not correlated much
	u, v := []float64{2. / 3, 2. / 3, 1. / 3}, []float64{1 / math.Sqrt2, -1 / math.Sqrt2, 0}
	var flat []float64
	for _, p := range points {
		for j := range u {
			flat = append(flat, p[0]*u[j]+p[1]*v[j]+7)
		}
	}
	plane := tableOf(3, flat[:9], flat[9:]).Plane([]int32{2, 3, 4})
	all := append(plane.Before, plane.After...)
	for i := range points {
		for j := range i {
			want := math.Hypot(points[i][0]-points[j][0], points[i][1]-points[j][1])
			if got := math.Hypot(all[i][0]-all[j][0], all[i][1]-all[j][1]); math.Abs(got-want) > 1e-9 {
				t.Errorf("points %d and %d are %v apart, not %v", j, i, got, want)
			}
		}
	}
	covariance := 0.0
	for _, p := range all {
		covariance += p[0] * p[1]
	}
	if math.Abs(covariance) > 1e-6 || !(plane.Share[0] > plane.Share[1]) || math.Abs(plane.Share[0]+plane.Share[1]-1) > 1e-9 {
		t.Errorf("covariance %v, shares %v", covariance, plane.Share)
	}
	still := tableOf(2, []float64{1, 2}, []float64{1, 2}).Plane([]int32{2})
	if still.Before[0] != [2]float64{} || still.Share != [2]float64{} {
		t.Errorf("one point is at %v", still)
	}
}
