package layers

import "github.com/strata-ml/strata/tensor"

// Normal is the initializer normal: independent normal numbers.
type Normal struct {
	_    struct{} `doc:"normal numbers, whatever the shape"`
	Mean float64  `doc:"mean"`
	Std  float64  `doc:"standard deviation" is:">=0"`
}

// Fill implements Initializer.
func (c Normal) Fill(w []float64, _ tensor.Shape, r tensor.Random) { fillNormal(w, c.Mean, c.Std, r) }

func init() { RegisterInitializer("normal", Normal{Std: 0.01}, itself[Normal]) }

// fillNormal draws element i as mean + std·(the normal number at counter i).
func fillNormal(w []float64, mean, std float64, r tensor.Random) {
	for i := range w {
		w[i] = mean + float64(std*r.Normal(i))
	}
}

// itself is the constructor of an initializer that is its own configuration.
func itself[C Initializer](c C) Initializer { return c }
