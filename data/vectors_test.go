package data_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/data"
)

// word2vec returns the binary format of words and their vectors.
func word2vec(header string, words []string, values ...float32) string {
	b := []byte(header)
	dim := len(values) / max(len(words), 1)
	for i, w := range words {
		b = append(append(b, w...), ' ')
		for _, v := range values[i*dim : (i+1)*dim] {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		b = append(b, '\n')
	}
	return string(b)
}

// npy returns an npy file of version 1.
func npy(header string, values ...float32) string {
	b := []byte("\x93NUMPY\x01\x00")
	b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	b = append(b, header...)
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return string(b)
}

const shape3x2 = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }\n"

// pets is a vocabulary: cat 2, Dog 3, emu 4, and fish, which the file of the tests lacks.
func pets(t *testing.T) *data.Vocabulary {
	return vocabularyOf(t, "cat cat cat cat Dog Dog Dog emu emu fish", nil, nil)
}

func TestVectorFormats(t *testing.T) {
	words, values := []string{"dog", "cat", "<unk>"}, []float32{1, 2, -0.5, 4, 7, 8}
	files := map[string]string{
		"glove.txt":    "dog 1 2\ncat -0.5 4\n<unk> 7 8\n",
		"word2vec.txt": "3 2\r\ndog 1 2 \r\ncat -0.5 4 \r\n<unk> 7 8",
		"word2vec.bin": word2vec("3 2\n", words, values...),
		"packed.gz":    packed(t, []byte("dog 1 2\ncat -0.5 4\n<unk> 7 8\n")),
		"array.npy":    npy(shape3x2, values...),
		"words.txt":    "dog\ncat\n<unk>\n",
	}
	dir := write(t, files)
	for name := range files {
		f := data.VectorFile{Path: name}
		switch name {
		case "words.txt":
			continue
		case "array.npy":
			f.Words = "words.txt"
		}
		v, err := data.ReadVectors(data.Context{Dir: dir}, f, pets(t), 2, "<unk>")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(v.Rows, []int32{2, 3}) || !slices.Equal(v.Values, []float32{-0.5, 4, 1, 2}) || !slices.Equal(v.Unknown, []float32{7, 8}) {
			t.Errorf("%s: got %v %v %v", name, v.Rows, v.Values, v.Unknown)
		}
		want := data.Coverage{Types: 4, TypesFound: 2, Tokens: 10, TokensFound: 7, Forms: [4]int{1, 1, 0, 0}, UnknownWord: "<unk>", Missing: []string{"emu", "fish"}}
		if fmt.Sprint(v.Coverage) != fmt.Sprint(want) {
			t.Errorf("%s: got %+v, want %+v", name, v.Coverage, want)
		}
		if f := v.Files[0]; f.Path != name || f.Rows != 3 || f.Bytes != int64(len(files[name])) {
			t.Errorf("%s: file %+v", name, f)
		}
		table := make([]float64, 12)
		data.FillRows(v, table)
		if !slices.Equal(table, []float64{0, 0, 7, 8, -0.5, 4, 1, 2, 0, 0, 0, 0}) {
			t.Errorf("%s: table %v", name, table)
		}
	}
}

// Of a word that comes twice the first counts; without a vector of their own unknown words take the mean.
func TestVectorsRepeated(t *testing.T) {
	dir := write(t, map[string]string{"v.txt": "cat 1\ndog 3\ncat 9\na b 5\n"})
	v, err := data.ReadVectors(data.Context{Dir: dir}, data.VectorFile{Path: "v.txt"}, pets(t), 1, "<unk>")
	if err != nil || !slices.Equal(v.Values, []float32{1, 3}) || v.Coverage.Repeated != 1 || v.Unknown[0] != 2 || v.Coverage.UnknownWord != "" {
		t.Errorf("got %+v, %v", v, err)
	}
}

