package experiment

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// Vectors is the initializer vectors. It fills a table with what the words without a vector begin with; the vectors
// themselves follow once the vocabulary of the data is known, since layers know no files.
type Vectors struct {
	_ struct{} `doc:"pre-trained word vectors, for a table with a row for each word of the data; a word takes the vector of the first form that the file has: as it is, in lower case, with a capital in front, in capitals; padding takes zeros"`
	data.VectorFile
	Unknown string  `doc:"word of the file whose vector unknown words take; the mean of the vectors taken where the file lacks it"`
	Std     float64 `doc:"standard deviation of the normal numbers that words without a vector begin with; 0 begins with zeros" is:">=0"`
}

func init() {
	layers.RegisterInitializer("vectors", Vectors{VectorFile: data.VectorFile{Format: "auto"}, Unknown: "<unk>", Std: 0.1},
		func(c Vectors) layers.Initializer { return c })
}

// Fill implements layers.Initializer.
func (c Vectors) Fill(w []float64, shape tensor.Shape, r tensor.Random) {
	layers.Normal{Std: c.Std}.Fill(w, shape, r)
	clear(w[:shape.Last()]) // padding
}

// Pretrained is a table that begins with vectors of a file.
type Pretrained struct {
	Param    string        `json:"param"`
	Input    string        `json:"input"` // whose words the rows stand for
	Coverage data.Coverage `json:"coverage"`
	Files    []data.File   `json:"files"`

	vectors *data.Vectors
}

// loadVectors reads the vectors of every table that begins with some.
func loadVectors[T tensor.Float](c *checker, m *model.Model[T], inputs []tensor.Spec, splits *data.Splits) []Pretrained {
	var all []Pretrained
	for _, p := range m.Params() {
		chosen, ok := p.Initializer().Config.(Vectors)
		if !ok {
			continue
		}
		i := slices.Index(c.names(), p.Node)
		fail := func(key, message, hint string) {
			at := c.node(i)
			if block := registry.Lookup(at, "weights"); block != nil {
				at = block
			}
			if n := registry.Lookup(at, key); n != nil {
				at = n
			}
			c.fail(at, fmt.Sprintf("model: node %q: vectors: %s", p.Node, message), hint)
		}
		input := c.inputOf(p.Node, inputs)
		vocabulary := splits.Vocabularies[input]
		switch {
		case vocabulary == nil:
			fail("type", fmt.Sprintf("it reads %s, whose numbers stand for no words", input), "read words of a data source that has a vocabulary, such as window or bag")
			continue
		case len(p.Shape) != 2 || p.Shape[0] < vocabulary.Size():
			fail("type", fmt.Sprintf("%s has shape %v, and the vocabulary %d words", p.Path, p.Shape, vocabulary.Size()), "leave vocabulary out: a table has a row for each word")
			continue
		}
		if other := c.otherWords(p.Node, input, inputs); other >= 0 {
			c.fail(c.node(other, "share"), fmt.Sprintf("model: node %q: the rows of the table that it shares are the words of %s, and it reads %s", c.names()[other], input, c.inputOf(c.names()[other], inputs)), "share between nodes that read the same words")
			continue
		}
		v, err := data.ReadVectors(data.Context{Dir: c.dir}, chosen.VectorFile, vocabulary, p.Shape[1], chosen.Unknown)
		if err != nil {
			key, hint := vectorFault(c, chosen.VectorFile, err)
			fail(key, err.Error(), hint)
			continue
		}
		all = append(all, Pretrained{p.Path, input, v.Coverage, v.Files, v})
	}
	return all
}

// otherWords returns a node that shares the parameters of an owner and reads another input than it, -1 for none.
func (c *checker) otherWords(owner, input string, inputs []tensor.Spec) int {
	return slices.IndexFunc(c.config.Model, func(n Node) bool { return n.Share == owner && c.inputOf(n.Name, inputs) != input })
}

// vectorFault returns the key that is to blame for an error of ReadVectors, and the remedy.
func vectorFault(c *checker, f data.VectorFile, err error) (key, hint string) {
	if e, ok := errors.AsType[*data.DimError](err); ok {
		return "path", fmt.Sprintf("set dim: %d, or name another file", e.Got)
	}
	if e, ok := errors.AsType[*registry.FieldError](err); ok {
		return e.Key, ""
	}
	key = "path"
	if f.Words != "" && strings.HasPrefix(err.Error(), f.Words+":") {
		key = "words"
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		if e.Path == f.Words {
			key = "words"
		}
		if errors.Is(err, fs.ErrNotExist) {
			return key, c.missingHint(e.Path)
		}
	}
	return key, "strata describe vectors says how the formats look; format says which one the file has"
}

// fillVectors writes the vectors into the tables of an initialized model.
func fillVectors[T tensor.Float](m *model.Model[T], all []Pretrained) {
	for _, p := range m.Params() {
		for _, from := range all {
			if from.Param == p.Path {
				data.FillRows(from.vectors, p.Data)
			}
		}
	}
}

// String says in a sentence how much of the vocabulary the file has.
func (p Pretrained) String() string {
	c := p.Coverage
	text := fmt.Sprintf("%s has vectors for %s of %d different words (%d as they are, %d in lower case, %d with a capital, %d in capitals), and for %s of %d words in all",
		p.Files[0].Path, percent(int64(c.TypesFound), int64(c.Types)), c.Types, c.Forms[0], c.Forms[1], c.Forms[2], c.Forms[3],
		percent(c.TokensFound, c.Tokens), c.Tokens)
	if c.Added > 0 {
		text += fmt.Sprintf("; for %s of %d words that no training row has", percent(int64(c.AddedFound), int64(c.Added)), c.Added)
	}
	if c.UnknownWord == "" {
		text += "; unknown words take the mean"
	}
	if c.Repeated > 0 {
		text += fmt.Sprintf("; %d words come more than once, and the first counts", c.Repeated)
	}
	if len(c.Missing) > 0 {
		text += "; the most frequent without one: " + strings.Join(c.Missing, " ")
	}
	return text
}

func percent(part, of int64) string {
	if of == 0 {
		return "0 %"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(of))
}

// comparePretrained returns an error where a file of vectors is no longer what it was when the run began.
func comparePretrained(was, is []Pretrained) error {
	for i, p := range was {
		if i >= len(is) {
			return fmt.Errorf("%s began with vectors, and now does not", p.Param)
		}
		if _, err := compareFiles(p.Files, is[i].Files); err != nil {
			return err
		}
	}
	return nil
}
