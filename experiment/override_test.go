package experiment_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/experiment"
	_ "github.com/strata-ml/strata/schedule"
)

// small is an experiment whose every kind of value an override can reach.
const small = `
seed: 3
data: {type: csv, path: flowers.csv, target: species, eval_fraction: 0.25}
model:
  - {name: fc1, type: dense, units: 8}
  - relu
  - {name: out, type: dense, units: 3}
loss: softmax_cross_entropy
metrics: [accuracy, {type: top_k, k: 2}]
optimizer: {type: adam, lr: 0.01}
regularizers: [{type: l2, strength: 0.001}]
train: {epochs: 2, batch_size: 4}
`

func parse(t *testing.T, text string, opts experiment.Options) *experiment.Experiment {
	t.Helper()
	opts.Dir = "testdata/data"
	e, err := experiment.Parse("small.yaml", []byte(text), opts)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// valueOf returns a value of the resolved experiment and its origin.
func valueOf(t *testing.T, e *experiment.Experiment, path string) (value, from string) {
	t.Helper()
	i := slices.IndexFunc(e.Origins(), func(o experiment.Origin) bool { return o.Path == path })
	if i < 0 {
		t.Fatalf("there is no %s in\n%s", path, e.Resolved())
	}
	o := e.Origins()[i]
	return o.Value, o.From
}

func TestOverrides(t *testing.T) {
	tests := []struct {
		name        string
		env, set    []string
		path        string
		value, from string
	}{
		{"default", nil, nil, "train.log_every", "10", "default"},
		{"file", nil, nil, "optimizer.lr", "0.01", "small.yaml:10"},
		{"environment over file", []string{"STRATA_OPTIMIZER_LR=0.02"}, nil, "optimizer.lr", "0.02", "STRATA_OPTIMIZER_LR"},
		{"set over file", nil, []string{"optimizer.lr=0.03"}, "optimizer.lr", "0.03", "--set optimizer.lr"},
		{"set over environment", []string{"STRATA_OPTIMIZER_LR=0.02"}, []string{"optimizer.lr=0.03"}, "optimizer.lr", "0.03", "--set optimizer.lr"},
		{"later set", nil, []string{"seed=4", "seed=5"}, "seed", "5", "--set seed"},
		{"node by name", nil, []string{"model.fc1.units=128"}, "model.fc1.units", "128", "--set model.fc1.units"},
		{"node by number", nil, []string{"model.0.units=128"}, "model.fc1.units", "128", "--set model.0.units"},
		{"name and number of one node", nil, []string{"model.0.units=128", "model.fc1.units=64"}, "model.fc1.units", "64", "--set model.fc1.units"},
		{"node in the environment", []string{"STRATA_MODEL_FC1_UNITS=16"}, nil, "model.fc1.units", "16", "STRATA_MODEL_FC1_UNITS"},
		{"underscore in a key", []string{"STRATA_TRAIN_BATCH_SIZE=3"}, nil, "train.batch_size", "3", "STRATA_TRAIN_BATCH_SIZE"},
		{"list item by type", nil, []string{"metrics.top_k.k=1"}, "metrics.1.k", "1", "--set metrics.top_k.k"},
		{"list item in the environment", []string{"STRATA_REGULARIZERS_0_STRENGTH=0.5"}, nil, "regularizers.0.strength", "0.5", "STRATA_REGULARIZERS_0_STRENGTH"},
		{"whole list", nil, []string{"metrics=[accuracy]"}, "metrics.0.type", "accuracy", "--set metrics"},
		{"key that the file lacks", nil, []string{"checkpoint.keep=7"}, "checkpoint.keep", "7", "--set checkpoint.keep"},
		{"block that the file lacks", nil, []string{"early_stopping.patience=2"}, "early_stopping.metric", "loss", "default"},
		{"part in place of a part", nil, []string{"optimizer=sgd"}, "optimizer.type", "sgd", "--set optimizer"},
		{"key of a part without a block", nil, []string{"model.relu.name=act"}, "model.act.type", "relu", "small.yaml:6"},
		{"part from the environment, its key from another variable", []string{"STRATA_OPTIMIZER=sgd", "STRATA_OPTIMIZER_MOMENTUM=0.9"}, nil, "optimizer.momentum", "0.9", "STRATA_OPTIMIZER_MOMENTUM"},
		{"part by set, key by environment", []string{"STRATA_OPTIMIZER_LR=0.5"}, []string{"optimizer={type: adam, lr: 0.2}"}, "optimizer.lr", "0.2", "--set optimizer"},
		{"schedule", nil, []string{"optimizer.lr={type: step, start: 0.1, every: 3}"}, "optimizer.lr.every", "3", "--set optimizer.lr"},
		{"other variables are not ours", []string{"HOME=/x", "STRATAX=1"}, nil, "seed", "3", "small.yaml:2"},
		{"text that looks like a number", nil, []string{`name="2024"`}, "name", "2024", "--set name"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			value, from := valueOf(t, parse(t, small, experiment.Options{Env: test.env, Set: test.set}), test.path)
			if value != test.value || from != test.from {
				t.Errorf("%s is %q from %q, want %q from %q", test.path, value, from, test.value, test.from)
			}
		})
	}
}

