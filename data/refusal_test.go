package data

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnpackerStopsAtItsLimit unpacks a byte more than any file may, from one that is large enough for it.
func TestUnpackerStopsAtItsLimit(t *testing.T) {
	u := &unpacker{from: strings.NewReader("x"), stored: &fingerprint{bytes: maxUnpacked}, bytes: maxUnpacked}
	if _, err := u.Read(make([]byte, 1)); err == nil || err.Error() != "unpacks to more than 16 GiB" {
		t.Errorf("error is %v", err)
	}
}

func TestVocabularyRefusals(t *testing.T) {
	for want, v := range map[string]*Vocabulary{
		"has no vocabulary":                nil,
		"has 1 words and 2 counts":         {Words: []string{"a"}, Counts: []int64{1, 2}},
		"has a word twice":                 {Words: []string{"a", "a"}, Counts: []int64{1, 2}},
		"words of 25165825 bytes, and at ": {Words: []string{strings.Repeat("a", maxTextBytes+1)}, Counts: []int64{1}},
	} {
		if err := v.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one with %q", err, want)
		}
	}
	if err := (&Vocabulary{Words: make([]string, maxWords+1)}).checkSize(); err == nil || !strings.Contains(err.Error(), "the vocabulary has 2097153 words") {
		t.Errorf("too many words: error is %v", err)
	}
}

func TestExtraWordsRefusals(t *testing.T) {
	full := &Vocabulary{ids: map[string]int32{}, bytes: maxTextBytes + 1}
	for _, test := range []struct {
		v             *Vocabulary
		content, want string
	}{
		{full, "new\n", "words:1:1: the vocabulary has 0 words of 25165825 bytes"},
		{&Vocabulary{ids: map[string]int32{}}, "ab\xff 1\n", "words:1:3: the text is not UTF-8"},
		{&Vocabulary{ids: map[string]int32{}}, "a\n 1\n", "words:2:1: the line does not begin with a word"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "words"), []byte(test.content), 0o666); err != nil {
			t.Fatal(err)
		}
		in, err := openInput(Context{Dir: dir}, "words")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := test.v.addWords(in); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%q: error is %v, want %s", test.content, err, test.want)
		}
		in.close()
	}
}

func TestNPYRefusals(t *testing.T) {
	const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }"
	file := func(magic string, version byte) string {
		return magic + string([]byte{version, 0, byte(len(header)), 0}) + header
	}
	for name, test := range map[string]struct{ content, want string }{
		"other magic":    {file("\x93NUMBY", 1), "npy: it is no npy file of version 1 to 3"},
		"version 0":      {file("\x93NUMPY", 0), "npy: it is no npy file of version 1 to 3"},
		"version 4":      {file("\x93NUMPY", 4), "npy: it is no npy file of version 1 to 3"},
		"what is right":  {file("\x93NUMPY", 1), ""},
		"no type":        {strings.Replace(file("\x93NUMPY", 1), "descr", "dexcr", 1), "npy: the header has no descr, fortran_order"},
		"no order":       {strings.Replace(file("\x93NUMPY", 1), "fortran", "forthan", 1), "npy: the header has no descr, fortran_order"},
		"no rows":        {strings.Replace(file("\x93NUMPY", 1), "(3,", "(0,", 1), "npy: the array has shape (0, 2)"},
		"no columns":     {strings.Replace(file("\x93NUMPY", 1), " 2)", " 0)", 1), "npy: the array has shape (3, 0)"},
		"only a heading": {"\x93NUMPY\x01", "npy: it is no npy file of version 1 to 3"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "npy"), []byte(test.content), 0o666); err != nil {
			t.Fatal(err)
		}
		in, err := openInput(Context{Dir: dir}, "npy")
		if err != nil {
			t.Fatal(err)
		}
		_, _, _, err = npyHeader(in)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)) {
			t.Errorf("%s: error is %v, want %s", name, err, test.want)
		}
		in.close()
	}
}
