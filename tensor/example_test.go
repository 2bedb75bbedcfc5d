package tensor_test

import (
	"fmt"

	"github.com/strata-ml/strata/tensor"
)

func ExampleMatMul() {
	a := tensor.Mat(2, 3, []float32{
		1, 2, 3,
		4, 5, 6,
	})
	b := tensor.Mat(3, 2, []float32{
		1, 0,
		0, 1,
		1, 1,
	})
	c := tensor.Mat(2, 2, make([]float32, 4))
	tensor.MatMul(c, tensor.Overwrite, a, b)
	fmt.Println(c.Data)
	tensor.MatMul(c, tensor.Accumulate, a, b)
	fmt.Println(c.Data)
	// Output:
	// [4 5 10 11]
	// [8 10 20 22]
}

func ExampleSoftmax() {
	logits := []float64{
		0, 0, 0, 0,
		1000, 1000, 0, 0,
	}
	p := make([]float64, len(logits))
	tensor.Softmax(p, logits, 4)
	fmt.Println(p[:4])
	fmt.Println(p[4:])
	// Output:
	// [0.25 0.25 0.25 0.25]
	// [0.5 0.5 0 0]
}

func ExampleRandom() {
	dropout := tensor.NewRandom(42).WithName("dropout")
	row := dropout.With(1000).With(3) // step 1000, row 3
	for i := range 3 {
		fmt.Printf("%.3f\n", row.Float64(i))
	}
	// Output:
	// 0.328
	// 0.661
	// 0.291
}