// TestViperTraps shows that what viper does to keys and values on its own does not happen here.
func TestViperTraps(t *testing.T) {
	override := []string{"name=other"} // with an override, viper takes part
	t.Run("names keep their case", func(t *testing.T) {
		e := parse(t, strings.ReplaceAll(small, "fc1", "Hidden"), experiment.Options{Set: []string{"model.Hidden.units=5"}})
		if n := e.Config.Model[0].Name; n != "Hidden" {
			t.Errorf("the node is called %q", n)
		}
		if value, _ := valueOf(t, e, "model.Hidden.units"); value != "5" {
			t.Errorf("units is %s", value)
		}
	})
	t.Run("names that differ only in case are two", func(t *testing.T) {
		text := strings.ReplaceAll(strings.ReplaceAll(small, "fc1", "A"), "- relu", "- {name: a, type: dense, units: 6}")
		e := parse(t, text, experiment.Options{Set: []string{"model.a.units=5"}})
		upper, _ := valueOf(t, e, "model.A.units")
		lower, _ := valueOf(t, e, "model.a.units")
		if upper != "8" || lower != "5" {
			t.Errorf("the nodes have %s and %s units", upper, lower)
		}
	})
	t.Run("a list index leaves the other items", func(t *testing.T) {
		e := parse(t, small, experiment.Options{Set: []string{"metrics.1.k=1"}})
		if len(e.Config.Metrics) != 2 || e.Config.Metrics[0].Name != "accuracy" {
			t.Errorf("the metrics are %v", e.Config.Metrics)
		}
	})
	t.Run("a number keeps its digits", func(t *testing.T) {
		e := parse(t, strings.Replace(small, "seed: 3", "seed: 18446744073709551615", 1), experiment.Options{Set: []string{"train.epochs=4"}})
		if e.Config.Seed != 18446744073709551615 {
			t.Errorf("the seed is %d", e.Config.Seed)
		}
	})
	refused := []struct{ name, old, with, want string }{
		{"a fraction is no whole number", "epochs: 2", "epochs: 3.7", "epochs must be a whole number, is 3.7"},
		{"a leading zero is no octal number", "epochs: 2", "epochs: 010", "without leading zeros, is 010"},
		{"a null is not dropped", "seed: 3", "seed: ~", "seed has no value"},
		{"keys that differ in case are not merged", "units: 8", "units: 8, Units: 9", "differ only in case"},
		{"a dotted key is no path", "seed: 3", "train.epochs: 3", `key "train.epochs" holds a dot`},
		{"text is no number", "epochs: 2", `epochs: "2"`, "epochs must be a whole number"},
		{"yes is text", "batch_size: 4", "batch_size: 4, shuffle: yes", "shuffle must be true or false"},
	}
	for _, test := range refused {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(small, test.old, test.with, 1)
			_, err := experiment.Parse("small.yaml", []byte(text), experiment.Options{Dir: "testdata/data", Set: override})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want one with %q", err, test.want)
			}
		})
	}
	for _, set := range []string{"train.epochs=3.7", "train.epochs=010", "train.epochs=", "train.epochs=\"2\"", "train.shuffle=yes", "metrics.5=accuracy"} {
		t.Run("--set "+set, func(t *testing.T) {
			_, err := experiment.Parse("small.yaml", []byte(small), experiment.Options{Dir: "testdata/data", Set: []string{set}})
			if err == nil || !strings.HasPrefix(err.Error(), "--set "+set+": ") {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
