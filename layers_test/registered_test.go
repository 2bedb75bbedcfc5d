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

// cases says what a layer runs on beside its default configuration on DefaultInputs, or instead of it where that does
// not build. A layer that is not listed runs on those alone.
var cases = map[string][]layerstest.Case{
	"concat": {
		{},
		{In: []tensor.Spec{layerstest.Real(3), layerstest.Real(1), layerstest.Real(4)}},
		{In: []tensor.Spec{layerstest.Real(), layerstest.Real(2)}},
	},
	"dense": {
		{Config: with(func(c *layers.DenseConfig) { c.Units = 4 })},
		{Config: with(func(c *layers.DenseConfig) { c.Units, c.Bias = 1, false })},
		{Config: with(func(c *layers.DenseConfig) { c.Units = 33 }), In: []tensor.Spec{layerstest.Real()}},
	},
	"dropout": {
		{},
		{Config: layers.DropoutConfig{Rate: 0}},
		{Config: layers.DropoutConfig{Rate: 0.9}},
	},
	"embedding": {
		{Config: with(func(c *layers.EmbeddingConfig) { c.Dim = 4 })},
		{Config: with(func(c *layers.EmbeddingConfig) { c.Dim, c.Vocabulary = 1, 20 }), In: []tensor.Spec{layerstest.Index(9)}},
		{Config: with(func(c *layers.EmbeddingConfig) { c.Dim = 17 }), In: []tensor.Spec{layerstest.Index(300, 2, 3)}},
	},
	"hard_tanh": {
		{},
		{Config: with(func(c *layers.HardTanhConfig) { c.Min, c.Max = 0, 0.75 })},
	},
	"leaky_relu": {
		{},
		{Config: with(func(c *layers.LeakyReLUConfig) { c.Slope = 0 })},
		{Config: with(func(c *layers.LeakyReLUConfig) { c.Slope = 2 })},
	},
	"max": {
		{},
		{In: []tensor.Spec{layerstest.Real(5), layerstest.Real(5), layerstest.Real(5)}},
	},
	"mul": {
		{},
		{In: []tensor.Spec{layerstest.Real(5), layerstest.Real(5), layerstest.Real(5)}},
	},
	"prelu": {
		{Config: with(func(c *layers.PReLUConfig) { c.Channels = "shared" })},
		{Config: with(func(c *layers.PReLUConfig) { c.Channels = "per_channel" })},
	},
	"softmax": {
		{},
		{In: []tensor.Spec{layerstest.Real(1)}},
		{In: []tensor.Spec{layerstest.Real(40)}, Range: [2]float64{-30, 30}},
	},
	"sum": {
		{},
		{In: []tensor.Spec{layerstest.Real(5), layerstest.Real(5), layerstest.Real(5)}},
	},
}

// with returns the default configuration of type C, changed by edit.
func with[C any](edit func(*C)) C {
	c := registry.Defaults[C]()
	edit(&c)
	return c
}

func TestEveryRegisteredLayer(t *testing.T) {
	for _, name := range registered {
		t.Run(name, func(t *testing.T) { layerstest.Run(t, name, cases[name]...) })
	}
}

func TestCasesAreOfRegisteredLayers(t *testing.T) {
	for name := range cases {
		if _, err := layers.Registry.Describe(name); err != nil {
			t.Error(err)
		}
	}
}
