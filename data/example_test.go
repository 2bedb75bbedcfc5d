package data_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// A CSV file becomes numbers: one element for x, standardized, and one for each colour.
func ExampleNewCSV() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	rows := "x,colour,kind\n1,red,ripe\n3,green,unripe\n5,red,ripe\n"
	if err := os.WriteFile(filepath.Join(dir, "fruit.csv"), []byte(rows), 0o600); err != nil {
		panic(err)
	}

	c := registry.Defaults[data.CSVConfig]()
	c.Path, c.Target = "fruit.csv", "kind"
	splits, err := data.NewCSV(c).Load(data.Context{Dir: dir})
	if err != nil {
		panic(err)
	}
	b := data.NewBatch[float32](splits.Train, 3)
	data.Gather(splits.Train, []int{0, 1, 2}, b)
	fmt.Println(splits.Train.InputSpecs()[0].Shape, splits.Train.Target.Spec().Labels)
	for r := range 3 {
		fmt.Printf("%5.2f %d\n", b.Inputs[0].Floats[3*r:][:3], b.Target.Ints[r])
	}
	// Output:
	// [3] [ripe unripe]
	// [-1.22  0.00  1.00] 0
	// [ 0.00  1.00  0.00] 1
	// [ 1.22  0.00  1.00] 0
}

// A program makes a set of its own slices, and visits it in batches.
func ExampleNewLoader() {
	x, err := data.NewNumbers("x", tensor.Shape{2}, []float64{0, 0, 0, 1, 1, 0, 1, 1}, 1)
	if err != nil {
		panic(err)
	}
	y, err := data.NewIndices("y", nil, 2, []int32{0, 1, 1, 0}, "same", "different")
	if err != nil {
		panic(err)
	}
	set, err := data.NewSet(y, x)
	if err != nil {
		panic(err)
	}
	loader := data.NewLoader[float64](set, 3, true, false, 1)
	defer loader.Close()
	loader.Start(0, 0)
	for b, ok := loader.Next(); ok; b, ok = loader.Next() {
		fmt.Println(b.Rows, b.Inputs[0].Floats, b.Target.Ints)
	}
	// Output:
	// 3 [1 0 0 0 0 1] [1 0 1]
	// 1 [1 1] [0]
}

func ExampleOrder() {
	fmt.Println(data.Order(1, 0, 10, nil))
	fmt.Println(data.Order(1, 1, 10, nil))
	// Output:
	// [2 6 8 3 9 1 0 5 7 4]
	// [7 2 1 9 4 3 0 6 5 8]
}

// The program carries a data set, so that a first experiment needs no file.
func ExampleNewDigits() {
	splits, err := data.NewDigits(registry.Defaults[data.DigitsConfig]()).Load(data.Context{Seed: 1})
	if err != nil {
		panic(err)
	}
	fmt.Println(splits.Train.Len(), splits.Eval.Len(), splits.Train.InputSpecs()[0].Shape)
	// Output: 1438 359 [64]
}
