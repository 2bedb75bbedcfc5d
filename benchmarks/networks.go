package benchmarks

import (
	"fmt"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/model"
)

type node = model.Node[float32]

// zeros are what parameters begin with, until drawWeights.
var zeros = layers.Init{Name: "zeros"}

// mlp returns a chain of dense layers of the given widths, with ReLU between them.
func mlp(sizes ...int) func() []node {
	return func() []node {
		var nodes []node
		for i, units := range sizes[1:] {
			if i > 0 {
				nodes = append(nodes, relu(fmt.Sprintf("relu%d", i)))
			}
			nodes = append(nodes, dense(fmt.Sprintf("fc%d", i+1), units))
		}
		return nodes
	}
}

func mnistNodes() []node {
	return []node{
		{Name: "flatten", Layer: layers.NewFlatten[float32](layers.FlattenConfig{})},
		dense("fc1", 256),
		relu("relu1"),
		{Name: "dropout", Layer: layers.NewDropout[float32](layers.DropoutConfig{Rate: 0.2})},
		dense("fc2", 128),
		relu("relu2"),
		dense("logits", 10),
	}
}

// tagger returns the classifier of a window of words: a vector for each, a hidden layer with tanh, a class.
func tagger(dim, hidden, classes int) func() []node {
	return func() []node {
		return []node{
			{Name: "embed", Layer: layers.NewEmbedding[float32](layers.EmbeddingConfig{Dim: dim, Weights: zeros})},
			{Name: "flatten", Layer: layers.NewFlatten[float32](layers.FlattenConfig{})},
			dense("hidden", hidden),
			{Name: "tanh", Layer: layers.NewTanh[float32](layers.TanhConfig{})},
			dense("logits", classes),
		}
	}
}

func dense(name string, units int) node {
	return node{Name: name, Layer: layers.NewDense[float32](layers.DenseConfig{Units: units, Bias: true, Weights: zeros})}
}

func relu(name string) node {
	return node{Name: name, Layer: layers.NewReLU[float32](layers.ReLUConfig{})}
}
