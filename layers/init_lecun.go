package layers

import (
	"math"

	"github.com/strata-ml/strata/tensor"
)

// LeCun, Bottou, Orr and Müller, "Efficient BackProp", in Neural Networks: Tricks of the Trade, 1998: the deviation of
// a weight is 1/√in, equation 16, which gives each unit an input of variance 1 from inputs of variance 1.

// LeCunUniform is the initializer lecun_uniform: uniform in ±√(3/in).
type LeCunUniform struct {
	_ struct{} `doc:"LeCun et al. 1998: uniform in ±√(3/in); keeps the variance through a linear layer"`
}

// Fill implements Initializer.
func (LeCunUniform) Fill(w []float64, shape tensor.Shape, r tensor.Random) {
	fillUniform(w, math.Sqrt(3)*lecunStd(shape), r)
}

// LeCunNormal is the initializer lecun_normal: normal with mean 0 and deviation √(1/in).
type LeCunNormal struct {
	_ struct{} `doc:"LeCun et al. 1998: normal with deviation √(1/in); keeps the variance through a linear layer"`
}

// Fill implements Initializer.
func (LeCunNormal) Fill(w []float64, shape tensor.Shape, r tensor.Random) {
	fillNormal(w, 0, lecunStd(shape), r)
}

func init() {
	RegisterInitializer("lecun_uniform", LeCunUniform{}, itself[LeCunUniform])
	RegisterInitializer("lecun_normal", LeCunNormal{}, itself[LeCunNormal])
}

func lecunStd(shape tensor.Shape) float64 {
	in, _ := Fans(shape)
	return math.Sqrt(1 / float64(in))
}
