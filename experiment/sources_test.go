package experiment_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/train"
)

// A sourceCase is a small experiment on a data source.
type sourceCase struct {
	data, model string
	files       map[string]string
}

// sourceCases has an experiment for every source. One that is registered and not here fails TestResumeOfEverySource.
func sourceCases() map[string]sourceCase {
	var csv, conll, tsv strings.Builder
	csv.WriteString("length,colour,kind\n")
	images, labels := []byte("\x00\x00\x08\x03\x00\x00\x00\x18\x00\x00\x00\x02\x00\x00\x00\x02"), []byte("\x00\x00\x08\x01\x00\x00\x00\x18")
	for i := range 24 {
		fmt.Fprintf(&csv, "%d.5,%c,%c\n", i%7, 'p'+i%3, 'a'+i%2)
		fmt.Fprintf(&conll, "word%d\tB-x\nWord%d\tI-x\nend\tO\n\n", i%5, i%4)
		fmt.Fprintf(&tsv, "some text%d it's %d\t%c\n", i%6, i, 'a'+i%2)
		images = append(images, byte(10*i), byte(i), 7, byte(200-i))
		labels = append(labels, byte(i%2))
	}
	const vectors = "word1 1 2 3\nend -1 0.5 2\n<unk> 0 0 1\nit 1 1 1\n"
	return map[string]sourceCase{
		"csv":    {"{type: csv, path: t.csv, target: kind, eval_fraction: 0.25}", "[{name: out, type: dense, units: 2}]", map[string]string{"t.csv": csv.String()}},
		"digits": {"{type: digits, eval_fraction: 0.99}", "[{name: out, type: dense, units: 10}]", nil},
		"idx":    {"{type: idx, images: i, labels: l, eval_fraction: 0.25}", "[flatten, {name: out, type: dense, units: 2}]", map[string]string{"i": string(images), "l": string(labels)}},
		"values": {
			"{type: values, inputs: [{name: x, values: [1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6]}], target: {name: kind, classes: 2, values: [0, 0, 1, 1, 0, 1, 0, 1, 0, 1, 1, 0]}}",
			"[{name: out, type: dense, units: 2}]", nil,
		},
		"window": {
			"{type: window, path: t.conll, eval_fraction: 0.25, window: 3, features: [case, suffix], extra_words: v.txt}",
			`
  - {name: embed, type: embedding, dim: 3, from: [words], weights: {type: vectors, path: v.txt}}
  - {name: ends, type: embedding, dim: 2, from: [suffix]}
  - {name: both, type: concat, from: [embed, ends]}
  - flatten
  - {type: dropout, rate: 0.2}
  - {name: out, type: dense, units: 3}`,
			map[string]string{"t.conll": conll.String(), "v.txt": vectors},
		},
		"bag": {
			`{type: bag, paths: [t.tsv], text: "1", target: "2", eval_fraction: 0.25, min_count: 2}`,
			`
  - {name: embed, type: embedding_bag, dim: 3, weights: {type: vectors, path: v.txt, std: 0.5}}
  - {name: out, type: dense, units: 2}`,
			map[string]string{"t.tsv": tsv.String(), "v.txt": vectors},
		},
	}
}

