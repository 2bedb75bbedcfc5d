package layers

import "github.com/strata-ml/strata/tensor"

// Constant is the initializer constant: every element is Value.
type Constant struct {
	_     struct{} `doc:"the same value everywhere"`
	Value float64  `doc:"the value" is:"required"`
}

// Fill implements Initializer.
func (c Constant) Fill(w []float64, _ tensor.Shape, _ tensor.Random) { fillConstant(w, c.Value) }

// Zeros is the initializer zeros: every element is 0, the usual start of a bias. Weights that all start as 0 stay
// equal to each other for ever.
type Zeros struct {
	_ struct{} `doc:"0 everywhere, the usual start of a bias"`
}

// Fill implements Initializer.
func (Zeros) Fill(w []float64, _ tensor.Shape, _ tensor.Random) { fillConstant(w, 0) }

// Ones is the initializer ones: every element is 1, the usual start of a factor.
type Ones struct {
	_ struct{} `doc:"1 everywhere, the usual start of a factor"`
}

// Fill implements Initializer.
func (Ones) Fill(w []float64, _ tensor.Shape, _ tensor.Random) { fillConstant(w, 1) }

func init() {
	RegisterInitializer("constant", Constant{}, itself[Constant])
	RegisterInitializer("zeros", Zeros{}, itself[Zeros])
	RegisterInitializer("ones", Ones{}, itself[Ones])
}

func fillConstant(w []float64, value float64) {
	for i := range w {
		w[i] = value
	}
}
