package swish_test

import (
	"testing"

	"example.com/custom-layer/swish"
	"github.com/strata-ml/strata/layers"
	layerstest "github.com/strata-ml/strata/layers_test"
	"github.com/strata-ml/strata/tensor"
)

func TestSwish(t *testing.T) {
	start := layers.Init{Name: "constant", Config: layers.Constant{Value: 1.5}}
	layerstest.Run(t, "swish",
		layerstest.Case{},
		layerstest.Case{Config: swish.Config{Beta: start}, In: []tensor.Spec{layerstest.Real(7)}},
	)
}