func TestVectorErrors(t *testing.T) {
	bad := float32(math.NaN())
	for _, tt := range []struct{ path, content, want string }{
		{"v.txt", "", "v.txt: the file has no vectors"},
		{"v.txt", "cat\t1\t2\n", "v.txt:1:1: the line is no word with its numbers, between single spaces"},
		{"v.txt", "\ncat 1 2\n", "v.txt:1:1: the line is no word with its numbers, between single spaces"},
		{"v.txt", "cat 1 2\ndog 1\n", "v.txt:2:1: the line has 1 numbers, and those before have 2; correct the line or remove it"},
		{"v.txt", "cat 1 2\ndog 1 2 3\n", "v.txt:2:1: the line has more than 2 numbers; correct the line or remove it"},
		{"v.txt", "cat 1 2\ndog 1 x\n", `v.txt:2:7: "x" is no finite number that float32 can hold; correct the line or remove it`},
		{"v.txt", "cat 1 2\ndog NaN 1\n", `v.txt:2:5: "NaN" is no finite number that float32 can hold; correct the line or remove it`},
		{"v.txt", "cat 1 2\ndog 1 inf\n", `v.txt:2:7: "inf" is no finite number that float32 can hold; correct the line or remove it`},
		{"v.txt", "cat 1 1e39\n", `v.txt:1:7: "1e39" is no finite number that float32 can hold; correct the line or remove it`},
		{"v.txt", "9 2\ncat 1 2\n", "v.txt: the first line says 9 words, and 1 follow; get the file again if it is cut short, or correct the line"},
		{"v.txt", "1 2\ncat 1 2\ndog 1 2\n", "v.txt: the first line says 1 words, and 2 follow; get the file again if it is cut short, or correct the line"},
		{"v.txt", "cat 1 2\n\n", "v.txt:2:1: the line has 0 numbers, and those before have 2; correct the line or remove it"},
		{"v.bin", "cat", "v.bin: the file does not begin with a line of the number of words and of their elements"},
		{"v.bin", "1 0\n", `v.bin:1: "1 0" is not the number of words and of their elements`},
		{"v.bin", "-1 2\n", `v.bin:1: "-1 2" is not the number of words and of their elements`},
		{"v.bin", word2vec("4000000000 2\n", []string{"cat"}, 1, 2), "v.bin: it says 4000000000 words, and ends after 1; it is cut short: get it again"},
		{"v.bin", word2vec("2 2\n", []string{"cat"}, 1, 2), "v.bin: it says 2 words, and ends after 1; it is cut short: get it again"},
		{"v.bin", word2vec("1 2\n", []string{"cat", "dog"}, 1, 2, 3, 4), "v.bin: byte 16: more follows the 1 words of the first line; correct their number"},
		{"v.bin", word2vec("1 2\n", []string{"cat"}, 1, bad), `v.bin: byte 8: the vector of "cat": element 1 is NaN, which is no finite number that float32 can hold`},
		{"v.bin", "1 2\n" + strings.Repeat("x", 2000), "v.bin: byte 1029: a word is longer than 1024 bytes; does the file have other vectors than its first line says?"},
		{"v.npy", "PK", "v.npy: it is no npy file of version 1 to 3"},
		{"v.npy", npy(strings.Replace(shape3x2, "<f4", ">f4", 1)), `v.npy: the numbers are ">f4", and must be <f4 or <f8`},
		{"v.npy", npy(strings.Replace(shape3x2, "False", "True", 1)), "v.npy: the array lies in the order of Fortran; save it with numpy.ascontiguousarray"},
		{"v.npy", npy(strings.Replace(shape3x2, "(3, 2)", "(3,)", 1)), `v.npy: the array must have two axes, words and elements: "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n"`},
		{"v.npy", npy(shape3x2, 1, 2, 3), "v.npy: it says 3 words, and ends after 1; it is cut short: get it again"},
		{"v.npy", npy(strings.Replace(shape3x2, "(3, 2)", "(2, 2)", 1), 1, 2, 3, 4), "words.txt:3: the array has 2 rows, and there are more words"},
		{"v.npy", npy(strings.Replace(shape3x2, "(3, 2)", "(4, 2)", 1), 1, 2, 3, 4, 5, 6, 7, 8), "v.npy: the array has 4 rows, and words.txt has 3 words"},
		{"v.npy", npy(shape3x2, 1, 2, 3, 4, 5, 6, 7), "v.npy: more follows the 3 rows of the array"},
	} {
		f := data.VectorFile{Path: tt.path}
		if tt.path == "v.npy" {
			f.Words = "words.txt"
		}
		dir := write(t, map[string]string{tt.path: tt.content, "words.txt": "cat\ndog\nemu\n"})
		if _, err := data.ReadVectors(data.Context{Dir: dir}, f, pets(t), 2, ""); err == nil || err.Error() != tt.want {
			t.Errorf("%.30q\ngot  %v\nwant %s", tt.content, err, tt.want)
		}
	}
}

// A file with vectors of another size says so, in every format.
func TestVectorDim(t *testing.T) {
	for path, content := range map[string]string{
		"v.txt": "cat 1 2 3\n", "w.txt": "1 3\ncat 1 2 3\n", "v.bin": "1 3\n", "short.txt": "cat 1\n",
		"v.npy": npy(strings.Replace(shape3x2, "(3, 2)", "(3, 3)", 1)),
	} {
		f := data.VectorFile{Path: path}
		want := 3
		switch path {
		case "short.txt":
			want = 1
		case "v.npy":
			f.Words = "v.npy"
		}
		_, err := data.ReadVectors(data.Context{Dir: write(t, map[string]string{path: content})}, f, pets(t), 2, "")
		if e, ok := errors.AsType[*data.DimError](err); !ok || e.Got != want || e.Want != 2 {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

func TestVectorConfig(t *testing.T) {
	for want, f := range map[string]data.VectorFile{
		"words is needed: an npy holds numbers alone; name the file with the words, one a line": {Path: "a.npy.gz"},
		"words is of no use: the file of vectors holds the words":                               {Path: "a.txt", Words: "w"},
	} {
		if err := f.Validate(); err == nil || err.Error() != want {
			t.Errorf("got %v", err)
		}
	}
}
