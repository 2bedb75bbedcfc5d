package experiment_test

import (
	"testing"

	"github.com/strata-ml/strata/experiment"
)

// attention is a graph of gates: each row of an image looks at the other rows, and the mean row and the first decide.
const attention = `
name: attention
data: {type: digits, shape: image}
model:
  - {name: query, type: dense, units: 6, from: input}
  - {name: key, type: dense, units: 6, from: input}
  - {name: value, type: dense, units: 16, from: input}
  - {name: scores, type: matmul, transpose: second, from: [query, key]}
  - {name: scaled, type: scale, factor: 0.408}
  - {name: weights, type: softmax}
  - {name: rows, type: matmul, from: [weights, value]}
  - {name: pooled, type: mean, axis: 0}
  - {name: first, type: select, index: 0, from: rows}
  - {name: both, type: mean, from: [pooled, first]}
  - {name: pieces, type: maxout, pieces: 2}
  - {name: hidden, type: gelu, approximate: tanh}
  - {name: out, type: dense, units: 10}
loss: softmax_cross_entropy
metrics: [accuracy]
optimizer: {type: adam, lr: 0.01}
train: {epochs: 6, batch_size: 32}
`

// TestGatesInAGraph reads a graph whose gates have several named inputs, checks its gradients, and trains it.
func TestGatesInAGraph(t *testing.T) {
	e := parse(t, attention, experiment.Options{})
	report, err := e.CheckGradients(4, 20)
	if err != nil {
		t.Fatal(err)
	}
	if worst := report.Worst(); !report.OK() {
		t.Errorf("the worst gradient is that of %s: %+v", worst.Path, worst)
	}
	m, err := experiment.OpenTrained(finish(t, e), experiment.TrainedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if rec, err := m.Evaluate(); err != nil || rec.Metrics["accuracy"] < 0.4 {
		t.Errorf("evaluation %+v (%v), want an accuracy of 0.4, four times that of a guess", rec, err)
	}
}
