package data

import (
	"bytes"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// Whatever a token file holds, loading it fails with its name or gives windows of known numbers, and what was learned
// reads it again to the same rows.
func FuzzWindow(f *testing.F) {
	f.Add([]byte("New\tB-place\nYork\tI-place\n\t\nin\tO\n"), uint8(0))
	f.Add([]byte("# x\na 1 O\r\nb -2e3 X\r\n\r\n\r\nc 5 O"), uint8(1|2|4))
	f.Add([]byte("\xef\xbb\xbfa\tO\n\xff\tX\n"), uint8(8))
	f.Fuzz(func(t *testing.T, content []byte, options uint8) {
		defer boundMemory(t)()
		c := WindowConfig{
			Path: "fuzz.conll", Delimiter: "tab", Word: 1, Tag: 2, Window: 5, SuffixLength: 2,
			VocabularyConfig: VocabularyConfig{MinCount: 1, Lowercase: options&8 != 0},
		}
		if options&1 != 0 {
			c.Delimiter, c.Numbers, c.Tag = "space", []int{2}, 3
		}
		if options&2 != 0 {
			c.Features, c.Comment = []string{"case", "suffix"}, "#"
		}
		if options&4 != 0 {
			c.MinCount, c.Window = 2, 1
		}
		s := NewWindow(c).(*Window)
		tokens, err := s.readTokens(fuzzInput(t, content), true, true)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz.csv") {
				t.Fatalf("the error does not name the file: %v", err)
			}
			return
		}
		sentences := natural(len(tokens.sentences), nil)
		learned, _, err := s.fit(Context{}, tokens, sentences)
		if err != nil {
			return // one class alone
		}
		again, err := s.decodeFitted(encodeFitted(learned))
		if err != nil {
			t.Fatalf("what was learned is refused: %v", err)
		}
		set, err := s.set(learned, tokens, sentences)
		if err != nil {
			return // a number that float32 cannot hold
		}
		other, err := s.set(again, tokens, sentences)
		if err != nil || !reflect.DeepEqual(gatherKnown(t, other), gatherKnown(t, set)) {
			t.Fatalf("what was learned reads other rows: %v", err)
		}
	})
}

// gatherKnown is gatherAll with a check of the whole numbers of inputs.
func gatherKnown(t *testing.T, s *Set) any {
	b := gatherAll(t, s)
	for i, v := range b.Inputs {
		for _, k := range v.Ints {
			if k < 0 || int(k) >= s.Inputs[i].Spec().Classes {
				t.Fatalf("input %d: %d is out of range", i, k)
			}
		}
	}
	return b
}

// Whatever a table of texts holds, loading it fails with its name or gives lists of known numbers.
func FuzzBag(f *testing.F) {
	f.Add([]byte("a \"b\tyes\na\u0085c\tno\n"), uint8(0))
	f.Add([]byte("text,kind\n\"it's,\n\"\"fine\"\"\",1\nno,0\n"), uint8(1))
	f.Add([]byte("don't\tx\nI'll 3.5\ty\n"), uint8(2))
	f.Fuzz(func(t *testing.T, content []byte, options uint8) {
		defer boundMemory(t)()
		c := BagConfig{Paths: []string{"fuzz.csv"}, Delimiter: "\t", Text: "1", Target: "2", VocabularyConfig: VocabularyConfig{MinCount: 1}}
		if options&1 != 0 {
			c.Quotes, c.Header, c.Delimiter, c.Text, c.Target = true, true, ",", "text", "kind"
		}
		if options&2 != 0 {
			c.MaxWords, c.Lowercase = 2, true
		}
		s := NewBag(c).(*Bag)
		all := &texts{path: "fuzz.csv"}
		if err := s.readRows(fuzzInput(t, content), all, true, false); err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz.csv") {
				t.Fatalf("the error does not name the file: %v", err)
			}
			return
		}
		if len(all.words) == 0 {
			return
		}
		learned, _, err := s.fit(Context{}, all, natural(len(all.words), nil))
		if err != nil {
			return // one class alone
		}
		if _, err := s.decodeFitted(encodeFitted(learned)); err != nil {
			t.Fatalf("what was learned is refused: %v", err)
		}
		set, err := s.set(learned, all)
		if err != nil {
			t.Fatal(err)
		}
		gatherKnown(t, set)
	})
}

// Whatever a text is, its words are not empty, hold no white space, and are those of the text in its order.
func FuzzTokenize(f *testing.F) {
	f.Add("I don't, it's DON'T we'll 3.5-4 a-b -x-")
	f.Add("naïve\u00a0cafe\u0301\xff’s")
	f.Fuzz(func(t *testing.T, text string) {
		defer boundMemory(t)()
		words := Tokenize(text, nil)
		whole := strings.Join(strings.Fields(strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "’", "'")), "")
		if strings.Join(words, "") != whole {
			t.Fatalf("%q: got %q", text, words)
		}
		for _, w := range words {
			if w == "" || !utf8.ValidString(w) || len(strings.Fields(w)) != 1 {
				t.Fatalf("%q: got the word %q", text, w)
			}
		}
	})
}

// Whatever a file of vectors holds, reading it fails with its name or gives finite vectors for words of the vocabulary.
func FuzzVectors(f *testing.F) {
	f.Add([]byte("dog 1 2\ncat -0.5 4\n<unk> 7 8\n"), uint8(0))
	f.Add([]byte("2 2\ndog 1 2\ncat -0.5 4\n"), uint8(0))
	f.Add([]byte("1 2\ncat \x00\x00\x80\x3f\x00\x00\x80\x3f\n"), uint8(1))
	f.Add([]byte("\x93NUMPY\x01\x00\x3b\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\x00\x00\x80\x3f\x00\x00\x80\x3f"), uint8(2))
	v := newVocabulary(map[string]int64{"cat": 3, "Dog": 2, "fish": 1}, 1)
	v.count(map[string]int64{"cat": 3, "Dog": 2, "fish": 1})
	f.Fuzz(func(t *testing.T, content []byte, format uint8) {
		defer boundMemory(t)()
		in, err := newInput("fuzz.csv", io.NopCloser(bytes.NewReader(content)))
		if err != nil {
			t.Fatal(err)
		}
		r := &vectorReader{in: in, dim: 2, wanted: wantedForms(v, "<unk>"), found: map[string]int{}}
		switch format % 3 {
		case 0:
			_, err = r.readText()
		case 1:
			_, err = r.readBinary()
		case 2:
			_, _, _, err = npyHeader(in)
		}
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz.csv") {
				t.Fatalf("the error does not name the file: %v", err)
			}
			return
		}
		out := r.choose(v, "<unk>")
		if len(out.Values) != 2*len(out.Rows) || len(out.Unknown) != 2 {
			t.Fatalf("got %d numbers for %d rows", len(out.Values), len(out.Rows))
		}
		for _, x := range append(out.Values, out.Unknown...) {
			if x-x != 0 {
				t.Fatalf("a number is %v", x)
			}
		}
	})
}
