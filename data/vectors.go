package data

import (
	"path/filepath"
	"strings"

	"github.com/strata-ml/strata/tensor"
)

// The formats of files of word vectors.
const (
	formatAuto   = "auto"
	formatText   = "text"
	formatBinary = "word2vec_binary"
	formatNPY    = "npy"
)

// A VectorFile is a file of pre-trained word vectors.
//
// Formats: text has a word and its numbers a line, between single spaces, as GloVe writes it, and may begin with the
// line of word2vec, the number of words and that of their elements. word2vec_binary begins with that line; then comes
// each word, a space, and its elements as little-endian float32. npy is an array [words elements] of little-endian
// float32 or float64, with the words in a file beside it, one a line.
type VectorFile struct {
	Path   string `doc:"file of the vectors, relative to the experiment file; a name in .gz is unpacked" is:"required"`
	Format string `doc:"what the file is: text is that of GloVe and of word2vec; auto goes by the name: .npy, .bin, else text" is:"one of auto|text|word2vec_binary|npy"`
	Words  string `doc:"file with the words of an npy, one a line"`
}

// Validate implements the check of a configuration.
func (f VectorFile) Validate() error {
	switch is := f.format() == formatNPY; {
	case is && f.Words == "":
		return wrongKey("words", "is needed: an npy holds numbers alone; name the file with the words, one a line")
	case !is && f.Words != "":
		return wrongKey("words", "is of no use: the file of vectors holds the words")
	}
	return nil
}

func (f VectorFile) format() string {
	if f.Format != formatAuto && f.Format != "" {
		return f.Format
	}
	switch filepath.Ext(strings.TrimSuffix(f.Path, ".gz")) {
	case ".npy":
		return formatNPY
	case ".bin":
		return formatBinary
	}
	return formatText
}

// Vectors are the vectors of a file for the words of a vocabulary.
type Vectors struct {
	Dim      int
	Rows     []int32   // numbers of the words that have a vector, ascending
	Values   []float32 // their vectors. Shape: [len(Rows) Dim]
	Unknown  []float32 // the vector for unknown words, the mean of the others where the file has none of its own. Shape: [Dim]
	Coverage Coverage
	Files    []File
}

// Coverage says how much of a vocabulary a file of vectors has. Types are different words of the training rows, tokens
// are words of the training rows.
type Coverage struct {
	Types       int   `json:"types"`
	TypesFound  int   `json:"types_found"`
	Tokens      int64 `json:"tokens"`
	TokensFound int64 `json:"tokens_found"`
	// Forms counts the types found by the form that the file has: exact, lower case, Title, UPPER.
	Forms       [4]int   `json:"forms"`
	Added       int      `json:"added"`       // words of the vocabulary that no training row has
	AddedFound  int      `json:"added_found"` // of them, those with a vector
	UnknownWord string   `json:"unknown_word,omitempty"`
	Repeated    int      `json:"repeated,omitempty"` // words that the file has more than once: the first counts
	Missing     []string `json:"missing,omitempty"`  // the most frequent types without a vector
}

// maxMissing is how many words without a vector a Coverage lists.
const maxMissing = 10

// ReadVectors reads the vectors for the words of a vocabulary: of each, that of the first of its Forms that the file has.
// A vector has dim elements. unknown is the word of the file that stands for unknown words. Memory is taken for the words
// of the vocabulary alone, however large the file is.
func ReadVectors(c Context, f VectorFile, v *Vocabulary, dim int, unknown string) (*Vectors, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	in, err := openInput(c, f.Path)
	if err != nil {
		return nil, err
	}
	defer in.close()
	r := &vectorReader{in: in, dim: dim, wanted: wantedForms(v, unknown), found: map[string]int{}}
	var files []File
	count := 0
	switch f.format() {
	case formatNPY:
		var file File
		if count, file, err = r.readNPY(c, f.Words); err == nil {
			files = append(files, file)
		}
	case formatBinary:
		count, err = r.readBinary()
	default:
		count, err = r.readText()
	}
	if err != nil {
		return nil, err
	}
	file, err := in.finish(count)
	if err != nil {
		return nil, err
	}
	out := r.choose(v, unknown)
	out.Files = append([]File{file}, files...)
	return out, nil
}

// wantedForms returns every form of every word.
func wantedForms(v *Vocabulary, unknown string) map[string]bool {
	wanted := make(map[string]bool, 2*len(v.Words))
	for _, w := range v.Words {
		for _, form := range Forms(w) {
			wanted[form] = true
		}
	}
	if unknown != "" {
		wanted[unknown] = true
	}
	return wanted
}

// A vectorReader collects the vectors of the words that are wanted.
type vectorReader struct {
	in       *input
	dim      int
	wanted   map[string]bool
	found    map[string]int // places in values
	values   []float32
	repeated int
}

// place returns where the vector of a word belongs, nil where it is not wanted or there already.
func (r *vectorReader) place(word []byte) []float32 {
	if !r.wanted[string(word)] {
		return nil
	}
	if _, ok := r.found[string(word)]; ok {
		r.repeated++
		return nil
	}
	at := len(r.values)
	r.found[string(word)] = at
	r.values = append(r.values, make([]float32, r.dim)...)
	return r.values[at:]
}

// choose gives each word of the vocabulary the vector of its first form.
func (r *vectorReader) choose(v *Vocabulary, unknown string) *Vectors {
	out := &Vectors{Dim: r.dim}
	cov := &out.Coverage
	cov.Repeated = r.repeated
	sum := make([]float64, r.dim)
	for i, w := range v.Words {
		n := v.Counts[i]
		cov.add(n)
		form, at := r.find(w)
		if form < 0 {
			if n > 0 && len(cov.Missing) < maxMissing {
				cov.Missing = append(cov.Missing, w)
			}
			continue
		}
		cov.addFound(n, form)
		row := r.values[at : at+r.dim]
		out.Rows, out.Values = append(out.Rows, int32(FirstWordID+i)), append(out.Values, row...)
		for j, x := range row {
			sum[j] += float64(x)
		}
	}
	cov.Tokens += v.Unknown
	if at, ok := r.found[unknown]; ok {
		cov.UnknownWord, out.Unknown = unknown, r.values[at:at+r.dim]
		return out
	}
	out.Unknown = make([]float32, r.dim)
	for j, x := range sum {
		out.Unknown[j] = float32(x / float64(max(len(out.Rows), 1)))
	}
	return out
}

func (r *vectorReader) find(word string) (form, at int) {
	for form, w := range Forms(word) {
		if at, ok := r.found[w]; ok {
			return form, at
		}
	}
	return -1, 0
}

func (c *Coverage) add(count int64) {
	if count == 0 {
		c.Added++
		return
	}
	c.Types++
	c.Tokens += count
}

func (c *Coverage) addFound(count int64, form int) {
	if count == 0 {
		c.AddedFound++
		return
	}
	c.TypesFound++
	c.TokensFound += count
	c.Forms[form]++
}

// FillRows writes the vectors into a table [rows Dim]: those of the words, and that of unknown words.
func FillRows[T tensor.Float](v *Vectors, table []T) {
	write := func(row int, from []float32) {
		for j, x := range from {
			table[row*v.Dim+j] = T(x)
		}
	}
	for i, row := range v.Rows {
		write(int(row), v.Values[i*v.Dim:(i+1)*v.Dim])
	}
	write(UnknownID, v.Unknown)
}
