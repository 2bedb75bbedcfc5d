package experiment_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/strata-ml/strata/experiment"
)

// TestOutputsTrain trains a model with a second head, which is frozen, and the probabilities of the first: the loss scores
// the first output of the file.
func TestOutputsTrain(t *testing.T) {
	text := `
data: {type: values, inputs: [{name: x, shape: [2], values: [1, 2, 3, 4]}], target: {name: c, classes: 2, values: [0, 1]}}
model:
  - {name: fc, type: dense, units: 2}
  - {name: p, type: softmax}
  - {name: side, type: dense, units: 5, from: fc}
outputs: [fc, p, side]
freeze: [side/*]
loss: softmax_cross_entropy
optimizer: {type: sgd, lr: 0.1}
train: {epochs: 3}
`
	e, err := experiment.Parse("heads.yaml", []byte(text), experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	run, err := e.Start(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	if res, err := run.Train(context.Background()); err != nil || res.Step != 3 {
		t.Errorf("got %+v, %v", res, err)
	}
	x, err := e.Explain(1)
	if err != nil {
		t.Fatal(err)
	}
	if out := x.Trace.Values[x.Trace.Output]; out.Name != "fc" || x.Target != "1" || len(x.Scores) != 2 {
		t.Errorf("the loss scores %s, target %q", out.Name, x.Target)
	}
}
