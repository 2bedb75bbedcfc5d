package loss

import "github.com/strata-ml/strata/tensor"

// Squared hinge loss: that of hinge.go with the square of every max. Its gradient has no jump, and grows with the error.

// SquaredHingeConfig configures squared_hinge.
type SquaredHingeConfig struct {
	_ struct{} `doc:"maximum margin with squared errors: smooth, and harder on scores that are far on the wrong side; targets as of hinge"`
	MarginConfig
}

// NewSquaredHinge returns the loss that c describes.
func NewSquaredHinge[T tensor.Float](c SquaredHingeConfig) Loss[T] {
	return &Hinge[T]{op: "squared_hinge", config: c.MarginConfig, squared: true}
}

func init() {
	Register("squared_hinge", SquaredHingeConfig{MarginConfig: MarginConfig{Margin: 1}}, NewSquaredHinge[float32], NewSquaredHinge[float64])
}
