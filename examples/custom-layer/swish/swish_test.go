package swish_test

import (
	"testing"

	"example.com/custom-layer/swish"
	layerstest "github.com/strata-ml/strata/layers_test"
	"github.com/strata-ml/strata/tensor"
)

func TestSwish(t *testing.T) {
	layerstest.Run(t, "swish",
		layerstest.Case{},
		layerstest.Case{Config: swish.Config{Beta: 1.5}, In: []tensor.Spec{layerstest.Real(7)}},
	)
}
