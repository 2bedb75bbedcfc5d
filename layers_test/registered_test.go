package layerstest_test

import (
	"testing"

	"github.com/strata-ml/strata/layers"
	layerstest "github.com/strata-ml/strata/layers_test"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// registered holds the names before this package's tests add layers of their own: variables are set before any init.
var registered = layers.Registry.Names()

// cases says what the layers run on that cannot do with DefaultInputs or their default configuration.
var cases = map[string][]layerstest.Case{
	"dense": {
		{Config: dense(4), In: []tensor.Spec{layerstest.Real(7)}},
	},
}

func TestEveryRegisteredLayer(t *testing.T) {
	for _, name := range registered {
		t.Run(name, func(t *testing.T) { layerstest.Run(t, name, cases[name]...) })
	}
}

func dense(units int) layers.DenseConfig {
	c := registry.Defaults[layers.DenseConfig]()
	c.Units = units
	return c
}
