// Package tabletest trains embeddings from experiment files. It has a data source of its own, because the built-in ones
// read no whole numbers, and a place of its own, because that source must not turn up in what package experiment's tests
// list.
package tabletest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	_ "github.com/strata-ml/strata/standard"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

func init() {
	data.Register("windows", windowsConfig{Rows: 400, Words: vocabulary}, func(c windowsConfig) data.Source { return windows{c} })
	optim.Register("whole", wholeConfig{LR: registry.Const(0.1)}, newWhole[float32], newWhole[float64])
}

const vocabulary = 50

type windowsConfig struct {
	Rows  int
	Words int // of the vocabulary, those below Words occur
}

// windows are rows of three words. The class is whether the word in the middle is even; it is nothing that a sum of
// numbers could tell.
type windows struct{ c windowsConfig }

func (w windows) Load(data.Context) (*data.Splits, error) {
	r := tensor.NewRandom(1)
	words, classes := make([]int32, 3*w.c.Rows), make([]int32, w.c.Rows)
	for i := range words {
		words[i] = int32(r.IntN(i, w.c.Words))
	}
	for i := range classes {
		classes[i] = words[3*i+1] % 2
	}
	inputs, err := data.NewIndices("words", tensor.Shape{3}, vocabulary, words)
	if err != nil {
		return nil, err
	}
	target, err := data.NewIndices("class", nil, 2, classes)
	if err != nil {
		return nil, err
	}
	all := &data.Set{Inputs: []data.Column{inputs}, Target: target}
	train, eval := data.Split(1, w.c.Rows, 0.25)
	return &data.Splits{Train: data.Subset(all, train), Eval: data.Subset(all, eval)}, nil
}

func (w windows) Read(c data.Context, _ string) (*data.Set, error) {
	s, err := w.Load(c)
	if err != nil {
		return nil, err
	}
	return s.Eval, nil
}

type wholeConfig struct {
	LR registry.Number `key:"lr"`
}

// whole is an optimizer that does not say that it can update single rows.
type whole[T tensor.Float] struct{ c wholeConfig }

func newWhole[T tensor.Float](c wholeConfig) optim.Optimizer[T] { return whole[T]{c} }
func (o whole[T]) Slots() []string                              { return nil }
func (o whole[T]) Rates() []optim.Rate                          { return optim.RatesOf(o.c) }
func (o whole[T]) Update(u *optim.Update[T])                    { tensor.Axpy(-T(u.Rates[0]), u.Grad, u.Param) }

const words = `data: windows
model:
  - {name: embed, type: embedding, dim: 8}
  - flatten
  - {name: fc, type: dense, units: 16}
  - tanh
  - {name: out, type: dense, units: 2}
loss: softmax_cross_entropy
metrics: [accuracy]
optimizer: {type: adam, lr: 0.02}
train: {epochs: 30, batch_size: 20, rows: lazy}
`

