package data

import (
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
)

// tokens is a token file in memory.
type tokens struct {
	path      string
	words     []string
	tags      []string        // nil where the file has none
	numbers   [][]float64     // by column
	entities  map[string]bool // types of entity, of all tags
	lines     []int32         // of each word
	sentences []span
}

// A span is the words [from, to).
type span struct{ from, to int }

// cut leaves the first n sentences.
func (t *tokens) cut(n int) {
	if n >= len(t.sentences) {
		return
	}
	t.sentences = t.sentences[:n]
	end := t.sentences[n-1].to
	t.words, t.lines = t.words[:end], t.lines[:end]
	if t.tags != nil {
		t.tags = t.tags[:end]
	}
	for i := range t.numbers {
		t.numbers[i] = t.numbers[i][:end]
	}
}

// readFile reads a token file. Without tagged, a file whose lines end before the column of the tag has no tags.
func (s *Window) readFile(c Context, path string, tagged bool) (*tokens, File, error) {
	in, err := openInput(c, path)
	if err != nil {
		return nil, File{}, err
	}
	defer in.close()
	t, err := s.readTokens(in, tagged, !c.NoTarget)
	if err != nil {
		return nil, File{}, err
	}
	file, err := in.finish(len(t.words))
	return t, file, err
}

func (s *Window) readTokens(in *input, tagged, target bool) (*tokens, error) {
	l, err := newLines(in)
	if err != nil {
		return nil, err
	}
	t := &tokens{path: in.path, entities: map[string]bool{}, numbers: make([][]float64, len(s.config.Numbers))}
	delimiter := byte('\t')
	if s.config.Delimiter == "space" {
		delimiter = ' '
	}
	var cells []cell
	begin := 0
	end := func() {
		if begin < len(t.words) {
			t.sentences = append(t.sentences, span{begin, len(t.words)})
			begin = len(t.words)
		}
	}
	for {
		line, err := l.text()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if strings.TrimSpace(line) == "" {
			end()
			continue
		}
		if s.config.Comment != "" && strings.HasPrefix(line, s.config.Comment) {
			continue
		}
		if cells, err = l.cells(line, delimiter, cells); err != nil {
			return nil, err
		}
		if s.config.Word > 1 && isNoWord(cells) {
			continue
		}
		if err := s.addToken(t, l, cells, tagged, target); err != nil {
			return nil, err
		}
	}
	end()
	if len(t.words) == 0 {
		return nil, fmt.Errorf("%s: the file has no words", in.path)
	}
	return t, nil
}

// noWord is the number that CoNLL-U gives to a line that is no word of the sentence: to a token of several words, which
// follow on lines of their own (1-2), or to a node that the text does not have (1.1).
var noWord = regexp.MustCompile(`^\d+[-.]\d+$`)

// isNoWord reports whether a line is one of CoNLL-U, which has ten columns with the number of the word in front, and no
// word.
func isNoWord(cells []cell) bool { return len(cells) == 10 && noWord.MatchString(cells[0].text) }

// addToken adds the word of a line.
func (s *Window) addToken(t *tokens, l *lines, cells []cell, tagged, target bool) error {
	last := cells[len(cells)-1]
	missing := func(key string, column int) error {
		at := position{l.number, last.at + len(last.text) + 1}
		remedy := mendLine
		switch {
		case len(cells) == 1 && strings.Contains(trim(last.text), " "):
			remedy = "delimiter: space splits lines at spaces"
		case len(t.words) == 0:
			remedy = "name a column that the file has"
		}
		return at.blame(l.in.path, wrongKey(key, "names column %d, and the line has %d; %s", column, len(cells), remedy))
	}
	if s.config.Word > len(cells) {
		return missing("word", s.config.Word)
	}
	word := cells[s.config.Word-1]
	switch {
	case trim(word.text) == "":
		return l.errorAt(word.at, "column %d, the word, is empty; %s", s.config.Word, mendLine)
	case len(word.text) > maxWordBytes:
		return l.errorAt(word.at, "the word is longer than %d bytes; %s", maxWordBytes, mendLine)
	case len(t.words) == math.MaxInt32:
		return l.errorAt(0, "the file has more than %d words", math.MaxInt32)
	}
	for i, column := range s.config.Numbers {
		if column > len(cells) {
			return missing("numbers", column)
		}
		c := cells[column-1]
		v, err := parseCell(trim(c.text))
		if err != nil {
			return position{l.number, c.at + 1}.blame(l.in.path, wrongKey("numbers", "names column %d, where %q is not %v", column, c.text, err))
		}
		t.numbers[i] = append(t.numbers[i], v)
	}
	if target {
		has := s.config.Tag <= len(cells)
		switch {
		case !has && tagged, !has && t.tags != nil:
			return missing("tag", s.config.Tag)
		case has && t.tags == nil && len(t.words) > 0:
			return l.errorAt(cells[s.config.Tag-1].at, "the line has a tag in column %d, and those before have none; tag all lines or none", s.config.Tag)
		case has:
			tag := trim(cells[s.config.Tag-1].text)
			if tag == "" {
				return l.errorAt(cells[s.config.Tag-1].at, "column %d, the tag, is empty; %s", s.config.Tag, mendLine)
			}
			t.tags = append(t.tags, s.keptTag(tag))
			if kind := EntityType(tag); tag != OutsideTag && !t.entities[kind] {
				t.entities[strings.Clone(kind)] = true
			}
		}
	}
	t.words, t.lines = append(t.words, strings.Clone(trim(word.text))), append(t.lines, int32(min(l.number, math.MaxInt32)))
	return nil
}

// keptTag returns a tag, or O where it is that of an entity that is not asked for.
func (s *Window) keptTag(tag string) string {
	if len(s.config.Entities) == 0 || slices.Contains(s.config.Entities, EntityType(tag)) {
		return strings.Clone(tag)
	}
	return OutsideTag
}

// OutsideTag is the tag of a word that belongs to no entity.
const OutsideTag = "O"

// EntityType returns the type of entity of a tag, which may begin with B- or I-: B-location is location.
func EntityType(tag string) string {
	if len(tag) > 2 && (tag[0] == 'B' || tag[0] == 'I') && tag[1] == '-' {
		return tag[2:]
	}
	return tag
}