// load writes the experiment into a directory of its own and loads it.
func (c sourceCase) load(t *testing.T) (*experiment.Experiment, string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range c.files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	text := fmt.Sprintf("data: %s\nmodel: %s\nloss: softmax_cross_entropy\nmetrics: [accuracy]\noptimizer: {type: adam, lr: 0.01}\ntrain: {epochs: 3, batch_size: 5, log_every: 1, rows: lazy}\n", c.data, c.model)
	path := filepath.Join(dir, "e.yaml")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	e, err := experiment.Load(path, experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return e, dir
}

// TestResumeOfEverySource interrupts a run on every source that is registered, continues it, and wants the bytes of one
// that was not interrupted.
func TestResumeOfEverySource(t *testing.T) {
	cases := sourceCases()
	for _, name := range data.Registry.Names() {
		t.Run(name, func(t *testing.T) {
			c, ok := cases[name]
			if !ok {
				t.Fatalf("give the source %s an experiment in sourceCases", name)
			}
			e, _ := c.load(t)
			whole := finish(t, e)
			for _, at := range []int64{1, 4, 6} {
				dir := filepath.Join(t.TempDir(), "run")
				ctx, cancel := context.WithCancel(t.Context())
				r, err := e.Start(dir, train.ObserverFunc(func(ev train.Event) {
					if s, ok := ev.(*train.Stepped); ok && s.Step == at {
						cancel()
					}
				}))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := r.Train(ctx); err != nil {
					t.Fatal(err)
				}
				if err := r.Close(); err != nil {
					t.Fatal(err)
				}
				if r, err = experiment.Resume(dir, experiment.ResumeOptions{}); err != nil {
					t.Fatal(err)
				}
				if _, err := r.Train(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := r.Close(); err != nil {
					t.Fatal(err)
				}
				wantSameBytes(t, dir, whole)
			}
		})
	}
}

// wantSameBytes compares the metrics logs and the newest checkpoints of two runs.
func wantSameBytes(t *testing.T, got, want string) {
	t.Helper()
	newest := func(dir string) string {
		path, _, err := checkpoint.Latest(filepath.Join(dir, train.CheckpointDir))
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, pair := range [][2]string{
		{filepath.Join(got, train.MetricsFile), filepath.Join(want, train.MetricsFile)},
		{newest(got), newest(want)},
	} {
		if filepath.Base(pair[0]) != filepath.Base(pair[1]) || !bytes.Equal(read(t, pair[0]), read(t, pair[1])) {
			t.Errorf("%s differs from %s", pair[0], pair[1])
		}
	}
}

// A run begins with the vectors of the file, and run.json says which they were.
func TestVectors(t *testing.T) {
	e, dir := sourceCases()["window"].load(t)
	if len(e.Vectors) != 1 {
		t.Fatalf("got %v", e.Vectors)
	}
	want := "v.txt has vectors for 30.0 % of 10 different words"
	if text := e.Vectors[0].String(); !strings.HasPrefix(text, want) {
		t.Errorf("got %s, want %s", text, want)
	}
	run := filepath.Join(t.TempDir(), "run")
	r, err := e.Start(run)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	var info experiment.Info
	if err := json.Unmarshal(read(t, filepath.Join(run, experiment.InfoFile)), &info); err != nil {
		t.Fatal(err)
	}
	if v := info.Vectors; len(v) != 1 || v[0].Param != "embed/w" || v[0].Input != "words" || v[0].Files[0].Path != "v.txt" || v[0].Coverage.TypesFound != 3 {
		t.Errorf("run.json has %+v", v)
	}
	// A run without a checkpoint reads the file again, and wants it unchanged.
	change(t, filepath.Join(dir, "v.txt"), "0.5", "0.6")
	_, err = experiment.Resume(run, experiment.ResumeOptions{})
	wantError(t, err, "v.txt has changed since the run began", "restore the file, go on with it as it is by --allow-data-change, or start a new run")
}

// The weights of a checkpoint are the vectors of now: a resumed run needs no file of vectors, a scored one neither.
func TestVectorsAreNotNeededTwice(t *testing.T) {
	c := sourceCases()["bag"]
	e, dir := c.load(t)
	run := finish(t, e)
	if err := os.Remove(filepath.Join(dir, "v.txt")); err != nil {
		t.Fatal(err)
	}
	r, err := experiment.Resume(run, experiment.ResumeOptions{Epochs: 4})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	trained, err := experiment.OpenTrained(run, experiment.TrainedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer trained.Close()
	if _, err := trained.Evaluate(); err != nil {
		t.Error(err)
	}
}

// Frozen vectors stay what the file says.
func TestFrozenVectors(t *testing.T) {
	c := sourceCases()["window"]
	c.model = strings.Replace(c.model, "{name: embed,", "{name: embed, trainable: false,", 1)
	e, _ := c.load(t)
	path, _, err := checkpoint.Latest(filepath.Join(finish(t, e), train.CheckpointDir))
	if err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, _ := f.Info("embed/w")
	w := make([]float32, info.Shape[0]*info.Shape[1])
	if err := checkpoint.ReadInto(f, "embed/w", w); err != nil {
		t.Fatal(err)
	}
	id := int(e.Splits.Vocabularies["words"].ID("end"))
	for row, want := range map[int][]float32{data.PaddingID: {0, 0, 0}, data.UnknownID: {0, 0, 1}, id: {-1, 0.5, 2}} {
		if got := w[3*row : 3*row+3]; got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
			t.Errorf("row %d is %v, want %v", row, got, want)
		}
	}
}

// A threshold is chosen by the evaluation rows of the experiment, and other rows are scored with it.
func TestTunedMetric(t *testing.T) {
	c := sourceCases()["window"]
	_, dir := c.load(t)
	change(t, filepath.Join(dir, "e.yaml"), "metrics: [accuracy]", "metrics: [{type: token_f1, tags: [x], tune: true}, entity_f1]")
	e, err := experiment.Load(filepath.Join(dir, "e.yaml"), experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	trained, err := experiment.OpenTrained(finish(t, e), experiment.TrainedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer trained.Close()
	rec, err := trained.EvaluateFile(filepath.Join(dir, "t.conll"))
	if err != nil || !(rec.Metrics["token_f1_x_tuned"] > 0.5) || !(rec.Metrics["entity_f1"] > 0) {
		t.Errorf("got %v, %v", rec.Metrics, err)
	}
	if err := os.Truncate(filepath.Join(dir, "v.txt"), 3); err != nil {
		t.Fatal(err)
	}
	_, err = trained.EvaluateFile(filepath.Join(dir, "t.conll"))
	wantError(t, err, "a metric is tuned on the evaluation rows of the experiment: ", "v.txt has changed since the run began")
}
