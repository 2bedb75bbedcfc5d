package layers

import (
	"math"

	"github.com/strata-ml/strata/tensor"
)

// He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV 2015: the variance of a weight is 2/((1 + slope²)·fan),
// equations 10 and 15, which keeps the variance through rectified linear units. The fan in keeps it on the way
// forward (equation 10), the fan out on the way back (equation 14).

// HeUniform is the initializer he_uniform: uniform in ±√(6/((1+slope²)·fan)).
type HeUniform struct {
	_     struct{} `doc:"He et al. 2015: uniform in ±√(6/((1+slope²)·fan)); for relu and its relatives"`
	Fan   string   `doc:"fan that the variance is kept for: in on the way forward, out on the way back" is:"one of in|out"`
	Slope float64  `doc:"slope on the left of 0 of the activation that follows: 0 for relu"`
}

// Fill implements Initializer.
func (c HeUniform) Fill(w []float64, shape tensor.Shape, r tensor.Random) {
	fillUniform(w, math.Sqrt(3)*heStd(shape, c.Fan, c.Slope), r)
}

// HeNormal is the initializer he_normal: normal with mean 0 and deviation √(2/((1+slope²)·fan)).
type HeNormal struct {
	_     struct{} `doc:"He et al. 2015: normal with deviation √(2/((1+slope²)·fan)); for relu and its relatives"`
	Fan   string   `doc:"fan that the variance is kept for: in on the way forward, out on the way back" is:"one of in|out"`
	Slope float64  `doc:"slope on the left of 0 of the activation that follows: 0 for relu"`
}

// Fill implements Initializer.
func (c HeNormal) Fill(w []float64, shape tensor.Shape, r tensor.Random) {
	fillNormal(w, 0, heStd(shape, c.Fan, c.Slope), r)
}

func init() {
	RegisterInitializer("he_uniform", HeUniform{Fan: "in"}, itself[HeUniform])
	RegisterInitializer("he_normal", HeNormal{Fan: "in"}, itself[HeNormal])
}

func heStd(shape tensor.Shape, fan string, slope float64) float64 {
	in, out := Fans(shape)
	n := in
	if fan == "out" {
		n = out
	}
	return math.Sqrt(2 / ((1 + slope*slope) * float64(n)))
}
