package data

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// BagConfig configures the source bag.
//
// A text is split by Tokenize, and its words are numbered by a Vocabulary. Everything that is learned is learned from the
// training rows alone, except the classes of the target, which are those of all files in Paths.
type BagConfig struct {
	_                struct{} `doc:"texts and their classes from tables such as TSV and CSV: the words of a text in, its class out; made for embedding_bag"`
	Paths            []string `doc:"files with a text a row, relative to the experiment file, as if they were one; a name in .gz is unpacked" is:"required"`
	EvalPath         string   `doc:"file with the evaluation rows; without it, eval_fraction of the rows of paths are"`
	EvalFraction     float64  `doc:"share of the rows that is drawn at random for evaluation" is:">=0,<1"`
	Header           bool     `doc:"the first row names the columns; otherwise their names are 1, 2, …"`
	Delimiter        string   `doc:"character between cells"`
	Quotes           bool     `doc:"cells may stand in quotes, as in CSV; otherwise a quote is a character like others, and a row is a line"`
	Text             string   `doc:"column with the text" is:"required"`
	Target           string   `doc:"column with its class" is:"required"`
	MaxWords         int      `doc:"words of a text that are read; 0 reads as many as the longest text of paths has" is:">=0,<=65536"`
	VocabularyConfig          // its keys come last
}

func init() {
	Register("bag", BagConfig{Delimiter: "\t", VocabularyConfig: defaultVocabularyConfig()}, NewBag)
}

// Validate implements the check of a configuration.
func (c BagConfig) Validate() error {
	switch {
	case len(c.Paths) == 0:
		return wrongKey("paths", "must name at least one file")
	case len(c.Delimiter) != 1 || c.Delimiter[0] >= 0x80 || c.Delimiter == "\"" || c.Delimiter == "\n" || c.Delimiter == "\r":
		return wrongKey("delimiter", `must be one ASCII character, such as "," or "\t", is %q`, c.Delimiter)
	case c.EvalPath != "" && c.EvalFraction != 0:
		return wrongKey("eval_fraction", "is of no use beside eval_path; keep one of them")
	case c.Text == c.Target:
		return wrongKey("target", "is column %q, which holds the text", c.Target)
	}
	return nil
}

// Bag is the source bag: one input named words, of shape [longest text], padded behind the words of the text with
// PaddingID, and a target of the name of its column, a class.
type Bag struct{ config BagConfig }

// NewBag returns the source of a configuration. A mistake in the configuration comes out of Load.
func NewBag(c BagConfig) Source { return &Bag{c} }

// fittedBag is what the source bag learned from the training rows.
type fittedBag struct {
	Version int         `json:"version"`
	Source  string      `json:"source"`
	Length  int         `json:"length"` // of the input
	Words   *Vocabulary `json:"words"`
	Classes []string    `json:"classes"`
}

// texts is files of texts in memory.
type texts struct {
	path    string
	words   [][]string
	classes []string // nil where the file has no target
	places  []position
}

// Load implements Source.
func (s *Bag) Load(c Context) (*Splits, error) {
	if err := registry.Check(s.config); err != nil {
		return nil, err
	}
	learned, err := s.decodeFitted(c.Fitted)
	if err != nil {
		return nil, err
	}
	all := &texts{path: s.config.Paths[0]}
	splits := &Splits{}
	for _, path := range s.config.Paths {
		file, err := s.readFile(c, path, all, true)
		if err != nil {
			return nil, err
		}
		splits.Files = append(splits.Files, file)
	}
	train, eval := natural(len(all.words), nil), []int(nil)
	if s.config.EvalFraction > 0 {
		if train, eval, err = splitRows(all.path, c.Seed, len(all.words), s.config.EvalFraction); err != nil {
			return nil, err
		}
	}
	fit, files, err := s.fit(c, all, train)
	if err != nil {
		return nil, err
	}
	if learned == nil {
		learned = fit
	}
	splits.Fitted, splits.Files = encodeFitted(learned), append(splits.Files, files...)
	splits.Vocabularies = map[string]*Vocabulary{"words": learned.Words}
	if splits.Train, err = s.set(learned, all); err != nil {
		return nil, err
	}
	switch {
	case eval != nil:
		splits.Train, splits.Eval = Subset(splits.Train, train), Subset(splits.Train, eval)
	case s.config.EvalPath != "":
		rows := &texts{path: s.config.EvalPath}
		file, err := s.readFile(c, s.config.EvalPath, rows, true)
		if err != nil {
			return nil, err
		}
		if splits.Eval, err = s.set(learned, rows); err != nil {
			return nil, err
		}
		splits.Files = append(splits.Files, file)
	}
	return splits, nil
}

