package data

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// The features that the source window makes of words.
const (
	featureCase   = "case"
	featureSuffix = "suffix"
)

// WindowConfig configures the source window.
//
// Words are numbered by a Vocabulary. Everything that is learned (vocabulary, suffixes, means of numbers) is learned from
// the training words alone, except the tags, which are those of the whole file at Path.
type WindowConfig struct {
	_                struct{} `doc:"words of sentences amid their neighbours, from a file with a word and its tag a line, such as CoNLL; an empty line ends a sentence; of CoNLL-U, with word: 2, the lines of tokens of several words (1-2) and of empty nodes (1.1) are passed over"`
	Path             string   `doc:"file with the training sentences, relative to the experiment file; a name in .gz is unpacked" is:"required"`
	EvalPath         string   `doc:"file with the evaluation sentences; without it, eval_fraction of those of path are"`
	EvalFraction     float64  `doc:"share of the sentences that is drawn at random for evaluation" is:">=0,<1"`
	Delimiter        string   `doc:"what separates columns: a tab, or any run of spaces and tabs" is:"one of tab|space"`
	Comment          string   `doc:"lines that begin with this text are passed over; without it, none"`
	Word             int      `doc:"column of the word, from 1" is:">=1"`
	Tag              int      `doc:"column of the tag to predict, from 1" is:">=1"`
	Window           int      `doc:"words of a window, an odd number: the word itself stands in the middle, and padding where the sentence ends" is:">=1,<=255"`
	Features         []string `doc:"further inputs with a whole number for each word of the window: case, whether it is written lower, Title, UPPER, mIxed, as a number or otherwise; suffix, its last letters"`
	SuffixLength     int      `doc:"letters of a suffix" is:">=1"`
	Numbers          []int    `doc:"columns of numbers, from 1: a further input, with mean 0 and variance 1, and 0 for padding"`
	Entities         []string `doc:"types of entity, such as location: tags of others are read as O; without it, all tags stand"`
	Limit            int      `doc:"use the first sentences of path only, so many; 0 uses all" is:">=0"`
	VocabularyConfig          // its keys come last
}

func init() {
	Register("window", WindowConfig{
		Delimiter: "tab", Word: 1, Tag: 2, Window: 5, SuffixLength: 3, VocabularyConfig: defaultVocabularyConfig(),
	}, NewWindow)
}

// Validate implements the check of a configuration.
func (c WindowConfig) Validate() error {
	for i, f := range c.Features {
		if f != featureCase && f != featureSuffix {
			unknown := &registry.UnknownError{Name: f, Known: []string{featureCase, featureSuffix}}
			return wrongKey("features", "lists %q, which is none; %s", f, unknown.Hint())
		}
		if slices.Contains(c.Features[:i], f) {
			return wrongKey("features", "lists %q twice", f)
		}
	}
	for _, n := range c.Numbers {
		if n < 1 || n == c.Word || n == c.Tag {
			return wrongKey("numbers", "must list columns from 1 that hold neither the word nor the tag, lists %d", n)
		}
	}
	switch {
	case c.Window%2 == 0:
		return wrongKey("window", "must be odd, is %d", c.Window)
	case c.EvalPath != "" && c.EvalFraction != 0:
		return wrongKey("eval_fraction", "is of no use beside eval_path; keep one of them")
	case c.Tag == c.Word:
		return wrongKey("tag", "is column %d, which holds the word", c.Tag)
	}
	return nil
}

// Window is the source window: a row for each word. Its inputs are words, of shape [window], and where they are asked
// for case, suffix, both of the same shape, and numbers, of shape [window numbers]. The target is tag, a class. The rows
// of a sentence are a sequence.
type Window struct{ config WindowConfig }

// NewWindow returns the source of a configuration. A mistake in the configuration comes out of Load.
func NewWindow(c WindowConfig) Source { return &Window{c} }

