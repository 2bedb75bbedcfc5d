package data_test

import (
	"strings"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/registry"
)

// bombLimit bounds what is allocated, from beginning to end, for a small file that claims much, and for a large one with
// nothing in it.
const bombLimit = 16 << 20

// TestVectorBombs bounds the memory for files of vectors that claim more than they have, or have more than anyone wants.
func TestVectorBombs(t *testing.T) {
	const MiB = 1 << 20
	unwanted := strings.Repeat("x 1 2\n", MiB)
	for name, tt := range map[string]struct {
		path, content string
		want          string // of the error; "" for a file that is read
		limit         int
	}{
		"binary, huge count":  {"v.bin", word2vec("4000000000000000000 2\n", []string{"cat"}, 1, 2), "v.bin: it says 4000000000000000000 words, and ends after 1", bombLimit},
		"binary, huge dim":    {"v.bin", "1 2000000000\n", "v.bin: it says that its vectors have 2000000000 elements", bombLimit},
		"binary, long word":   {"v.bin", "1 2\n" + strings.Repeat("x", 20*MiB), "v.bin: byte 1029: a word is longer than 1024 bytes", bombLimit},
		"binary, no line":     {"v.bin", strings.Repeat("x", 20*MiB), "v.bin: the file does not begin with a line", bombLimit},
		"text, huge count":    {"v.txt", "4000000000 2\ncat 1 2\n", "v.txt: the first line says 4000000000 words, and 1 follow", bombLimit},
		"text, long line":     {"v.txt", strings.Repeat("x", 20*MiB), "v.txt:1: the line is longer than 1 MiB", bombLimit},
		"text, long number":   {"v.txt", "cat 1 " + strings.Repeat("9", MiB-100) + "\n", "v.txt:1:7:", bombLimit},
		"text, spaces":        {"v.txt", strings.Repeat(" ", 20*MiB), "v.txt:1: the line is longer than 1 MiB", bombLimit},
		"text, packed line":   {"v.txt.gz", packed(t, []byte(strings.Repeat("0", 20*MiB))), "v.txt.gz:1: the line is longer than 1 MiB", bombLimit},
		"text, packed lines":  {"v.txt.gz", packed(t, []byte(unwanted+unwanted+unwanted+unwanted)), "v.txt.gz: unpacks to more than 200 times its size", 2 * 16 * MiB},
		"text, unwanted":      {"v.txt", unwanted, "", 2 * len(unwanted)},
		"text, cut short":     {"v.txt", unwanted + "x 1", "v.txt:1048577:1: the line has 1 numbers", 2 * len(unwanted)},
		"npy, huge header":    {"v.npy", "\x93NUMPY\x02\x00\xff\xff\xff\xff", "v.npy: the header has 4294967295 bytes", bombLimit},
		"npy, huge rows":      {"v.npy", npy(strings.Replace(shape3x2, "(3, 2)", "(4000000000000000000, 2)", 1), 1, 2), "v.npy: it says 4000000000000000000 words, and ends after 1", bombLimit},
		"npy, huge columns":   {"v.npy", npy(strings.Replace(shape3x2, "(3, 2)", "(3, 4000000000000000000)", 1), 1, 2), "v.npy: it says that its vectors have 4000000000000000000 elements", bombLimit},
		"npy, long header":    {"v.npy", "\x93NUMPY\x02\x00\x01\x00\x01\x00" + strings.Repeat(" ", 20*MiB), "v.npy: the header has 65537 bytes, and at most 65536 are allowed", bombLimit},
		"npy, objects":        {"v.npy", npy(strings.Replace(shape3x2, "<f4", "|O", 1), 1, 2) + strings.Repeat("\x80", 20*MiB), "v.npy: the numbers are \"|O\", and must be <f4 or <f8", bombLimit},
		"npy, Fortran":        {"v.npy", npy(strings.Replace(shape3x2, "False", "True", 1), 1, 2), "v.npy: the array lies in the order of Fortran", bombLimit},
		"npy, shape twice":    {"v.npy", npy(strings.Replace(shape3x2, "'shape'", "'shape': (4000000000, 2), 'shape'", 1), 1, 2), "v.npy: the header has a key twice", bombLimit},
		"npy, negative":       {"v.npy", npy(strings.Replace(shape3x2, "(3, 2)", "(-3, 2)", 1), 1, 2), "v.npy: the header has no descr, fortran_order and shape", bombLimit},
		"npy, nine axes":      {"v.npy", npy(strings.Replace(shape3x2, "(3, 2)", "(1, 1, 1, 1, 1, 1, 1, 3, 2)", 1), 1, 2), "v.npy: the array must have two axes", bombLimit},
		"npy, more rows":      {"v.npy", npy(shape3x2, make([]float32, 6+5*MiB)...), "v.npy: more follows the 3 rows of the array", bombLimit},
		"npy, packed":         {"v.npy.gz", packed(t, []byte(npy(strings.Replace(shape3x2, "(3, 2)", "(4000000000, 2)", 1))+strings.Repeat("\x00", 20*MiB))), "v.npy.gz: the array has 4000000000 rows, and words.txt has 3 words", bombLimit},
		"npy, beyond 64 bits": {"v.npy", npy(strings.Replace(shape3x2, "(3, 2)", "(99999999999999999999, 2)", 1), 1, 2), "v.npy: the array has shape (99999999999999999999, 2)", bombLimit},
	} {
		t.Run(name, func(t *testing.T) {
			f := data.VectorFile{Path: tt.path}
			if strings.Contains(tt.path, ".npy") {
				f.Words = "words.txt"
			}
			c := data.Context{Dir: write(t, map[string]string{tt.path: tt.content, "words.txt": "cat\ndog\nemu\n"})}
			v := pets(t)
			var err error
			got := allocated(func() { _, err = data.ReadVectors(c, f, v, 2, "") })
			if underRace {
				tt.limit *= 2
			}
			if got > uint64(tt.limit) {
				t.Errorf("allocated %.1f MiB, want at most %d", float64(got)/MiB, tt.limit/MiB)
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

// TestTokenBombs bounds the memory for files of words and tags, and of extra words, that hold none.
func TestTokenBombs(t *testing.T) {
	const MiB = 1 << 20
	long := strings.Repeat("x", 20*MiB)
	for name, tt := range map[string]struct{ tokens, extra, want string }{
		"long line":         {long, "", "t.conll:1: the line is longer than 1 MiB"},
		"tabs":              {strings.Repeat("\t", MiB-1) + "\n", "", "t.conll: the file has no words"},
		"cells":             {"a\tO\n" + strings.Repeat("\tx", MiB/2-1) + "\n", "", "t.conll:2:1: the line has more than 32768 cells"},
		"empty lines":       {strings.Repeat("\n", 20*MiB), "", "t.conll: the file has no words"},
		"extra: long line":  {"a\tO\nb\tX\n", long, "extra:1: the line is longer than 1 MiB"},
		"extra: long word":  {"a\tO\nb\tX\n", long[:MiB-1] + "\n", "extra:1:1: the line does not begin with a word"},
		"extra: one repeat": {"a\tO\nb\tX\n", strings.Repeat("a\n", MiB) + "\n", "extra:1048577:1: the line does not begin with a word"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, map[string]string{"t.conll": tt.tokens, "extra": tt.extra})
			c := registry.Defaults[data.WindowConfig]()
			c.Path, c.ExtraWords = "t.conll", "extra"
			var err error
			if got := allocated(func() { _, err = data.NewWindow(c).Load(data.Context{Dir: dir}) }); got > bombLimit {
				t.Errorf("allocated %.1f MiB, want at most %d", float64(got)/MiB, bombLimit/MiB)
			}
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}
