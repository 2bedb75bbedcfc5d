// Package benchmarks holds the networks that Strata is measured with, beside the same networks in PyTorch.
//
// The commands below it time them: steps serves one workload, elementwise the element-wise kernels, gemm the matrix
// products, and compare runs these in turn with their peers. run.sh builds and runs them all; docs/benchmarks.md
// explains the figures.
package benchmarks

import (
	"fmt"
	"strings"

	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// A Workload is a network and what one step of it computes, in float32.
type Workload struct {
	Name      string
	Doc       string
	Rows      int // of a batch
	Batches   int // distinct ones, which the steps cycle through
	Input     tensor.Spec
	Target    tensor.Spec
	Nodes     func() []node
	Loss      func() loss.Loss[float32]       // nil where the step is a forward pass alone
	Optimizer func() optim.Optimizer[float32] // nil likewise
	GFLOP     float64                         // of the matrix products of one step, 2·m·n·k each; none for the gradient of the input
}

// Workloads returns all workloads. W4, W6 and W7 are a convolutional network, an LSTM and a transformer.
func Workloads() []Workload {
	return []Workload{
		smallMLP(), mnistMLP(), wideMLP(), wordWindow(), wordWindowAdam(), inference(), mnistExample(),
	}
}

// Find returns a workload by its name.
func Find(name string) (Workload, error) {
	var names []string
	for _, w := range Workloads() {
		if w.Name == name {
			return w, nil
		}
		names = append(names, w.Name)
	}
	return Workload{}, fmt.Errorf("no workload %q; there are %s", name, strings.Join(names, ", "))
}

func smallMLP() Workload {
	sizes := []int{64, 64, 32, 10}
	return Workload{
		Name: "W1", Doc: "MLP 64-64-32-10, ReLU, batch 32, SGD with momentum",
		Rows: 32, Batches: 16, Input: numbers(64), Target: classes(10),
		Nodes: mlp(sizes...), Loss: crossEntropy, Optimizer: sgd(0.01, 0.9),
		GFLOP: denseGFLOP(32, sizes...),
	}
}

func mnistMLP() Workload {
	sizes := []int{784, 512, 512, 10}
	return Workload{
		Name: "W2", Doc: "MLP 784-512-512-10, ReLU, batch 128, Adam",
		Rows: 128, Batches: 16, Input: numbers(784), Target: classes(10),
		Nodes: mlp(sizes...), Loss: crossEntropy, Optimizer: adam(1e-3),
		GFLOP: denseGFLOP(128, sizes...),
	}
}

func wideMLP() Workload {
	sizes := []int{1024, 4096, 4096, 1024}
	return Workload{
		Name: "W3", Doc: "MLP 1024-4096-4096-1024, ReLU, batch 512, mean squared error, SGD",
		Rows: 512, Batches: 8, Input: numbers(1024), Target: numbers(1024),
		Nodes: mlp(sizes...), Loss: meanSquaredError, Optimizer: sgd(0.01, 0),
		GFLOP: denseGFLOP(512, sizes...),
	}
}

func wordWindow() Workload {
	const rows, words, window, dim, hidden, tags = 256, 50000, 5, 100, 300, 9
	return Workload{
		Name: "W5", Doc: "embedding 50000×100, window of 5, dense 300, tanh, dense 9, batch 256, SGD on the rows touched",
		Rows: rows, Batches: 64, Input: tensor.Spec{Name: "x", Shape: tensor.Shape{window}, Classes: words}, Target: classes(tags),
		Nodes: tagger(dim, hidden, tags), Loss: crossEntropy, Optimizer: sgd(0.01, 0),
		GFLOP: 3 * 2 * rows * (window*dim*hidden + hidden*tags) / 1e9, // the vectors need their gradient
	}
}

// wordWindowAdam is W5 with lazy Adam: the means of a row change in the steps that touch it.
func wordWindowAdam() Workload {
	w := wordWindow()
	w.Name, w.Doc, w.Optimizer = "W5a", "W5's network, Adam on the rows touched", adam(1e-3)
	return w
}

// inference predicts for one row with the network of W2.
func inference() Workload {
	w := mnistMLP()
	w.Name, w.Doc, w.Rows = "W8", "W2's network, forward pass of one row", 1
	w.Loss, w.Optimizer = nil, nil
	w.GFLOP = 2 * (784*512 + 512*512 + 512*10) / 1e9
	return w
}

// mnistExample is the network of examples/mnist.yaml, for the cost of everything around its steps.
func mnistExample() Workload {
	return Workload{
		Name: "mnist", Doc: "the network of examples/mnist.yaml, batch 64",
		Rows: 64, Batches: 16, Input: tensor.Spec{Name: "x", Shape: tensor.Shape{28, 28}}, Target: classes(10),
		Nodes: mnistNodes, Loss: crossEntropy, Optimizer: adam(1e-3),
		GFLOP: denseGFLOP(64, 784, 256, 128, 10),
	}
}

func numbers(n int) tensor.Spec { return tensor.Spec{Name: "x", Shape: tensor.Shape{n}} }

func classes(n int) tensor.Spec { return tensor.Spec{Name: "class", Classes: n} }

func crossEntropy() loss.Loss[float32] {
	return loss.NewSoftmaxCrossEntropy[float32](loss.SoftmaxCrossEntropyConfig{})
}

func meanSquaredError() loss.Loss[float32] { return loss.NewMSE[float32](loss.MSEConfig{}) }

func sgd(rate, momentum float64) func() optim.Optimizer[float32] {
	return func() optim.Optimizer[float32] {
		c := registry.Defaults[optim.SGDConfig]()
		c.LR, c.Momentum = registry.Const(rate), registry.Const(momentum)
		return optim.NewSGD[float32](c)
	}
}

func adam(rate float64) func() optim.Optimizer[float32] {
	return func() optim.Optimizer[float32] {
		c := registry.Defaults[optim.AdamConfig]()
		c.LR = registry.Const(rate)
		return optim.NewAdam[float32](c)
	}
}

// denseGFLOP counts the products of a step through dense layers of the given widths: forward, and the gradients of the
// weights and of every input but the first.
func denseGFLOP(rows int, sizes ...int) float64 {
	products := 0
	for i := range sizes[1:] {
		n := 3
		if i == 0 {
			n = 2
		}
		products += n * sizes[i] * sizes[i+1]
	}
	return 2 * float64(rows*products) / 1e9
}
