package layers_test

import (
	"fmt"
	"math"

	"github.com/strata-ml/strata/layers"
)

func init() {
	// softsign, y = x / (1 + |x|), in any experiment: {type: softsign}
	layers.RegisterPointwise("softsign",
		func(x float64) float64 { return x / (1 + math.Abs(x)) },
		func(x, y float64) float64 { return (1 - math.Abs(y)) * (1 - math.Abs(y)) })
}

// A layer that is a function of each element takes one call.
func ExampleRegisterPointwise() {
	d, err := layers.Registry.Describe("softsign")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.Kind, d.Name)
	// Output: layer softsign
}
