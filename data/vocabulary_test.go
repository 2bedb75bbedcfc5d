package data_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/data"
)

func TestTokenize(t *testing.T) {
	for text, want := range map[string]string{
		"So there is no way.":               "So there is no way .",
		"I don't, it's DON'T we'll":         "I do n't , it 's DO N'T we 'll",
		"can’t":                             "ca n't",
		"well-made, 3.5 of 1,000 on 24/7!!": "well-made , 3.5 of 1,000 on 24/7 ! !",
		"a-1 -x- n't 'tis dogs'":            "a - 1 - x - n't ' tis dogs '",
		"<b>&amp;</b>":                      "< b > & amp ; < / b >",
		"naïve\u00a0cafe\u0301 日本":          "naïve cafe\u0301 日本",
		"one\u0085two":                      "one two",
		" \t ":                              "",
		"bad\xffbyte":                       "bad \ufffd byte",
	} {
		if got := strings.Join(data.Tokenize(text, nil), " "); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestForms(t *testing.T) {
	for word, want := range map[string][4]string{
		"iPhone": {"iPhone", "iphone", "Iphone", "IPHONE"},
		"été":    {"été", "été", "Été", "ÉTÉ"},
		"42":     {"42", "42", "42", "42"},
		"":       {"", "", "", ""},
	} {
		if got := data.Forms(word); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}

// vocabularyOf returns the vocabulary of a window source on one sentence of the given words.
func vocabularyOf(t *testing.T, text string, edit func(*data.WindowConfig), files map[string]string) *data.Vocabulary {
	t.Helper()
	all := map[string]string{"t.conll": strings.Join(strings.Fields(text), "\tO\n") + "\tB-x\n"}
	for name, content := range files {
		all[name] = content
	}
	s, err := loadWindow(t, all, edit)
	if err != nil {
		t.Fatal(err)
	}
	return s.Vocabularies["words"]
}

func TestVocabulary(t *testing.T) {
	const text = "b a c B a d a c Zoo"
	tests := map[string]struct {
		edit    func(*data.WindowConfig)
		files   map[string]string
		words   string
		counts  []int64
		unknown int64
	}{
		"by count, then by bytes": {nil, nil, "a c B Zoo b d", []int64{3, 2, 1, 1, 1, 1}, 0},
		"lower case":              {func(c *data.WindowConfig) { c.Lowercase = true }, nil, "a b c d zoo", []int64{3, 2, 2, 1, 1}, 0},
		"min count":               {func(c *data.WindowConfig) { c.MinCount = 2 }, nil, "a c", []int64{3, 2}, 4},
		"extra words": {
			func(c *data.WindowConfig) { c.MinCount, c.ExtraWords = 2, "v.txt" },
			map[string]string{"v.txt": "2 1\nnew 0.5\na 0.5\nzoo 1\n"},
			// Zoo is too rare to be a word, and reads as the form that the file has.
			"a c new zoo",
			[]int64{3, 2, 0, 1},
			3,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			v := vocabularyOf(t, text, tt.edit, tt.files)
			if got := strings.Join(v.Words, " "); got != tt.words || !slices.Equal(v.Counts, tt.counts) || v.Unknown != tt.unknown {
				t.Errorf("got %s %v %d, want %s %v %d", got, v.Counts, v.Unknown, tt.words, tt.counts, tt.unknown)
			}
			if v.Size() != len(v.Words)+data.FirstWordID {
				t.Errorf("size %d", v.Size())
			}
		})
	}
}

// A word is known by the first of its forms.
func TestVocabularyID(t *testing.T) {
	v := vocabularyOf(t, "it It Us NATO NATO", nil, nil)
	words := map[string]string{"it": "it", "It": "It", "IT": "it", "us": "Us", "nato": "NATO", "Nato": "NATO", "them": ""}
	for word, want := range words {
		id := v.ID(word)
		switch {
		case want == "" && id != data.UnknownID:
			t.Errorf("%s: got %d", word, id)
		case want != "" && v.Words[id-data.FirstWordID] != want:
			t.Errorf("%s: got %s", word, v.Words[id-data.FirstWordID])
		}
	}
}
