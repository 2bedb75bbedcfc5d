package layers

import (
	"fmt"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// Uniform is the initializer uniform: independent numbers uniform between Min and Max.
type Uniform struct {
	_   struct{} `doc:"uniform numbers, whatever the shape"`
	Min float64  `doc:"lower bound"`
	Max float64  `doc:"upper bound"`
}

// Validate returns an error when Min exceeds Max.
func (c Uniform) Validate() error {
	if c.Min > c.Max {
		return &registry.FieldError{Key: "min", Err: fmt.Errorf("must be at most max %v, is %v", c.Max, c.Min)}
	}
	return nil
}

// Fill implements Initializer.
func (c Uniform) Fill(w []float64, _ tensor.Shape, r tensor.Random) {
	for i := range w {
		w[i] = c.Min + float64((c.Max-c.Min)*r.Float64(i))
	}
}

func init() { RegisterInitializer("uniform", Uniform{Min: -0.05, Max: 0.05}, itself[Uniform]) }

// fillUniform draws element i as bound·(2u − 1), with u the uniform number at counter i.
func fillUniform(w []float64, bound float64, r tensor.Random) {
	for i := range w {
		w[i] = bound * (2*r.Float64(i) - 1)
	}
}