func TestEmbeddingTrains(t *testing.T) {
	path := filepath.Join(t.TempDir(), "words.yaml")
	if err := os.WriteFile(path, []byte(words), 0o666); err != nil {
		t.Fatal(err)
	}
	e, err := experiment.Load(path, experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	report, err := e.Report()
	if err != nil || report.Params != vocabulary*8+24*16+16+16*2+2 {
		t.Errorf("the report has %d parameters (%v)", report.Params, err)
	}
	gradients, err := e.CheckGradients(8, 40)
	if err != nil || !gradients.OK() {
		t.Errorf("gradients: %+v (%v)", gradients, err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	r, err := e.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	res, err := r.Train(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if got := res.Last.Metrics["accuracy"]; got < 0.95 {
		t.Errorf("the accuracy is %v", got)
	}
	trained, err := experiment.OpenTrained(dir, experiment.TrainedOptions{Last: true})
	if err != nil {
		t.Fatal(err)
	}
	defer trained.Close()
	if rec, err := trained.Evaluate(); err != nil || rec.Metrics["accuracy"] != res.Last.Metrics["accuracy"] {
		t.Errorf("evaluated again: %+v (%v)", rec, err)
	}
}

// TestResume cuts a run in two and gets the bytes of the run that was not cut.
func TestResume(t *testing.T) {
	var newest [2][]byte
	for i, epochs := range [][]string{{"4"}, {"2", "4"}} {
		e, err := experiment.Parse("words.yaml", []byte(words), experiment.Options{Set: []string{"train.epochs=" + epochs[0]}})
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "run")
		r, err := e.Start(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Train(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if len(epochs) > 1 {
			if r, err = experiment.Resume(dir, experiment.ResumeOptions{Epochs: 4}); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Train(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		}
		path, _, err := checkpoint.Latest(filepath.Join(dir, train.CheckpointDir))
		if err != nil {
			t.Fatal(err)
		}
		if newest[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(newest[0], newest[1]) {
		t.Error("the checkpoints differ")
	}
}

// TestRowsMustBeChosen looks at where and how a file is refused that does not say what happens to rows that a step does
// not touch.
func TestRowsMustBeChosen(t *testing.T) {
	for name, test := range map[string]struct{ from, to, want string }{
		"optimizer": {
			"rows: lazy", "rows: same", `words.yaml:10:12: optimizer: adam: it moves rows of the table embed/w that a step does not touch: rows under train does not say whether it should
   10 | optimizer: {type: adam, lr: 0.02}
      |            ^
      set rows: lazy under train for the touched rows alone, or rows: dense for all rows in every step`,
		},
		"regularizer": {
			"optimizer: {type: adam, lr: 0.02}\ntrain: {epochs: 30, batch_size: 20, rows: lazy}",
			"optimizer: sgd\nregularizers:\n  - {type: l1, params: [fc/w]}\n  - l2",
			`words.yaml:13:5: regularizers: l2: it acts on all of the table embed/w, of which a step touches a few rows: rows under train does not say whether it acts on those alone
   13 |   - l2
      |     ^
      set rows: lazy under train`,
		},
		"unsupported": {
			"optimizer: {type: adam, lr: 0.02}", "optimizer: whole", `words.yaml:10:12: optimizer: whole: it cannot update single rows, as the table embed/w is trained
   10 | optimizer: whole
      |            ^
      set rows: dense under train, or give the optimizer the method of optim.RowUpdater`,
		},
		"average": {
			"optimizer: {type: adam, lr: 0.02}\ntrain: {epochs: 30, batch_size: 20, rows: lazy}",
			"optimizer: sgd\naveraging: {decay: 0.9}",
			`words.yaml:11:12: averaging: it moves the average of rows of the table embed/w that a step does not touch: rows under train does not say whether it should
   11 | averaging: {decay: 0.9}
      |            ^
      set rows: lazy under train`,
		},
		"columns of a table": {
			"optimizer: {type: adam, lr: 0.02}", "optimizer: sgd\nregularizers: [{type: max_norm, max: 1}]",
			`words.yaml:11:16: regularizers: max_norm: it needs all rows of the table embed/w, of which a step touches a few
   11 | regularizers: [{type: max_norm, max: 1}]
      |                ^
      set rows: dense under train, or choose one that acts on each row by itself`,
		},
		"rows of a table": {"optimizer: {type: adam, lr: 0.02}", "optimizer: sgd\nregularizers: [{type: max_norm, max: 1, of: rows}]", ""},
		"frozen":          {"rows: lazy}", "rows: same}\nfreeze: [embed/*]", ""},
		"same":            {"{type: adam, lr: 0.02}\ntrain: {epochs: 30, batch_size: 20, rows: lazy}", "sgd", ""},
		"whole table":     {"type: adam, lr: 0.02}\ntrain: {epochs: 30, batch_size: 20, rows: lazy}", "type: whole}\ntrain: {rows: dense}", ""},
		"vocabulary": {
			"dim: 8}", "dim: 8, vocabulary: 49}", `words.yaml:3:5: model: node "embed": embedding: input 0 holds whole numbers below 50, and the layer takes those below 49
    3 |   - {name: embed, type: embedding, dim: 8, vocabulary: 49}
      |     ^
      it reads input of shape [3], whole numbers below 50`,
		},
		"real input": {
			"data: windows", "data: digits", `model: node "embed": embedding: input 0 must hold whole numbers, holds real ones`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(words, test.from, test.to, 1)
			if text == words {
				t.Fatal("nothing was replaced")
			}
			_, err := experiment.Parse("words.yaml", []byte(text), experiment.Options{})
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got\n%v\nwant\n%s", err, test.want)
			}
		})
	}
}

// TestMemory: a table that is updated whole needs a gradient of its size.
func TestMemory(t *testing.T) {
	bytes := func(rows string) int {
		text := strings.Replace(words, "rows: lazy", "rows: "+rows, 1)
		e, err := experiment.Parse("words.yaml", []byte(text), experiment.Options{})
		if err != nil {
			t.Fatal(err)
		}
		report, err := e.Report()
		if err != nil {
			t.Fatal(err)
		}
		return report.TrainBytes
	}
	if got := bytes("dense") - bytes("lazy"); got != 4*8*vocabulary {
		t.Errorf("dense rows take %d bytes more", got)
	}
}
