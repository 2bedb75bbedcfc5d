package data

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The numbers that a vocabulary keeps for what is no word of it. Those of its words follow.
const (
	PaddingID   = 0 // a place beyond the edge of a sentence, or behind the end of a text
	UnknownID   = 1 // a word that the vocabulary lacks in every form
	FirstWordID = 2
)

// Limits on a vocabulary. A checkpoint holds all of it.
const (
	maxWords     = 2 << 20
	maxTextBytes = 24 << 20 // of all words
	maxWordBytes = 1 << 10  // of one
)

// A Vocabulary numbers words: those of the training rows, the most frequent first and equally frequent ones in the order
// of their bytes, then those that a file adds, in its order. It is a pure function of the rows and of that file.
type Vocabulary struct {
	Words   []string `json:"words"`             // by number, from FirstWordID on
	Counts  []int64  `json:"counts"`            // of them: how many words of the training rows have the number
	Unknown int64    `json:"unknown,omitempty"` // how many have none

	ids   map[string]int32
	bytes int // of all words
}

// VocabularyConfig is the part of a source's configuration that says what its vocabulary is.
type VocabularyConfig struct {
	Lowercase  bool   `doc:"read every word in lower case"`
	MinCount   int    `doc:"words that come less often in the training rows are unknown, unless extra_words has them" is:">=1"`
	ExtraWords string `doc:"file whose words the vocabulary has besides those of the training rows: word vectors in text, or one word a line"`
}

func defaultVocabularyConfig() VocabularyConfig { return VocabularyConfig{MinCount: 1} }

// word returns a word as the vocabulary has it.
func (c VocabularyConfig) word(w string) string {
	if c.Lowercase {
		return strings.ToLower(w)
	}
	return w
}

// fit returns the vocabulary of counted words, and the file with extra ones, nil without.
func (c VocabularyConfig) fit(ctx Context, counts map[string]int64) (*Vocabulary, []File, error) {
	v := newVocabulary(counts, c.MinCount)
	var files []File
	if c.ExtraWords != "" {
		in, err := openInput(ctx, c.ExtraWords)
		if err != nil {
			return nil, nil, err
		}
		defer in.close()
		file, err := v.addWords(in)
		if err != nil {
			return nil, nil, err
		}
		files = []File{file}
	}
	v.count(counts)
	return v, files, v.checkSize()
}

// newVocabulary returns the words that come at least minCount times, without their counts.
func newVocabulary(counts map[string]int64, minCount int) *Vocabulary {
	v := &Vocabulary{}
	for _, w := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	}) {
		if counts[w] >= int64(minCount) {
			v.Words = append(v.Words, w)
		}
	}
	v.index()
	return v
}

// count counts how many words have each number.
func (v *Vocabulary) count(counts map[string]int64) {
	v.Counts = make([]int64, len(v.Words))
	for w, n := range counts {
		if id := v.ID(w); id == UnknownID {
			v.Unknown += n
		} else {
			v.Counts[id-FirstWordID] += n
		}
	}
}

func (v *Vocabulary) index() {
	v.ids = make(map[string]int32, len(v.Words))
	v.bytes = 0
	for i, w := range v.Words {
		v.ids[w] = int32(FirstWordID + i)
		v.bytes += len(w)
	}
}

// checkSize returns an error where a checkpoint has no room for the vocabulary.
func (v *Vocabulary) checkSize() error {
	if len(v.Words) > maxWords || v.bytes > maxTextBytes {
		return fmt.Errorf("the vocabulary has %d words of %d bytes, and at most %d words of %d bytes are allowed; raise min_count, or shorten extra_words",
			len(v.Words), v.bytes, maxWords, maxTextBytes)
	}
	return nil
}

// addWords adds the first word of each line of a file. It passes over the header of word2vec, two numbers.
func (v *Vocabulary) addWords(in *input) (File, error) {
	l, err := newLines(in)
	if err != nil {
		return File{}, err
	}
	added := 0
	for {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return File{}, err
		}
		w, rest, _ := strings.Cut(string(line), " ")
		switch {
		case l.number == 1 && isHeader(w, rest):
			continue
		case !utf8.ValidString(w):
			return File{}, l.errorAt(invalidAt([]byte(w)), "the text is not UTF-8; save the file as UTF-8")
		case w == "" || len(w) > maxWordBytes:
			return File{}, l.errorAt(0, "the line does not begin with a word of at most %d bytes; %s", maxWordBytes, mendLine)
		case v.ids[w] > 0:
			continue
		case v.checkSize() != nil:
			return File{}, l.errorAt(0, "%v", v.checkSize())
		}
		v.Words = append(v.Words, w)
		v.ids[w] = int32(FirstWordID + len(v.Words) - 1)
		v.bytes += len(w)
		added++
	}
	return in.finish(added)
}

// Size returns the number of different numbers: that of the words, of padding and of the unknown word.
func (v *Vocabulary) Size() int { return FirstWordID + len(v.Words) }

// ID returns the number of a word: that of the first of its Forms that the vocabulary has, or UnknownID.
func (v *Vocabulary) ID(word string) int32 {
	for _, form := range Forms(word) {
		if id, ok := v.ids[form]; ok {
			return id
		}
	}
	return UnknownID
}

// Forms returns what a word is looked up as, one after the other: itself, in lower case, with a capital in front, and in
// capitals. Forms that are the same as one before are there all the same.
func Forms(word string) [4]string {
	lower := strings.ToLower(word)
	first, n := utf8.DecodeRuneInString(lower)
	title := lower
	if n > 0 && first != utf8.RuneError {
		title = string(unicode.ToTitle(first)) + lower[n:]
	}
	return [4]string{word, lower, title, strings.ToUpper(word)}
}

// check completes a vocabulary that was read from JSON.
func (v *Vocabulary) check() error {
	switch {
	case v == nil:
		return errors.New("has no vocabulary")
	case len(v.Words) != len(v.Counts):
		return fmt.Errorf("has %d words and %d counts", len(v.Words), len(v.Counts))
	}
	if v.index(); len(v.ids) != len(v.Words) {
		return errors.New("has a word twice")
	}
	return v.checkSize()
}