// Read implements Source.
func (s *Bag) Read(c Context, path string) (*Set, error) {
	if err := registry.Check(s.config); err != nil {
		return nil, err
	}
	learned, err := s.decodeFitted(c.Fitted)
	if err != nil {
		return nil, err
	}
	if learned == nil {
		return nil, errors.New("bag: reading more texts needs what the training run fitted")
	}
	rows := &texts{path: path}
	if _, err := s.readFile(c, path, rows, false); err != nil {
		return nil, err
	}
	return s.set(learned, rows)
}

// Labels implements Labeled.
func (s *Bag) Labels(fitted []byte) ([]string, error) {
	learned, err := s.decodeFitted(fitted)
	if err != nil || learned == nil {
		return nil, err
	}
	return learned.Classes, nil
}

// fit learns from the given rows.
func (s *Bag) fit(c Context, t *texts, rows []int) (*fittedBag, []File, error) {
	l := &fittedBag{Version: fittedVersion, Source: "bag", Length: s.config.MaxWords}
	counts := map[string]int64{}
	for _, r := range rows {
		for _, w := range t.words[r] {
			counts[w]++
		}
	}
	if l.Length == 0 {
		l.Length = 1
		for _, words := range t.words {
			l.Length = max(l.Length, len(words))
		}
	}
	seen := map[string]bool{}
	for _, class := range t.classes {
		if !seen[class] {
			seen[class] = true
			l.Classes = append(l.Classes, class)
		}
	}
	if l.Classes = sorted(l.Classes); len(l.Classes) < 2 || len(l.Classes) > maxCategories {
		return nil, nil, fmt.Errorf("%s: %w", t.path, wrongKey("target", "%q has %d classes; a classification needs from 2 to %d", s.config.Target, len(l.Classes), maxCategories))
	}
	var files []File
	var err error
	l.Words, files, err = s.config.fit(c, counts)
	return l, files, err
}

// decodeFitted reads the JSON form; it returns nil for none.
func (s *Bag) decodeFitted(b []byte) (*fittedBag, error) {
	if len(b) == 0 {
		return nil, nil
	}
	var l fittedBag
	err := decodeStrictly(b, &l)
	if err == nil {
		err = l.check()
	}
	if err != nil {
		return nil, fmt.Errorf("bag: fitted state: %w", err)
	}
	return &l, nil
}

func (l *fittedBag) check() error {
	if l.Version != fittedVersion || l.Source != "bag" {
		return fmt.Errorf("is version %d of source %q, not version %d of bag", l.Version, l.Source, fittedVersion)
	}
	if l.Length < 1 || l.Length > maxRecordBytes {
		return fmt.Errorf("has texts of %d words", l.Length)
	}
	if seen := slices.Compact(slices.Sorted(slices.Values(l.Classes))); len(seen) != len(l.Classes) || len(seen) < 2 {
		return errors.New("classes are not two or more different ones")
	}
	return l.Words.check()
}

// set returns the rows of texts.
func (s *Bag) set(l *fittedBag, t *texts) (*Set, error) {
	column := &padded{spec: tensor.Spec{Name: "words", Shape: tensor.Shape{l.Length}, Classes: l.Words.Size()}}
	set := &Set{Inputs: []Column{column}}
	long := 0
	for _, words := range t.words {
		column.begins = append(column.begins, len(column.ids))
		if len(words) > l.Length {
			words = words[:l.Length]
			long++
		}
		for _, w := range words {
			column.ids = append(column.ids, l.Words.ID(w))
		}
	}
	if column.begins = append(column.begins, len(column.ids)); long > 0 {
		set.Warnings = append(set.Warnings, fmt.Sprintf("%s: %d of %d texts have more than %d words, and are cut", t.path, long, len(t.words), l.Length))
	}
	if t.classes == nil {
		return set, nil
	}
	class := make(map[string]int32, len(l.Classes))
	for k, name := range l.Classes {
		class[name] = int32(k)
	}
	target := make([]int32, len(t.classes))
	for r, name := range t.classes {
		k, ok := class[name]
		if !ok {
			return nil, t.places[r].errorf(t.path, "column %q: class %q is not among those of the training file: %s",
				s.config.Target, name, strings.Join(l.Classes[:min(len(l.Classes), 20)], ", "))
		}
		target[r] = k
	}
	set.Target = &indices{tensor.Spec{Name: s.config.Target, Classes: len(l.Classes), Labels: l.Classes}, target}
	return set, nil
}

