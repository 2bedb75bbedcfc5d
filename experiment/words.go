package experiment

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// A WordTable is a table of a trained model whose rows stand for words: as it was before training, and as it is in the
// checkpoint.
type WordTable struct {
	Param      string
	Vocabulary *data.Vocabulary
	Dim        int
	Before     []float64 // [words Dim], by the numbers of the vocabulary
	After      []float64 // alike
}

// WordTable returns the table of a parameter; of the first that has one where param is "". What was before training is
// not kept: it follows again from the seed, the data and the files of vectors, which must be as they were.
func (t *Trained) WordTable(param string) (*WordTable, error) {
	e, err := Parse(t.Path, []byte(t.file.Config().Text), Options{Dir: t.dir, Fitted: t.file.Config().Preprocessing, InRun: true})
	if err != nil {
		return nil, err
	}
	if _, err := compareFiles(filesOf(t.file.Config()), e.Splits.Files); err != nil {
		return nil, fmt.Errorf("%w: the vectors before training followed from it", err)
	}
	if t.info != nil {
		if err := comparePretrained(t.info.Vectors, e.Vectors); err != nil {
			return nil, fmt.Errorf("%w: the vectors before training followed from it", err)
		}
	}
	var start *checkpoint.File
	if w := e.Config.WarmStart; w != nil {
		if start, _, err = openWarmStart(e.Dir, w); err != nil {
			return nil, fmt.Errorf("warm_start: %w", err)
		}
		defer start.Close()
	}
	if e.Config.DType == "float64" {
		return wordTableOf[float64](e, start, t.file, param)
	}
	return wordTableOf[float32](e, start, t.file, param)
}

func wordTableOf[T tensor.Float](e *Experiment, start, now *checkpoint.File, param string) (*WordTable, error) {
	s, err := startOf[T](e, start)
	if err != nil {
		return nil, err
	}
	inputs := inputSpecs(e.Splits.Train)
	c := checker{config: &e.Config}
	var known []string
	for _, p := range s.Model.Params() {
		vocabulary := e.Splits.Vocabularies[c.inputOf(p.Node, inputs)]
		if !p.IsTable() || vocabulary == nil {
			continue
		}
		if known = append(known, p.Path); param != "" && param != p.Path {
			continue
		}
		n := vocabulary.Size() * p.Shape.Last()
		table := &WordTable{Param: p.Path, Vocabulary: vocabulary, Dim: p.Shape.Last(), Before: widened(p.Data[:n])}
		if err := train.LoadModel(s.Model, now); err != nil {
			return nil, err
		}
		table.After = widened(p.Data[:n])
		return table, nil
	}
	if len(known) == 0 {
		return nil, errors.New("the model has no table whose rows stand for words")
	}
	return nil, &registry.UnknownError{What: "table of words", Name: param, Known: known}
}

func widened[T tensor.Float](x []T) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// inputOf returns the input of the data that a node reads first, or the node that it reads.
func (c *checker) inputOf(node string, inputs []tensor.Spec) string {
	from := c.sources(slices.Index(c.names(), node))[0]
	if from == "input" {
		return inputs[0].Name
	}
	return from
}

// Word returns the word of a number.
func (t *WordTable) Word(id int32) string {
	switch id {
	case data.PaddingID:
		return "(padding)"
	case data.UnknownID:
		return "(unknown)"
	}
	return t.Vocabulary.Words[id-data.FirstWordID]
}

// IDs returns the numbers of words. It is an error where one is not in the vocabulary in any form.
func (t *WordTable) IDs(words []string) ([]int32, error) {
	ids := make([]int32, len(words))
	var unknown []string
	for i, w := range words {
		if ids[i] = t.Vocabulary.ID(w); ids[i] == data.UnknownID {
			unknown = append(unknown, w)
		}
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("%s: the vocabulary has no %s", t.Param, strings.Join(unknown, ", "))
	}
	return ids, nil
}

func (t *WordTable) row(vectors []float64, id int32) []float64 {
	return vectors[int(id)*t.Dim : (int(id)+1)*t.Dim]
}

// Moved returns how far training moved the vector of a word: the Euclidean distance.
func (t *WordTable) Moved(id int32) float64 {
	sum := 0.0
	for j, v := range t.row(t.After, id) {
		d := v - t.row(t.Before, id)[j]
		sum += d * d
	}
	return math.Sqrt(sum)
}

// Farthest returns the n words of the training rows that training moved farthest, the farthest first.
func (t *WordTable) Farthest(n int) []int32 {
	var ids []int32
	moved := map[int32]float64{}
	for i, count := range t.Vocabulary.Counts {
		if id := int32(data.FirstWordID + i); count > 0 {
			ids, moved[id] = append(ids, id), t.Moved(id)
		}
	}
	slices.SortStableFunc(ids, func(a, b int32) int { return cmp.Compare(moved[b], moved[a]) })
	return ids[:min(n, len(ids))]
}

// A Neighbour is a word near another.
type Neighbour struct {
	Word   string  `json:"word"`
	Cosine float64 `json:"cosine"` // of the angle between the two vectors
}

// Neighbours returns the n words whose vectors, of Before or of After, have the smallest angle with that of a word.
func (t *WordTable) Neighbours(vectors []float64, id int32, n int) []Neighbour {
	of := t.row(vectors, id)
	length := math.Sqrt(tensor.SumSquares(of))
	var all []Neighbour
	for other := int32(data.FirstWordID); int(other) < t.Vocabulary.Size(); other++ {
		row := t.row(vectors, other)
		if norm := length * math.Sqrt(tensor.SumSquares(row)); other != id && norm > 0 {
			all = append(all, Neighbour{t.Word(other), tensor.Dot(of, row) / norm})
		}
	}
	slices.SortStableFunc(all, func(a, b Neighbour) int { return cmp.Compare(b.Cosine, a.Cosine) })
	return all[:min(n, len(all))]
}
