package data_test

import (
	"slices"
	"testing"

	"github.com/strata-ml/strata/data"
)

// TestCSVWeights reads the weights of the rows, which are no feature, of the training rows and of others.
func TestCSVWeights(t *testing.T) {
	config := csvConfig(func(c *data.CSVConfig) {
		c.Path, c.EvalPath, c.Target, c.Weight, c.Standardize = "train.csv", "eval.csv", "y", "w", false
	})
	dir := write(t, map[string]string{
		"train.csv": "x,w,y\n1,0.5,a\n2,0,b\n3,4,a\n",
		"eval.csv":  "w,y,x\n3,b,7\n",
		"bare.csv":  "x,y\n7,b\n",
	})
	source := data.NewCSV(config)
	splits, err := source.Load(data.Context{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		set     *data.Set
		weights []float64
		inputs  []float64
	}{
		{splits.Train, []float64{0.5, 0, 4}, []float64{1, 2, 3}},
		{splits.Eval, []float64{3}, []float64{7}},
		{data.Subset(splits.Train, []int{2, 0}), []float64{4, 0.5}, []float64{3, 1}},
	} {
		b := all[float64](test.set)
		if !slices.Equal(b.Weights, test.weights) || !slices.Equal(b.Inputs[0].Floats, test.inputs) {
			t.Errorf("got weights %v and inputs %v, want %v and %v", b.Weights, b.Inputs[0].Floats, test.weights, test.inputs)
		}
	}
	for name, c := range map[string]data.Context{
		"bare.csv": {Dir: dir, Fitted: splits.Fitted},
		"eval.csv": {Dir: dir, Fitted: splits.Fitted, NoTarget: true},
	} {
		set, err := source.Read(c, name)
		if err != nil || set.Weights != nil {
			t.Errorf("%s is read with the weights %v (%v)", name, set.Weights, err)
		}
	}
}
