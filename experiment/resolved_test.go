package experiment_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/registry"
)

// everything sets what can be set. Its warm start is of no checkpoint, so it is read as that of a run.
const everything = `
name: flowers
seed: 18446744073709551615
dtype: float64
data: {type: csv, path: flowers.csv, target: species, eval_fraction: 0.25}
model:
  - {name: fc1, type: dense, units: 8, weights: {type: normal, std: 0.02}}
  - relu
  - {name: skip, type: dense, units: 8, from: input, trainable: false}
  - {type: sum, from: [relu, skip]}
  - relu
  - {name: out, type: dense, units: 3}
loss: softmax_cross_entropy
metrics: [accuracy, {type: top_k, k: 2}]
optimizer: {type: adamw, lr: {type: step, start: 0.01, every: 2}}
groups:
  - {params: ["skip/*", "fc1/*"], lr_scale: 0.1}
  - {params: ["*/b"], decay_scale: 0}
averaging: {decay: 0.99}
regularizers:
  - {type: l2, strength: 1e-4, params: ["fc1/w", "out/*"]}
  - {type: l1, strength: 1e-5}
  - {type: l2, strength: 1e-5, nodes: ["ou*"]}
clip: {norm: 1.0}
freeze: ["skip/*"]
train: {epochs: 2, batch_size: 4}
early_stopping: {patience: 3}
checkpoint: {every: 2, keep: 4, best: accuracy}
warm_start: {from: flowers.csv, rename: {old: fc1, Old/w: out/w}, freeze: ["fc1/*"]}
`

// TestResolvedRoundTrip checks that the resolved text decodes to a Config that resolves to the same text, and decodes
// to itself.
func TestResolvedRoundTrip(t *testing.T) {
	wired := strings.Replace(small, "units: 8", "units: 8, from: [input]", 1)
	chained := strings.Replace(everything, "{type: step, start: 0.01, every: 2}", `{type: chain, first: 0.1, then: [
    {after: 2, use: {type: piecewise, points: [{at: 0, value: 0.1}, {at: 5, value: 0.01}]}},
    {after: 8, use: {type: chain, first: {type: multi_step, start: 0.1, at: [1, 2]}, then: [{after: 3, use: 0.001}]}}]}`, 1)
	for name, text := range map[string]string{"small": small, "everything": everything, "explicit wire": wired, "chain": chained} {
		t.Run(name, func(t *testing.T) {
			first := parse(t, text, experiment.Options{Resumed: true})
			second := parse(t, string(first.Resolved()), experiment.Options{Resumed: true})
			if !bytes.Equal(second.Resolved(), first.Resolved()) {
				t.Errorf("got\n%s\nwant\n%s", second.Resolved(), first.Resolved())
			}
			third := parse(t, string(second.Resolved()), experiment.Options{Resumed: true})
			if !reflect.DeepEqual(third.Config, second.Config) {
				t.Errorf("got\n%#v\nwant\n%#v", third.Config, second.Config)
			}
		})
	}
}

// TestResolved shows a resolved experiment as a person sees it.
func TestResolved(t *testing.T) {
	compare(t, "testdata/everything.resolved.yaml", string(parse(t, everything, experiment.Options{Resumed: true}).Resolved()))
}

// TestResolvedHasEveryKey checks that no default is left out but those of optional blocks and lists.
func TestResolvedHasEveryKey(t *testing.T) {
	e := parse(t, everything, experiment.Options{Resumed: true})
	paths := map[string]bool{}
	for _, o := range e.Origins() {
		paths[o.Path] = true
	}
	for _, field := range registry.DescribeConfig(e.Config.Train).Fields {
		if !paths["train."+field.Key] {
			t.Errorf("train.%s is not written", field.Key)
		}
	}
	for _, path := range []string{"clip.value", "model.relu_2.name", "model.out.bias", "early_stopping.metric", "checkpoint.every_steps", "regularizers.1.params.0"} {
		if !paths[path] {
			t.Errorf("%s is not written", path)
		}
	}
}
