package data_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// loadWindow loads t.conll of the given files.
func loadWindow(t testing.TB, files map[string]string, edit func(*data.WindowConfig)) (*data.Splits, error) {
	t.Helper()
	c := registry.Defaults[data.WindowConfig]()
	c.Path, c.Window = "t.conll", 3
	if edit != nil {
		edit(&c)
	}
	return data.NewWindow(c).Load(data.Context{Dir: write(t, files), Seed: 1})
}

// gather returns all rows of a set.
func gather(s *data.Set) *tensor.Batch[float64] {
	rows := make([]int, s.Len())
	for i := range rows {
		rows[i] = i
	}
	b := data.NewBatch[float64](s, len(rows))
	data.Gather(s, rows, b)
	return b
}

// Two sentences. The first ends with a line that holds a tab alone, as some do in WNUT 2017.
const twoSentences = "New\tB-place\nYork\tI-place\n\t\nin\tO\nnew\tO\nUSA\tB-place\n"

func TestWindows(t *testing.T) {
	s, err := loadWindow(t, map[string]string{"t.conll": twoSentences}, func(c *data.WindowConfig) {
		c.Lowercase, c.Features, c.SuffixLength = true, []string{"case", "suffix"}, 2
	})
	if err != nil {
		t.Fatal(err)
	}
	// new 2, in 3, usa 4, york 5; suffixes: ew 2, in 3, rk 4, sa 5.
	want := [][]int32{
		{0, 2, 5, 2, 5, 0, 0, 3, 2, 3, 2, 4, 2, 4, 0},
		{0, 2, 2, 2, 2, 0, 0, 1, 1, 1, 1, 3, 1, 3, 0},
		{0, 2, 4, 2, 4, 0, 0, 3, 2, 3, 2, 5, 2, 5, 0},
	}
	b := gather(s.Train)
	for i, name := range []string{"words", "case", "suffix"} {
		if spec := s.Train.Inputs[i].Spec(); spec.Name != name || !spec.Shape.Equal(tensor.Shape{3}) {
			t.Errorf("input %d is %v", i, spec)
		}
		if !slices.Equal(b.Inputs[i].Ints, want[i]) {
			t.Errorf("%s: got %v, want %v", name, b.Inputs[i].Ints, want[i])
		}
	}
	target := s.Train.Target.Spec()
	if !slices.Equal(target.Labels, []string{"B-place", "I-place", "O"}) || !slices.Equal(b.Target.Ints, []int32{0, 1, 2, 2, 0}) {
		t.Errorf("target %v %v", target, b.Target.Ints)
	}
	if !slices.Equal(s.Train.Sequences, []int{0, 2}) {
		t.Errorf("sequences begin at %v", s.Train.Sequences)
	}
	if f := s.Files[0]; f.Path != "t.conll" || f.Rows != 5 || f.Bytes != int64(len(twoSentences)) {
		t.Errorf("file %+v", f)
	}
}