// padded is an index column of lists of different lengths, filled up with PaddingID. Shape: [longest].
type padded struct {
	spec   tensor.Spec
	ids    []int32
	begins []int // by row, and the end of the last one
}

func (c *padded) Spec() tensor.Spec { return c.spec }

func (c *padded) Len() int { return len(c.begins) - 1 }

func (c *padded) Float32([]float32, []int) { panic(notNumeric(c.spec)) }

func (c *padded) Float64([]float64, []int) { panic(notNumeric(c.spec)) }

func (c *padded) Int32(dst []int32, rows []int) {
	width := c.spec.Shape.Size()
	for i, r := range rows {
		out := dst[i*width : (i+1)*width]
		n := copy(out, c.ids[c.begins[r]:c.begins[r+1]])
		clear(out[n:])
	}
}

// readFile appends the rows of a file. Without needsTarget the column of the target may be missing.
func (s *Bag) readFile(c Context, path string, t *texts, needsTarget bool) (File, error) {
	in, err := openInput(c, path)
	if err != nil {
		return File{}, err
	}
	defer in.close()
	before := len(t.words)
	if err := s.readRows(in, t, needsTarget, c.NoTarget); err != nil {
		return File{}, err
	}
	if len(t.words) == before {
		return File{}, fmt.Errorf("%s: the file has no rows", path)
	}
	return in.finish(len(t.words) - before)
}

func (s *Bag) readRows(in *input, t *texts, needsTarget, noTarget bool) error {
	r, err := s.open(in)
	if err != nil {
		return err
	}
	text, target := slices.Index(r.columns(), s.config.Text), slices.Index(r.columns(), s.config.Target)
	switch {
	case text < 0:
		return fmt.Errorf("%s: %w", in.path, &registry.FieldError{Key: "text", Err: unknownColumn(s.config.Text, r.columns())})
	case target < 0 && needsTarget:
		return fmt.Errorf("%s: %w", in.path, &registry.FieldError{Key: "target", Err: unknownColumn(s.config.Target, r.columns())})
	case noTarget:
		target = -1
	}
	for {
		cells, err := r.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, i := range []int{text, target} {
			if i >= 0 && !utf8.ValidString(cells[i]) {
				return r.errorAt(i, "column %q: %.40q is not UTF-8; save the file as UTF-8", r.columns()[i], cells[i])
			}
		}
		words := Tokenize(cells[text], nil)
		for i, w := range words {
			if len(w) > maxWordBytes {
				return r.errorAt(text, "column %q: a word is longer than %d bytes", s.config.Text, maxWordBytes)
			}
			words[i] = strings.Clone(s.config.word(w))
		}
		t.words = append(t.words, words)
		if target < 0 {
			continue
		}
		class := trim(cells[target])
		if class == "" {
			return r.errorAt(target, "column %q: the row has no target; remove it", s.config.Target)
		}
		t.classes, t.places = append(t.classes, strings.Clone(class)), append(t.places, r.position(target))
	}
}

// A rowReader reads the rows of a table. Cells are valid until the following call of next.
type rowReader interface {
	columns() []string
	next() ([]string, error)
	position(cell int) position
	errorAt(cell int, format string, args ...any) error
}

func (s *Bag) open(in *input) (rowReader, error) {
	if s.config.Quotes {
		return newRecords(in, s.config.Delimiter[0], s.config.Header)
	}
	return newPlainRows(in, s.config.Delimiter[0], s.config.Header)
}
