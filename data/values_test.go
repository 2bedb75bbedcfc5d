package data_test

import (
	"strings"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/tensor"
)

func TestValues(t *testing.T) {
	splits, err := data.NewValues(data.ValuesConfig{
		Inputs: []data.Given{
			{Name: "x", Values: []float64{1, -2}},
			{Name: "v", Values: []float64{1, 2, 3, 4, 5, 6}, Shape: []int{3}},
			{Name: "word", Values: []float64{4, 0}, Classes: 5},
		},
		Target: &data.Given{Name: "y", Values: []float64{0.5, 0.25}},
	}).Load(data.Context{})
	if err != nil {
		t.Fatal(err)
	}
	set := splits.Train
	if set.Len() != 2 || splits.Eval != nil || len(splits.Files) != 0 {
		t.Fatalf("%d rows, evaluation %v, files %v", set.Len(), splits.Eval, splits.Files)
	}
	b := data.NewBatch[float64](set, 1)
	data.Gather(set, []int{1}, b)
	if b.Inputs[0].Floats[0] != -2 || b.Inputs[1].Floats[2] != 6 || b.Inputs[2].Ints[0] != 0 || b.Target.Floats[0] != 0.25 {
		t.Errorf("got %+v", b)
	}
	specs := set.InputSpecs()
	if specs[0].Name != "x" || len(specs[0].Shape) != 0 || !specs[1].Shape.Equal(tensor.Shape{3}) || specs[2].Classes != 5 {
		t.Errorf("got specs %+v", specs)
	}
	if _, err := data.NewValues(data.ValuesConfig{}).Read(data.Context{}, "rows.csv"); err == nil || !strings.Contains(err.Error(), "rows.csv") {
		t.Errorf("reading a file: %v", err)
	}
}

func TestValuesRefuses(t *testing.T) {
	one := data.Given{Name: "x", Values: []float64{1}}
	for name, tt := range map[string]struct {
		config data.ValuesConfig
		want   string
	}{
		"no input":       {data.ValuesConfig{}, "inputs must name at least one"},
		"name twice":     {data.ValuesConfig{Inputs: []data.Given{one, one}}, `inputs names "x" twice`},
		"unequal rows":   {data.ValuesConfig{Inputs: []data.Given{one, {Name: "y", Values: []float64{1, 2}}}}, `"x" has 1, "y" has 2`},
		"target rows":    {data.ValuesConfig{Inputs: []data.Given{one}, Target: &data.Given{Name: "t", Values: []float64{1, 2}}}, "target must have as many rows as the inputs, 1, has 2"},
		"half a row":     {data.ValuesConfig{Inputs: []data.Given{{Name: "v", Values: []float64{1, 2, 3}, Shape: []int{2}}}}, "values must hold 2 for each row of shape [2], holds 3"},
		"no value":       {data.ValuesConfig{Inputs: []data.Given{{Name: "v"}}}, "values must hold 1 for each row of shape [], holds 0"},
		"no name":        {data.ValuesConfig{Inputs: []data.Given{{Values: []float64{1}}}}, "name must not be empty"},
		"half a class":   {data.ValuesConfig{Inputs: []data.Given{{Name: "w", Values: []float64{0.5}, Classes: 3}}}, "values must be whole numbers from 0 to 2, one is 0.5"},
		"class too high": {data.ValuesConfig{Inputs: []data.Given{{Name: "w", Values: []float64{3}, Classes: 3}}}, "values must be whole numbers from 0 to 2, one is 3"},
		"too large":      {data.ValuesConfig{Inputs: []data.Given{{Name: "x", Values: []float64{1e300}}}}, "float32 can hold, one is 1e+300"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := data.NewValues(tt.config).Load(data.Context{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
