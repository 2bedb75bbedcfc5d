package layers

import (
	"fmt"

	"github.com/strata-ml/strata/tensor"
)

// Values is the initializer values: element i is Values[i], in row-major order. It fits a parameter of that many elements
// alone.
type Values struct {
	_      struct{}  `doc:"the numbers that are given, in row-major order: for a small graph whose every number is known"`
	Values []float64 `doc:"one number for each element" is:"required"`
}

// Fits implements Fitting.
func (c Values) Fits(shape tensor.Shape) error {
	if len(c.Values) != shape.Size() {
		return fmt.Errorf("holds %d numbers for the %d of shape %v", len(c.Values), shape.Size(), shape)
	}
	return nil
}

// Fill implements Initializer.
func (c Values) Fill(w []float64, _ tensor.Shape, _ tensor.Random) { copy(w, c.Values) }

func init() { RegisterInitializer("values", Values{}, itself[Values]) }