// Load implements Source.
func (s *Window) Load(c Context) (*Splits, error) {
	if err := registry.Check(s.config); err != nil {
		return nil, err
	}
	learned, err := s.decodeFitted(c.Fitted)
	if err != nil {
		return nil, err
	}
	all, file, err := s.readFile(c, s.config.Path, true)
	if err != nil {
		return nil, err
	}
	if err := s.checkEntities(all); err != nil {
		return nil, err
	}
	if s.config.Limit > 0 {
		all.cut(s.config.Limit)
	}
	files := []File{file}
	trainOf, evalOf := natural(len(all.sentences), nil), []int(nil)
	if s.config.EvalFraction > 0 {
		if trainOf, evalOf, err = splitRows(s.config.Path, c.Seed, len(all.sentences), s.config.EvalFraction); err != nil {
			return nil, err
		}
	}
	fit, more, err := s.fit(c, all, trainOf)
	if err != nil {
		return nil, err
	}
	if learned == nil {
		learned = fit
	}
	files = append(files, more...)
	splits := &Splits{Fitted: encodeFitted(learned), Vocabularies: learned.vocabularies()}
	if splits.Train, err = s.set(learned, all, trainOf); err != nil {
		return nil, err
	}
	switch {
	case evalOf != nil:
		splits.Eval, err = s.set(learned, all, evalOf)
	case s.config.EvalPath != "":
		splits.Eval, file, err = s.read(c, s.config.EvalPath, learned, true)
		files = append(files, file)
	}
	splits.Files = files
	return splits, err
}

// Read implements Source.
func (s *Window) Read(c Context, path string) (*Set, error) {
	if err := registry.Check(s.config); err != nil {
		return nil, err
	}
	learned, err := s.decodeFitted(c.Fitted)
	if err != nil {
		return nil, err
	}
	if learned == nil {
		return nil, errors.New("window: reading more sentences needs what the training run fitted")
	}
	set, _, err := s.read(c, path, learned, false)
	return set, err
}

func (s *Window) read(c Context, path string, learned *fittedWindow, tagged bool) (*Set, File, error) {
	all, file, err := s.readFile(c, path, tagged)
	if err != nil {
		return nil, file, err
	}
	if c.NoTarget {
		all.tags = nil
	}
	set, err := s.set(learned, all, natural(len(all.sentences), nil))
	return set, file, err
}

// Labels implements Labeled.
func (s *Window) Labels(fitted []byte) ([]string, error) {
	learned, err := s.decodeFitted(fitted)
	if err != nil || learned == nil {
		return nil, err
	}
	return learned.Tags, nil
}

// fittedWindow is what the source window learned from the training words.
type fittedWindow struct {
	Version  int            `json:"version"`
	Source   string         `json:"source"`
	Words    *Vocabulary    `json:"words"`
	Suffixes *Vocabulary    `json:"suffixes,omitempty"`
	Numbers  []fittedNumber `json:"numbers,omitempty"`
	Tags     []string       `json:"tags"`
}

func (l *fittedWindow) vocabularies() map[string]*Vocabulary {
	m := map[string]*Vocabulary{"words": l.Words}
	if l.Suffixes != nil {
		m[featureSuffix] = l.Suffixes
	}
	return m
}

// fit learns from the given sentences.
func (s *Window) fit(c Context, t *tokens, sentences []int) (*fittedWindow, []File, error) {
	words, suffixes := map[string]int64{}, map[string]int64{}
	var rows []int
	for _, k := range sentences {
		for i := t.sentences[k].from; i < t.sentences[k].to; i++ {
			words[s.config.word(t.words[i])]++
			suffixes[s.suffix(t.words[i])]++
			rows = append(rows, i)
		}
	}
	l := &fittedWindow{Version: fittedVersion, Source: "window"}
	var files []File
	var err error
	if l.Words, files, err = s.config.fit(c, words); err != nil {
		return nil, nil, err
	}
	if slices.Contains(s.config.Features, featureSuffix) {
		l.Suffixes = newVocabulary(suffixes, s.config.MinCount)
		l.Suffixes.count(suffixes)
	}
	for _, column := range t.numbers {
		l.Numbers = append(l.Numbers, fitNumber(column, rows, true, 1))
	}
	seen := map[string]bool{}
	for _, tag := range t.tags {
		seen[tag] = true
	}
	for tag := range seen {
		l.Tags = append(l.Tags, tag)
	}
	if slices.Sort(l.Tags); len(l.Tags) < 2 {
		return nil, nil, fmt.Errorf("%s: %w", s.config.Path, wrongKey("tag", "has one class alone, %s; a classification needs two or more", strings.Join(l.Tags, ", ")))
	}
	if len(l.Tags) > maxCategories {
		return nil, nil, fmt.Errorf("%s: %w", s.config.Path, wrongKey("tag", "column %d has more than %d different tags", s.config.Tag, maxCategories))
	}
	return l, files, nil
}

