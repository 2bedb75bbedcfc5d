package experiment_test

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"text/template"

	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/train"
)

// kinds are the kinds of parts in the order of the reference.
var kinds = []struct{ kind, title string }{
	{"data source", "Data sources"},
	{"layer", "Layers"},
	{"initializer", "Initializers"},
	{"loss", "Losses"},
	{"metric", "Metrics"},
	{"optimizer", "Optimizers"},
	{registry.ScheduleKind, "Schedules"},
	{"regularizer", "Regularizers"},
}

// TestReference checks that docs/configuration.md says what the registry holds, that its example is a good experiment
// and that the mistakes it shows are told as it shows them.
func TestReference(t *testing.T) {
	example := read(t, "testdata/reference.yaml")
	if _, err := experiment.Parse("digits.yaml", example, experiment.Options{SkipData: true}); err != nil {
		t.Errorf("the example is refused: %v", err)
	}
	schedules := read(t, "testdata/schedules.yaml")
	line := "optimizer: {type: adam, lr: {type: step, start: 0.001, every: 5}}\n"
	if _, err := experiment.Parse("digits.yaml", bytes.Replace(example, []byte(line), schedules, 1), experiment.Options{SkipData: true}); err != nil || !bytes.Contains(example, []byte(line)) {
		t.Errorf("the example of schedules is refused: %v", err)
	}
	type kind struct {
		Title string
		Parts []registry.Description
	}
	block := func(name string, config any) registry.Description {
		d := registry.DescribeConfig(config)
		d.Name = name
		return d
	}
	updates := read(t, "testdata/updates.yaml")
	kept := regexp.MustCompile(`(?m)^(optimizer|regularizers|train): .*\n`).ReplaceAllString(string(example), "")
	if _, err := experiment.Parse("digits.yaml", append([]byte(kept), updates...), experiment.Options{Memory: memory}); err != nil {
		t.Errorf("the example of updates is refused: %v", err)
	}
	page := map[string]any{
		"Updates": string(updates),
		"Example": string(example), "Schedules": string(schedules), "Mistakes": mistakes(t, string(example)), "Refused": refused(t),
		"MaxBytes": experiment.MaxBytes, "MaxDepth": experiment.MaxDepth, "MaxValues": experiment.MaxValues, "MaxNodes": experiment.MaxNodes,
		"Experiment": registry.DescribeConfig(experiment.DefaultConfig()),
		"Node":       experiment.DescribeNode(), "Regularizer": experiment.DescribeRegularizer(),
		"Blocks": []registry.Description{
			block("train", train.DefaultConfig()), block("log", train.Log{}), block("early_stopping", train.DefaultEarlyStopping()),
			block("checkpoint", train.DefaultCheckpointPolicy()), block("clip", optim.Clip{}),
			block("groups", train.DefaultGroup()), block("averaging", train.DefaultAveraging()),
			block("non_finite", train.DefaultNonFinite()),
			block("debug", train.Debug{}), block("debug.gradient_check", train.DefaultGradientCheck()),
			block("warm_start", experiment.WarmStart{}),
		},
	}
	var all []kind
	for _, k := range kinds {
		found, err := registry.FindKind(k.kind)
		if err != nil {
			t.Fatal(err)
		}
		entry := kind{Title: k.title}
		for _, name := range found.Names() {
			d, err := found.Describe(name)
			if err != nil {
				t.Fatal(err)
			}
			if d.Doc == "" {
				t.Errorf("%s %s has no documentation", k.kind, name)
			}
			for _, f := range d.Fields {
				if f.Doc == "" {
					t.Errorf("%s %s: key %s has no documentation", k.kind, name, f.Key)
				}
			}
			entry.Parts = append(entry.Parts, d)
		}
		all = append(all, entry)
	}
	page["Kinds"] = all
	if len(registry.Kinds()) != len(kinds) {
		t.Errorf("the reference lists %d kinds of %d", len(kinds), len(registry.Kinds()))
	}
	var out bytes.Buffer
	if err := template.Must(template.New("").Parse(string(read(t, "testdata/configuration.md.tmpl")))).Execute(&out, page); err != nil {
		t.Fatal(err)
	}
	compare(t, "../docs/configuration.md", strings.TrimRight(out.String(), "\n")+"\n")
}

// mistakes returns what a person is told of the example with three mistakes in it.
func mistakes(t *testing.T, example string) string {
	t.Helper()
	for _, change := range [][2]string{{"units: 64", "units: -1"}, {"batch_size: 32", "batchsize: 32"}, {"every: 5", "every: 5.5"}} {
		if !strings.Contains(example, change[0]) {
			t.Errorf("the example has no %q", change[0])
		}
		example = strings.Replace(example, change[0], change[1], 1)
	}
	_, err := experiment.Parse("digits.yaml", []byte(example), experiment.Options{SkipData: true})
	if err == nil {
		t.Fatal("the mistakes are accepted")
	}
	return err.Error() + "\n"
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
