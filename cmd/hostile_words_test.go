//go:build unix

package cmd

import (
	le "encoding/binary"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// hostileExperiment reads words of t.conll, whose vectors are in v.txt.
const hostileExperiment = `data: {type: window, path: t.conll, window: 3}
model:
  - {name: word, type: embedding, dim: 2, weights: {type: vectors, path: v.txt}}
  - flatten
  - {name: tags, type: dense, units: 2}
loss: softmax_cross_entropy
optimizer: {type: sgd, lr: 0.1}
train: {epochs: 1}
`

// binaryVector is a word of word2vec's binary format with its numbers.
func binaryVector(word string, x ...float64) string {
	b := []byte(word + " ")
	for _, v := range x {
		b = le.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
	}
	return string(b) + "\n"
}

// refusal is what the built command says of files that it must refuse before anything begins.
func refusal(t *testing.T, strata binary, tokens, vectors string, set ...string) string {
	t.Helper()
	t.Chdir(t.TempDir())
	writeFile(t, "e.yaml", hostileExperiment)
	writeFile(t, "t.conll", tokens)
	writeFile(t, "v.txt", vectors)
	args := []string{"train", "e.yaml", "--run", "r"}
	for _, s := range set {
		args = append(args, "--set", s)
	}
	command := exec.Command(string(strata), args...)
	out, err := command.CombinedOutput()
	if code := command.ProcessState.ExitCode(); code != exitUsage {
		t.Errorf("exit code %d, %v", code, err)
	}
	if len(out) > 2000 {
		t.Errorf("the message has %d bytes", len(out))
	}
	wantAll(t, string(out), "^\n") // the caret
	if _, err := os.Stat("r"); err == nil {
		t.Error("a run directory was made")
	}
	return string(out)
}

const soundTokens = "in\tO\nRome\tB-location\n"

// TestHostileVectors feeds the built command with files of vectors that are not what they claim to be. Each is refused
// with its place in the experiment and in the file, and with a remedy.
func TestHostileVectors(t *testing.T) {
	strata := buildBinary(t)
	const correct = "; correct the line or remove it"
	in, rome := binaryVector("in", 1, 2), binaryVector("Rome", 1, 2)
	for name, tt := range map[string]struct{ content, want string }{
		"cut in a vector":         {"2 2\n" + in + rome[:9], "v.txt: it says 2 words, and ends after 1; it is cut short: get it again"},
		"cut in a word":           {"2 2\n" + in + "Ro", "v.txt: it says 2 words, and ends after 1; it is cut short: get it again"},
		"no line at all":          {strings.Repeat("x", 2<<20), "v.txt: the file does not begin with a line of the number of words"},
		"huge count":              {"4000000000000000000 2\n" + in, "v.txt: it says 4000000000000000000 words, and ends after 1"},
		"count beyond 64 bits":    {"99999999999999999999 2\n" + in, `v.txt:1: "99999999999999999999 2" is not the number of words`},
		"negative count":          {"-1 2\n" + in, `v.txt:1: "-1 2" is not the number of words`},
		"huge dim":                {"1 2000000000\n" + in, "v.txt: it says that its vectors have 2000000000 elements, and at most 65536 are allowed; is it a file of word vectors?"},
		"count too small":         {"1 2\n" + in + rome, "v.txt: byte 15: more follows the 1 words of the first line; correct their number"},
		"endless word":            {"1 2\n" + strings.Repeat("x", 2<<20), "v.txt: byte 1029: a word is longer than 1024 bytes"},
		"not a number":            {"1 2\n" + binaryVector("in", 1, math.NaN()), `v.txt: byte 7: the vector of "in": element 1 is NaN`},
		"infinity":                {"1 2\n" + binaryVector("in", math.Inf(-1), 1), `v.txt: byte 7: the vector of "in": element 0 is -Inf`},
		"text: huge count":        {"4000000000 2\nin 1 2\n", "v.txt: the first line says 4000000000 words, and 1 follow; get the file again"},
		"text: huge dim":          {"1 2000000000\nin 1 2\n", "v.txt: it says that its vectors have 2000000000 elements"},
		"text: not a number":      {"in 1 2\nRome nan 1\n", `v.txt:2:6: "nan" is no finite number that float32 can hold` + correct},
		"text: infinity":          {"in 1 2\nRome 1 -Inf\n", `v.txt:2:8: "-Inf" is no finite number that float32 can hold` + correct},
		"text: a number's length": {"in 1 " + strings.Repeat("9", 1<<19) + "\n", "v.txt:1:6: \"" + strings.Repeat("9", 60) + `" is no finite number`},
		"text: shorter line":      {"in 1 2\nRome 1\n", "v.txt:2:1: the line has 1 numbers, and those before have 2" + correct},
		"text: longer line":       {"in 1 2\nRome 1 2 3\n", "v.txt:2:1: the line has more than 2 numbers" + correct},
		"text: other dim":         {"in 1 2 3\nRome 1 2 3\n", "v.txt: its vectors have 3 elements, and the table has 2\n"},
		"text: long line":         {"in 1 2\n" + strings.Repeat("x", 2<<20), "v.txt:2: the line is longer than 1 MiB; is it a text file?"},
		"text: no text":           {"\x00\x01\x02\xff\xfe\n\xff\xff 1 2\n", "v.txt:1:1: the line is no word with its numbers"},
		"text: UTF-16":            {"\xff\xfei\x00n\x00 \x001\x00", "v.txt: the text is UTF-16; save the file as UTF-8"},
		"text: empty":             {"", "v.txt: the file has no vectors"},
		"text: empty lines":       {"\n\n", "v.txt:1:1: the line is no word with its numbers"},
	} {
		t.Run(name, func(t *testing.T) {
			format := "word2vec_binary"
			if strings.HasPrefix(name, "text: ") {
				format = "text"
			}
			got := refusal(t, strata, soundTokens, tt.content, "model.word.weights.format="+format)
			remedy := "strata describe vectors says how the formats look; format says which one the file has"
			if name == "text: other dim" {
				remedy = "set dim: 3, or name another file"
			}
			wantAll(t, got, `e.yaml:3:74: model: node "word": vectors: `+tt.want, remedy)
		})
	}
}

// TestHostileTokens does the same with files of words and tags.
func TestHostileTokens(t *testing.T) {
	strata := buildBinary(t)
	long := strings.Repeat("x", 2<<20)
	const correct = "; correct the line or remove it"
	for name, tt := range map[string]struct{ tokens, set, want string }{
		"empty":            {"", "", "t.conll: the file has no words"},
		"blank":            {"\n\t\n\n", "", "t.conll: the file has no words"},
		"Latin-1":          {"in\tO\nR\xf4me\tB-location\n", "", "t.conll:2:2: the text is not UTF-8; save the file as UTF-8"},
		"UTF-16":           {"\xff\xfei\x00n\x00", "", "t.conll: the text is UTF-16; save the file as UTF-8"},
		"no tags":          {"in\nRome\n", "", "t.conll:1:3: tag names column 2, and the line has 1; name a column that the file has"},
		"ragged":           {"in\tO\nRome\tB-location\nParis\n", "", "t.conll:3:6: tag names column 2, and the line has 1" + correct},
		"no word":          {"in\tO\n\tB-location\n", "", "t.conll:2:1: column 1, the word, is empty" + correct},
		"no tag":           {"in\tO\nRome\t\n", "", "t.conll:2:6: column 2, the tag, is empty" + correct},
		"spaces":           {"in O\nRome B-location\n", "", "t.conll:1:5: tag names column 2, and the line has 1; delimiter: space splits lines at spaces"},
		"no number":        {"in\tO\t1\nRome\tB-location\tone\n", "data.numbers=[3]", `t.conll:2:17: numbers names column 3, where "one" is not a number`},
		"no blank line":    {soundTokens, "data.eval_fraction=0.5", "t.conll: eval_fraction 0.5 of 1 rows leaves 0 for training and 1 for evaluation"},
		"long line":        {"in\tO\n" + long, "", "t.conll:2: the line is longer than 1 MiB; is it a text file?"},
		"long word":        {"in\tO\n" + long[:2000] + "\tO\n", "", "t.conll:2:1: the word is longer than 1024 bytes" + correct},
		"one tag":          {"in\tO\nRome\tO\n", "", "t.conll: tag has one class alone, O; a classification needs two or more"},
		"extra, Latin-1":   {soundTokens, "data.extra_words=v.txt", "v.txt:2:2: the text is not UTF-8; save the file as UTF-8"},
		"extra, long word": {soundTokens, "data.extra_words=v.txt", "v.txt:1:1: the line does not begin with a word of at most 1024 bytes" + correct},
	} {
		t.Run(name, func(t *testing.T) {
			vectors := "in 1 2\nR\xf4me 1 2\n"
			if name == "extra, long word" {
				vectors = long[:2000] + " 1 2\n"
			}
			var set []string
			if tt.set != "" {
				set = []string{tt.set}
			}
			wantAll(t, refusal(t, strata, tt.tokens, vectors, set...), ": data: window: "+tt.want, "strata describe window says what the file holds")
		})
	}
}

// A file of words without an empty line is one sentence.
func TestTokensOfOneSentence(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "e.yaml", hostileExperiment)
	writeFile(t, "t.conll", strings.Repeat(soundTokens, 500))
	writeFile(t, "v.txt", "in 1 2\nR\xf4me 3 4\n")
	mustStrata(t, "train", "e.yaml", "--run", "r", "--no-plots")
}