// checkEntities returns an error where a type that is asked for is that of no tag.
func (s *Window) checkEntities(t *tokens) error {
	for _, kind := range s.config.Entities {
		if !t.entities[kind] {
			unknown := registry.UnknownError{Name: kind, Known: slices.Sorted(maps.Keys(t.entities))}
			return fmt.Errorf("%s: %w", t.path, wrongKey("entities", "lists %q, which no tag has; %s", kind, unknown.Hint()))
		}
	}
	return nil
}

// suffix returns the last letters of a word.
func (s *Window) suffix(word string) string {
	r := []rune(strings.ToLower(word))
	return string(r[max(0, len(r)-s.config.SuffixLength):])
}

// decodeFitted reads the JSON form; it returns nil for none.
func (s *Window) decodeFitted(b []byte) (*fittedWindow, error) {
	if len(b) == 0 {
		return nil, nil
	}
	var l fittedWindow
	err := decodeStrictly(b, &l)
	if err == nil {
		err = l.check(s.config)
	}
	if err != nil {
		return nil, fmt.Errorf("window: fitted state: %w", err)
	}
	return &l, nil
}

func (l *fittedWindow) check(c WindowConfig) error {
	if l.Version != fittedVersion || l.Source != "window" {
		return fmt.Errorf("is version %d of source %q, not version %d of window", l.Version, l.Source, fittedVersion)
	}
	if err := l.Words.check(); err != nil {
		return err
	}
	if slices.Contains(c.Features, featureSuffix) {
		if err := l.Suffixes.check(); err != nil {
			return fmt.Errorf("suffix: %w", err)
		}
	}
	if len(l.Numbers) != len(c.Numbers) {
		return fmt.Errorf("has %d columns of numbers, not %d", len(l.Numbers), len(c.Numbers))
	}
	for i, n := range l.Numbers {
		if !(n.Scale > 0) || math.IsInf(n.Scale, 0) {
			return fmt.Errorf("numbers: column %d has scale %v", i+1, n.Scale)
		}
	}
	if !slices.IsSorted(l.Tags) || len(slices.Compact(slices.Clone(l.Tags))) != len(l.Tags) || len(l.Tags) < 2 {
		return errors.New("tags are not two or more different ones in order")
	}
	return nil
}

// tags of a set that the training file lacks are errors: strconv.Quote keeps them readable.
func unknownTag(path string, at position, tag string, known []string) error {
	return at.errorf(path, "tag %s is not among those of the training file: %s", strconv.Quote(tag), strings.Join(known[:min(len(known), 20)], ", "))
}

// set returns the windows of the given sentences.
func (s *Window) set(l *fittedWindow, t *tokens, sentences []int) (*Set, error) {
	if len(sentences) == 0 {
		return nil, fmt.Errorf("%s: there is no sentence", t.path)
	}
	p := placeWindows(t, sentences, s.config.Window)
	shape := tensor.Shape{s.config.Window}
	set := &Set{Sequences: p.starts}
	set.Inputs = append(set.Inputs, &windows{
		tensor.Spec{Name: "words", Shape: shape, Classes: l.Words.Size()},
		p,
		p.number(func(i int) int32 { return l.Words.ID(s.config.word(t.words[i])) }),
	})
	for _, f := range s.config.Features {
		w := &windows{tensor.Spec{Name: f, Shape: shape, Classes: caseClasses}, p, nil}
		if f == featureCase {
			w.ids = p.number(func(i int) int32 { return caseOf(t.words[i]) })
		} else {
			w.spec.Classes = l.Suffixes.Size()
			w.ids = p.number(func(i int) int32 { return l.Suffixes.ID(s.suffix(t.words[i])) })
		}
		set.Inputs = append(set.Inputs, w)
	}
	if len(l.Numbers) > 0 {
		numbers, err := p.numbers(t, l.Numbers)
		if err != nil {
			return nil, err
		}
		set.Inputs = append(set.Inputs, numbers)
	}
	if t.tags == nil {
		return set, nil
	}
	class := make(map[string]int32, len(l.Tags))
	for k, tag := range l.Tags {
		class[tag] = int32(k)
	}
	target := make([]int32, 0, len(p.at))
	for _, i := range p.words {
		k, ok := class[t.tags[i]]
		if !ok {
			return nil, unknownTag(t.path, position{int(t.lines[i]), 1}, t.tags[i], l.Tags)
		}
		target = append(target, k)
	}
	set.Target = &indices{tensor.Spec{Name: "tag", Classes: len(l.Tags), Labels: l.Tags}, target}
	return set, nil
}
