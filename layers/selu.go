package layers

import "github.com/strata-ml/strata/tensor"

// y = λ·elu(x) with the α and λ for which unit variance and zero mean are a fixed point        x, y [any shape]
//
// Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks", NeurIPS 2017. It wants weights from
// lecun_normal.

const (
	seluAlpha = 1.6732632423543772848170429916717
	seluScale = 1.0507009873554804934193349852946
)

// SELUConfig is the configuration of selu.
type SELUConfig struct {
	_ struct{} `doc:"elu scaled so that activations keep zero mean and unit variance; takes weights from lecun_normal"`
}

// NewSELU returns a selu layer: an ELU with two constants.
func NewSELU[T tensor.Float](SELUConfig) Layer[T] {
	return &ELU[T]{c: ELUConfig{Alpha: seluAlpha}, scale: seluScale, a: seluScale * seluAlpha}
}

func init() { Register("selu", SELUConfig{}, NewSELU[float32], NewSELU[float64]) }