func TestWindowNumbers(t *testing.T) {
	s, err := loadWindow(t, map[string]string{"t.conll": "# id 1\na 1 O\nb 3 X\n\nc 5 O\n"}, func(c *data.WindowConfig) {
		c.Delimiter, c.Comment, c.Numbers, c.Tag = "space", "#", []int{2}, 3
	})
	if err != nil {
		t.Fatal(err)
	}
	d := 1.632993161855452 // the deviation of 1, 3 and 5
	got := gather(s.Train).Inputs[1].Floats
	want := []float64{0, -2 / d, 0, -2 / d, 0, 0, 0, 2 / d, 0}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// In CoNLL-U a token of several words has a line besides theirs, and a node may stand for no word at all. A file that
// only looks like it keeps its words.
func TestWindowCoNLLU(t *testing.T) {
	blank := "\t_\t_\t_\t_\t_\t_\n"
	text := "# text = vámonos al mar\n" +
		"1-2\tvámonos\t_\t_" + blank + "1\tvamos\tir\tVERB" + blank + "2\tnos\tnosotros\tPRON" + blank +
		"2.1\tir\tir\tVERB" + blank + "3-4\tal\t_\t_" + blank + "3\ta\ta\tADP" + blank + "4\tel\tel\tDET" + blank + "5\tmar\tmar\tNOUN" + blank
	s, err := loadWindow(t, map[string]string{"t.conll": text}, func(c *data.WindowConfig) { c.Comment, c.Word, c.Tag = "#", 2, 4 })
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Vocabularies["words"].Words; !slices.Equal(got, []string{"a", "el", "mar", "nos", "vamos"}) || s.Train.Len() != 5 {
		t.Errorf("%d rows of the words %v", s.Train.Len(), got)
	}
	for name, lines := range map[string]string{"numbers as words": "1-2\tO" + blank + "3.5\tX" + blank, "fewer columns": "1-2\ta\tO\n1.1\tb\tX\n"} {
		s, err := loadWindow(t, map[string]string{"t.conll": lines}, func(c *data.WindowConfig) {
			if name == "fewer columns" {
				c.Word, c.Tag = 2, 3
			}
		})
		if err != nil || s.Train.Len() != 2 {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
}

// What training learned reads more sentences, with tags and without.
func TestWindowRead(t *testing.T) {
	c := registry.Defaults[data.WindowConfig]()
	c.Path, c.Window = "t.conll", 3
	dir := write(t, map[string]string{"t.conll": twoSentences, "tagged": "USA\tO\n", "bare": "York\nParis\n", "mixed": "a\nb\tO\n", "foreign": "in\tO\nParis\tB-town\n"})
	source := data.NewWindow(c)
	s, err := source.Load(data.Context{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	learned := data.Context{Dir: dir, Fitted: s.Fitted}
	again, err := source.Load(learned)
	if err != nil || !reflect.DeepEqual(gather(again.Train), gather(s.Train)) || string(again.Fitted) != string(s.Fitted) {
		t.Errorf("what was learned reads other rows: %v", err)
	}
	set, err := source.Read(learned, "bare")
	if err != nil || set.Target != nil || !slices.Equal(gather(set).Inputs[0].Ints, []int32{0, 4, 1, 4, 1, 0}) {
		t.Errorf("bare: %v, %v", set, err)
	}
	if set, err = source.Read(learned, "tagged"); err != nil || set.Target == nil {
		t.Errorf("tagged: %v, %v", set, err)
	}
	learned.NoTarget = true
	if set, err = source.Read(learned, "foreign"); err != nil || set.Target != nil {
		t.Errorf("without target: %v, %v", set, err)
	}
	learned.NoTarget = false
	for path, want := range map[string]string{
		"mixed":   "mixed:2:3: the line has a tag in column 2, and those before have none; tag all lines or none",
		"foreign": `foreign:2:1: tag "B-town" is not among those of the training file: B-place, I-place, O`,
	} {
		if _, err := source.Read(learned, path); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// Evaluation rows are whole sentences.
func TestWindowSplit(t *testing.T) {
	text := ""
	for _, w := range strings.Fields("a b c d e f g h i j") {
		text += w + "\tO\n" + w + "\tX\n\n"
	}
	s, err := loadWindow(t, map[string]string{"t.conll": text}, func(c *data.WindowConfig) { c.EvalFraction = 0.3 })
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Len() != 14 || s.Eval.Len() != 6 || !slices.Equal(s.Eval.Sequences, []int{0, 2, 4}) {
		t.Errorf("%d and %d rows, sequences %v", s.Train.Len(), s.Eval.Len(), s.Eval.Sequences)
	}
	if got := gather(s.Eval).Inputs[0].Ints; !slices.Equal(got[:3], []int32{0, 1, 1}) {
		t.Errorf("a word of the evaluation rows is known: %v", got[:3])
	}
	s, err = loadWindow(t, map[string]string{"t.conll": text}, func(c *data.WindowConfig) { c.Limit, c.Entities = 2, []string{"Y"} })
	if err == nil || s != nil {
		t.Errorf("one tag alone is accepted")
	}
}

func TestWindowErrors(t *testing.T) {
	long := strings.Repeat("x", 1<<20+2)
	for _, tt := range []struct {
		content string
		edit    func(*data.WindowConfig)
		want    string
	}{
		{"", nil, "t.conll: the file has no words"},
		{"\n\t\n", nil, "t.conll: the file has no words"},
		{"a\tO\nb\n", nil, "t.conll:2:2: tag names column 2, and the line has 1; correct the line or remove it"},
		{"a\tO\n\tO\n", nil, "t.conll:2:1: column 1, the word, is empty; correct the line or remove it"},
		{"a\tO\nb\t \n", nil, "t.conll:2:3: column 2, the tag, is empty; correct the line or remove it"},
		{"a\tO\nb\xff\tO\n", nil, "t.conll:2:2: the text is not UTF-8; save the file as UTF-8"},
		{"a\tO\nb\tO\n", nil, "t.conll: tag has one class alone, O; a classification needs two or more"},
		{"a\tO\n" + long, nil, "t.conll:2: the line is longer than 1 MiB; is it a text file?"},
		{"a\tO\n" + long[:2000] + "\tO\n", nil, "t.conll:2:1: the word is longer than 1024 bytes; correct the line or remove it"},
		{"\xff\xfea\tO\n", nil, "t.conll: the text is UTF-16; save the file as UTF-8"},
		{"a\tO\t1\nb\tX\tx\n", func(c *data.WindowConfig) { c.Numbers = []int{3} }, `t.conll:2:5: numbers names column 3, where "x" is not a number`},
		{"a\tO\n", func(c *data.WindowConfig) { c.Numbers = []int{2} }, "numbers must list columns from 1 that hold neither the word nor the tag, lists 2"},
		{"a\tO\n", func(c *data.WindowConfig) { c.Window = 4 }, "window must be odd, is 4"},
		{"a\tO\n", func(c *data.WindowConfig) { c.Features = []string{"sufix"} }, `features lists "sufix", which is none; did you mean "suffix"?`},
		{"a\tO\nb\tX\n", func(c *data.WindowConfig) { c.ExtraWords = "none.txt" }, "open none.txt: no such file or directory"},
	} {
		_, err := loadWindow(t, map[string]string{"t.conll": tt.content}, tt.edit)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%.40q\ngot  %v\nwant %s", tt.content, err, tt.want)
		}
	}
}

// A type of entity that no tag has is a mistake; without it its words would be O.
func TestWindowUnknownEntity(t *testing.T) {
	files := map[string]string{"t.conll": "Ann\tB-person\nin\tO\nRome\tB-location\n"}
	for kind, want := range map[string]string{
		"person": "",
		"place":  `t.conll: entities lists "place", which no tag has; known: location, person`,
		"O":      `t.conll: entities lists "O", which no tag has; known: location, person`,
	} {
		_, err := loadWindow(t, files, func(c *data.WindowConfig) { c.Entities = []string{"location", kind} })
		if got := fmt.Sprint(err); want == "" && err != nil || want != "" && got != want {
			t.Errorf("%s: got %v, want %s", kind, err, want)
		}
	}
}
