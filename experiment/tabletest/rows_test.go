package tabletest

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/train"
)

// trained trains an experiment in float64 and returns parameters of its newest checkpoint.
func trained(t *testing.T, text string, params ...string) [][]float64 {
	t.Helper()
	e, err := experiment.Parse("words.yaml", []byte("dtype: float64\n"+text), experiment.Options{})
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
	path, _, err := checkpoint.Latest(filepath.Join(dir, train.CheckpointDir))
	if err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all [][]float64
	for _, name := range params {
		info, ok := f.Info(name)
		if !ok {
			t.Fatalf("the checkpoint has no %s", name)
		}
		w := make([]float64, info.Bytes/8)
		if err := checkpoint.ReadInto(f, name, w); err != nil {
			t.Fatal(err)
		}
		all = append(all, w)
	}
	return all
}

// twice is a step of a model that looks the words up in two tables.
const twice = `data: {type: windows, words: 30}
model:
  - {name: first, type: embedding, dim: 3, from: [words], weights: {type: constant, value: 0.25}}
  - {name: first_flat, type: flatten}
  - {name: second, type: embedding, dim: 3, from: [words], weights: {type: constant, value: 0.25}}
  - {name: second_flat, type: flatten}
  - {name: both, type: concat, from: [first_flat, second_flat]}
  - {name: fc, type: dense, units: 8}
  - tanh
  - {name: out, type: dense, units: 2}
loss: softmax_cross_entropy
optimizer: {type: sgd, lr: 0.5}
train: {steps: 1, batch_size: 16, rows: lazy}
`

// TestSharedTableSumsGradients compares a step of a table that two nodes use with one of two tables that begin alike: it
// moves by as much as the two together.
func TestSharedTableSumsGradients(t *testing.T) {
	const begin = 0.25
	two := trained(t, twice, "first/w", "second/w")
	for _, rows := range []string{train.LazyRows, train.DenseRows} {
		text := strings.Replace(twice, "from: [words], weights: {type: constant, value: 0.25}}\n  - {name: second_flat", "from: [words], share: first}\n  - {name: second_flat", 1)
		shared := trained(t, strings.Replace(text, "rows: lazy", "rows: "+rows, 1), "first/w")[0]
		moved := 0
		for i, got := range shared {
			first, second := two[0][i]-begin, two[1][i]-begin
			if math.Abs(got-begin-(first+second)) > 1e-15 {
				t.Fatalf("%s: row %d moves by %v, and the rows of two tables by %v and %v", rows, i/3, got-begin, first, second)
			}
			if first != 0 && second != 0 && first != second {
				moved++
			}
		}
		if moved < 30 {
			t.Errorf("%s: %d elements move, and not alike in both tables: too few to tell", rows, moved)
		}
	}
}

// TestRowsOfUnseenWords trains a table of which no batch has the upper words, by rules that move rows without a gradient.
// Lazy rows of those keep their bits, dense ones do not.
func TestRowsOfUnseenWords(t *testing.T) {
	const dim, seen = 8, 30
	text := strings.Replace(words, "data: windows", "data: {type: windows, words: 30}", 1)
	text = strings.Replace(text, "epochs: 30", "epochs: 3", 1)
	begin := trained(t, strings.Replace(text, "rows: lazy}", "rows: lazy}\nfreeze: [embed/*]", 1), "embed/w")[0]
	if len(begin) != vocabulary*dim {
		t.Fatalf("the table has %d elements", len(begin))
	}
	for name, rule := range map[string]string{
		"adam":          "{type: adam, lr: 0.02}",
		"adamw":         "{type: adamw, lr: 0.02, weight_decay: 0.1}",
		"sgd, momentum": "{type: sgd, lr: 0.1, momentum: 0.9}",
		"adam, l2":      "{type: adam, lr: 0.02}\nregularizers: [{type: l2, strength: 0.01, params: ['*/w']}]",
		"averaged":      "{type: adam, lr: 0.02}\naveraging: {decay: 0.9}",
	} {
		for _, rows := range []string{train.LazyRows, train.DenseRows} {
			t.Run(name+", "+rows, func(t *testing.T) {
				text := strings.Replace(text, "{type: adam, lr: 0.02}", rule, 1)
				end := trained(t, strings.Replace(text, "rows: lazy", "rows: "+rows, 1), "embed/w")[0]
				kept, moved := 0, 0
				for i := range vocabulary {
					same := slices.Equal(bits(end[i*dim:(i+1)*dim]), bits(begin[i*dim:(i+1)*dim]))
					switch {
					case i < seen && !same:
						moved++
					case i >= seen && same:
						kept++
					}
				}
				want := fmt.Sprint(seen, vocabulary-seen)
				if decays := name == "adamw" || name == "adam, l2"; decays && rows == train.DenseRows {
					want = fmt.Sprint(seen, 0)
				}
				if got := fmt.Sprint(moved, kept); got != want {
					t.Errorf("rows moved of words that occur, and kept of others: %s, want %s", got, want)
				}
			})
		}
	}
}

func bits(x []float64) []uint64 {
	b := make([]uint64, len(x))
	for i, v := range x {
		b[i] = math.Float64bits(v)
	}
	return b
}
