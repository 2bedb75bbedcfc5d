package data_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

func bagConfig(edit func(*data.BagConfig)) data.BagConfig {
	c := registry.Defaults[data.BagConfig]()
	c.Paths, c.Text, c.Target = []string{"t.tsv"}, "1", "2"
	if edit != nil {
		edit(&c)
	}
	return c
}

// Quotes and NEL are characters like others where quotes is false.
func TestBag(t *testing.T) {
	dir := write(t, map[string]string{"t.tsv": "a \"b\tyes\na\u0085c\tno\n", "u.tsv": "a a a\tyes\n"})
	source := data.NewBag(bagConfig(func(c *data.BagConfig) { c.Paths = []string{"t.tsv", "u.tsv"} }))
	s, err := source.Load(data.Context{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	b := gather(s.Train) // a 2, " 3, b 4, c 5
	if !slices.Equal(b.Inputs[0].Ints, []int32{2, 3, 4, 2, 5, 0, 2, 2, 2}) || !slices.Equal(b.Target.Ints, []int32{1, 0, 1}) {
		t.Errorf("got %v %v", b.Inputs[0].Ints, b.Target.Ints)
	}
	if spec := s.Train.Inputs[0].Spec(); spec.Name != "words" || !spec.Shape.Equal(tensor.Shape{3}) || spec.Classes != 6 {
		t.Errorf("input %v", spec)
	}
	if len(s.Files) != 2 || s.Files[0].Rows != 2 || s.Files[1].Rows != 1 {
		t.Errorf("files %v", s.Files)
	}
	learned := data.Context{Dir: write(t, map[string]string{"new.tsv": "a b c d\tmaybe\n"}), Fitted: s.Fitted, NoTarget: true}
	set, err := source.Read(learned, "new.tsv")
	if err != nil || set.Target != nil || !slices.Equal(gather(set).Inputs[0].Ints, []int32{2, 4, 5}) {
		t.Errorf("read %v, %v", set, err)
	}
	if want := "new.tsv: 1 of 1 texts have more than 3 words, and are cut"; len(set.Warnings) != 1 || set.Warnings[0] != want {
		t.Errorf("warnings %q", set.Warnings)
	}
	learned.NoTarget = false
	if _, err := source.Read(learned, "new.tsv"); err == nil || err.Error() != `new.tsv:1:9: column "2": class "maybe" is not among those of the training file: no, yes` {
		t.Errorf("got %v", err)
	}
}

// A table with quotes is CSV, and the vocabulary is that of the training rows.
func TestBagCSV(t *testing.T) {
	text := "id,words,kind\n"
	for _, w := range []string{"q", "r", "s", "t", "u"} {
		text += "1,\"" + w + ",\n" + w + "\",k" + w[:1] + "\n"
	}
	c := bagConfig(func(c *data.BagConfig) {
		c.Quotes, c.Header, c.Delimiter, c.Text, c.Target, c.EvalFraction = true, true, ",", "words", "kind", 0.4
	})
	dir := write(t, map[string]string{"t.tsv": text})
	s, err := data.NewBag(c).Load(data.Context{Dir: dir, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Len() != 3 || s.Eval.Len() != 2 || len(s.Vocabularies["words"].Words) != 4 {
		t.Errorf("%d and %d rows, words %v", s.Train.Len(), s.Eval.Len(), s.Vocabularies["words"].Words)
	}
	comma := s.Vocabularies["words"].ID(",")
	if got := gather(s.Eval).Inputs[0].Ints; !slices.Equal(got, []int32{1, comma, 1, 1, comma, 1}) {
		t.Errorf("evaluation rows %v", got)
	}
	again, err := data.NewBag(c).Load(data.Context{Dir: dir, Seed: 3, Fitted: s.Fitted})
	if err != nil || !reflect.DeepEqual(gather(again.Train), gather(s.Train)) {
		t.Errorf("what was learned reads other rows: %v", err)
	}
}

func TestBagErrors(t *testing.T) {
	quoted := func(c *data.BagConfig) { c.Quotes, c.Delimiter = true, "," }
	for _, tt := range []struct {
		content string
		edit    func(*data.BagConfig)
		want    string
	}{
		{"", nil, "t.tsv: the file is empty"},
		{"a\tx\nb\n", nil, "t.tsv:2:1: the first row has 2 cells, this one 1"},
		{"a\tx\nb\t\n", nil, `t.tsv:2:3: column "2": the row has no target; remove it`},
		{"a\tx\nb\tx\n", nil, `t.tsv: target "2" has 1 classes; a classification needs from 2 to 65536`},
		{"a\tx\nb\n", func(c *data.BagConfig) { c.Text = "3" }, `t.tsv: text "3" is no column of the file; known: 1, 2`},
		{"a\tx\nb\tcaf\xe9\n", nil, "t.tsv:2:6: the text is not UTF-8; save the file as UTF-8"},
		{"a,x\nb,\"caf\xe9\"\n", quoted, `t.tsv:2:3: column "2": "caf\xe9" is not UTF-8; save the file as UTF-8`},
		{"a,x\n\"caf\xe9\",x\n", quoted, `t.tsv:2:1: column "1": "caf\xe9" is not UTF-8; save the file as UTF-8`},
		{"a\tx\n", func(c *data.BagConfig) { c.Paths = nil }, "paths must name at least one file"},
		{"a\tx\n", func(c *data.BagConfig) { c.Target = "1" }, `target is column "1", which holds the text`},
	} {
		_, err := data.NewBag(bagConfig(tt.edit)).Load(data.Context{Dir: write(t, map[string]string{"t.tsv": tt.content})})
		if err == nil || err.Error() != tt.want {
			t.Errorf("%.40q\ngot  %v\nwant %s", tt.content, err, tt.want)
		}
	}
}
