package layers

import (
	"math"

	"github.com/strata-ml/strata/tensor"
)

// Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010: the
// variance of a weight is gain²·2/(in + out), a compromise that keeps the variance of activations on the way forward
// and of gradients on the way back. In and out are the fans.

// XavierUniform is the initializer xavier_uniform: uniform in ±gain·√(6/(in+out)), equation 16 of the paper.
type XavierUniform struct {
	_    struct{} `doc:"Glorot and Bengio 2010: uniform in ±gain·√(6/(in+out)); for tanh, sigmoid and linear layers"`
	Gain float64  `doc:"factor on the bound" is:">0"`
}

// Fill implements Initializer.
func (c XavierUniform) Fill(w []float64, shape tensor.Shape, r tensor.Random) {
	fillUniform(w, math.Sqrt(3)*xavierStd(shape, c.Gain), r)
}

// XavierNormal is the initializer xavier_normal: normal with mean 0 and deviation gain·√(2/(in+out)), equation 12 of
// the paper.
type XavierNormal struct {
	_    struct{} `doc:"Glorot and Bengio 2010: normal with deviation gain·√(2/(in+out)); for tanh, sigmoid and linear layers"`
	Gain float64  `doc:"factor on the deviation" is:">0"`
}

// Fill implements Initializer.
func (c XavierNormal) Fill(w []float64, shape tensor.Shape, r tensor.Random) {
	fillNormal(w, 0, xavierStd(shape, c.Gain), r)
}

func init() {
	RegisterInitializer("xavier_uniform", XavierUniform{Gain: 1}, itself[XavierUniform])
	RegisterInitializer("xavier_normal", XavierNormal{Gain: 1}, itself[XavierNormal])
}

func xavierStd(shape tensor.Shape, gain float64) float64 {
	in, out := Fans(shape)
	return gain * math.Sqrt(2/float64(in+out))
}
