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
	"elu": {
		{},
		{Config: with(func(c *layers.ELUConfig) { c.Alpha = 0.5 }), Range: [2]float64{-9, 9}},
	},
	"embedding": {
		{Config: with(func(c *layers.EmbeddingConfig) { c.Dim = 4 })},
		{Config: with(func(c *layers.EmbeddingConfig) { c.Dim, c.Vocabulary = 1, 20 }), In: []tensor.Spec{layerstest.Index(9)}},
		{Config: with(func(c *layers.EmbeddingConfig) { c.Dim = 17 }), In: []tensor.Spec{layerstest.Index(300, 2, 3)}},
	},
	"embedding_bag": {
		{Config: with(func(c *layers.EmbeddingBagConfig) { c.Dim = 4 }), In: []tensor.Spec{layerstest.Index(9, 5)}},
		{Config: with(func(c *layers.EmbeddingBagConfig) { c.Dim, c.Padding = 17, -1 }), In: []tensor.Spec{layerstest.Index(40, 2, 7)}},
		{Config: with(func(c *layers.EmbeddingBagConfig) { c.Dim, c.Combine = 3, "sum" }), In: []tensor.Spec{layerstest.Index(6, 11)}},
		{Config: with(func(c *layers.EmbeddingBagConfig) { c.Dim = 2 }), In: []tensor.Spec{layerstest.Index(3)}},
	},
	"gelu": {
		{},
		{Config: with(func(c *layers.GELUConfig) { c.Approximate = "tanh" })},
	},
	"hard_sigmoid": {
		{},
		{In: []tensor.Spec{layerstest.Real(40)}, Range: [2]float64{-5, 5}},
	},
	"hard_swish": {
		{},
		{In: []tensor.Spec{layerstest.Real(40)}, Range: [2]float64{-5, 5}},
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
	"log_softmax": {
		{},
		{In: []tensor.Spec{layerstest.Real(40)}, Range: [2]float64{-30, 30}},
	},
	"log_sigmoid": {
		{},
		{In: []tensor.Spec{layerstest.Real(40)}, Range: [2]float64{-30, 30}},
	},
	"matmul": {
		{},
		{In: []tensor.Spec{layerstest.Real(4), layerstest.Real(4, 5)}},
		{In: []tensor.Spec{layerstest.Real(3, 17), layerstest.Real(17)}},
		{In: []tensor.Spec{layerstest.Real(2, 3, 4), layerstest.Real(2, 4, 1)}},
		{Config: with(func(c *layers.MatMulConfig) { c.Transpose = "first" }), In: []tensor.Spec{layerstest.Real(4, 3), layerstest.Real(4, 5)}},
		{Config: with(func(c *layers.MatMulConfig) { c.Transpose = "second" }), In: []tensor.Spec{layerstest.Real(2, 3, 4), layerstest.Real(2, 5, 4)}},
	},
	"max": {
		{},
		{In: []tensor.Spec{layerstest.Real(5), layerstest.Real(5), layerstest.Real(5)}},
	},
	"maxout": {
		{In: []tensor.Spec{layerstest.Real(8)}},
		{Config: with(func(c *layers.MaxoutConfig) { c.Pieces = 5 }), In: []tensor.Spec{layerstest.Real(3, 15)}},
		{Config: with(func(c *layers.MaxoutConfig) { c.Pieces = 1 })},
	},
	"mean": {
		{},
		{Config: meanOver(0)},
		{Config: meanOver(-1)},
		{Config: meanOver(1), In: []tensor.Spec{layerstest.Real(5, 4, 3)}},
	},
	"mish": {
		{},
		{In: []tensor.Spec{layerstest.Real(40)}, Range: [2]float64{-15, 15}},
	},
	"mul": {
		{},
		{In: []tensor.Spec{layerstest.Real(5), layerstest.Real(5), layerstest.Real(5)}},
	},
	"prelu": {
		{Config: with(func(c *layers.PReLUConfig) { c.Channels = "shared" })},
		{Config: with(func(c *layers.PReLUConfig) { c.Channels = "per_channel" })},
	},
	"scale": {
		{Config: with(func(c *layers.ScaleConfig) { c.Factor = -1.5 })},
		{Config: with(func(c *layers.ScaleConfig) { c.Factor = 0 })},
	},
	"select": {
		{Config: with(func(c *layers.SelectConfig) { c.Index = 2 })},
		{Config: with(func(c *layers.SelectConfig) { c.Axis, c.Index = -1, -1 })},
		{Config: with(func(c *layers.SelectConfig) { c.Axis, c.Index, c.Count = 1, 1, 3 }), In: []tensor.Spec{layerstest.Real(2, 4, 3)}},
	},
	"selu": {
		{},
		{In: []tensor.Spec{layerstest.Real(40)}, Range: [2]float64{-9, 9}},
	},
	"silu": {
		{},
		{In: []tensor.Spec{layerstest.Real(40)}, Range: [2]float64{-15, 15}},
	},
	"softmax": {
		{},
		{In: []tensor.Spec{layerstest.Real(1)}},
		{In: []tensor.Spec{layerstest.Real(40)}, Range: [2]float64{-30, 30}},
	},
	"softsign": {
		{},
		{In: []tensor.Spec{layerstest.Real(40)}, Range: [2]float64{-30, 30}},
	},
	"softplus": {
		{},
		{Config: with(func(c *layers.SoftplusConfig) { c.Beta, c.Threshold = 3, 15 }), In: []tensor.Spec{layerstest.Real(40)}, Range: [2]float64{-9, 9}},
	},
	"sum": {
		{},
		{In: []tensor.Spec{layerstest.Real(5), layerstest.Real(5), layerstest.Real(5)}},
	},
}

func meanOver(axis int) layers.MeanConfig { return layers.MeanConfig{Axis: &axis} }

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
