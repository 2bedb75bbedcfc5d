package cmd

import (
	"bytes"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/checkpoint/exchange"
)

// weightsOf reads the parameters and states of a checkpoint.
func weightsOf(t *testing.T, path string) map[string]checkpoint.Tensor {
	t.Helper()
	f, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := exported(f, false)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]checkpoint.Tensor{}
	for _, one := range list {
		byName[one.Name] = one
	}
	return byName
}

// TestExportAndImport goes through both formats and both element types, and predicts with what comes back.
func TestExportAndImport(t *testing.T) {
	for _, dtype := range []string{"float32", "float64"} {
		t.Run(dtype, func(t *testing.T) {
			inTemp(t)
			set := []string{"--set", "dtype=" + dtype}
			mustStrata(t, append(set, "train", "digits.yaml", "--run", "r", "--no-plots")...)
			best := mustStrata(t, "eval", "r")
			_, score, _ := strings.Cut(best, "\nloss")
			want := weightsOf(t, "r/checkpoints/step-0000000024.strata")
			for _, format := range exchange.Formats {
				file, back := "w."+string(format), string(format)+".strata"
				wantAll(t, mustStrata(t, "export", "r", "-o", file), "4 tensors of step 24 in "+file)
				wantAll(t, mustStrata(t, append(set, "import", file, "digits.yaml", "-o", back)...), "4 tensors in "+back)
				got := weightsOf(t, back)
				if len(got) != len(want) {
					t.Errorf("%s: there are %d tensors, and were %d", format, len(got), len(want))
				}
				for name, w := range want {
					if g := got[name]; g.DType != w.DType || g.Role != w.Role || !slices.Equal(g.Shape, w.Shape) || !bytes.Equal(g.Data, w.Data) {
						t.Errorf("%s: %s comes back otherwise", format, name)
					}
				}
				if out := mustStrata(t, "eval", back); !strings.HasSuffix(out, "\nloss"+score) {
					t.Errorf("%s: the run scored\n%s\nand what was imported\n%s", format, best, out)
				}
				mustStrata(t, "verify", back)
				mustStrata(t, append(set, "train", "digits.yaml", "--run", "warm-"+string(format), "--no-plots", "--set", "warm_start={from: "+back+"}")...)
			}
		})
	}
}

func TestExportOfSlots(t *testing.T) {
	inTemp(t)
	mustStrata(t, "train", "digits.yaml", "--run", "r", "--no-plots", "--set", "averaging={decay: 0.9}")
	mustStrata(t, "export", "r", "-o", "averages.npz")
	mustStrata(t, "export", "r", "--to", "npz", "-o", "all", "--slots")
	averages, all := archive(t, "averages.npz"), archive(t, "all")
	if len(averages) != 4 || len(all) != 16 {
		t.Errorf("%d tensors, with slots %d", len(averages), len(all))
	}
	if !bytes.Equal(averages["fc1/w"], all["fc1/w/average"]) || bytes.Equal(averages["fc1/w"], all["fc1/w"]) {
		t.Error("without slots the averages are to be exported, with slots both")
	}
}

func archive(t *testing.T, path string) map[string][]byte {
	t.Helper()
	a, err := exchange.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	data := map[string][]byte{}
	for _, info := range a.Tensors() {
		data[info.Name] = make([]byte, info.Bytes)
		if err := a.Read(info.Name, data[info.Name]); err != nil {
			t.Fatal(err)
		}
	}
	return data
}

// writeArchive writes tensors as safetensors.
func writeArchive(t *testing.T, path string, tensors ...checkpoint.Tensor) {
	t.Helper()
	var b bytes.Buffer
	if err := exchange.Write(&b, exchange.Safetensors, tensors, nil); err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, b.String())
}

func matrix(name string, rows, cols int) checkpoint.Tensor {
	w := make([]float32, rows*cols)
	for i := range w {
		w[i] = float32(i)
	}
	return checkpoint.NewTensor(name, checkpoint.Param, []int{rows, cols}, w)
}

func vector(name string, n int) checkpoint.Tensor {
	t := matrix(name, 1, n)
	t.Shape = []int{n}
	return t
}

// TestImportTellsAllThatDoesNotFit has mistakes of every kind in one file.
func TestImportTellsAllThatDoesNotFit(t *testing.T) {
	inTemp(t)
	double := checkpoint.NewTensor("fc1/b", checkpoint.Param, []int{8}, make([]float64, 8))
	writeArchive(t, "w.safetensors", matrix("fc1/w", 8, 64), double, vector("logits/bias", 10), matrix("steps", 3, 3))
	r := strata(t, "import", "w.safetensors", "digits.yaml", "-o", "x.strata")
	if r.code != exitFailed || r.out != "" {
		t.Errorf("exit code %d, output %q", r.code, r.out)
	}
	wantAll(t, r.stderr, "strata: w.safetensors: the tensors do not fit the model:\n",
		"  fc1/w has shape [64 8] in the model, and \"fc1/w\" of the file has [8 64]\n",
		"  \"fc1/b\" of the file holds float64, and the model float32\n",
		"  the file has no logits/w of shape [8 10]\n",
		"  the file has no logits/b of shape [10]; did you mean \"logits/bias\"?\n",
		"  the model has no \"steps\" of shape [3 3]\n",
		"--transpose PATTERN", "--round", "--rename OLD=NEW", "--allow-missing", "--allow-extra")
	if _, err := os.Stat("x.strata"); err == nil {
		t.Error("a checkpoint was written")
	}
	for name, tt := range map[string]struct{ args, want string }{
		"no such name":       {"--rename fc9=fc1", `--rename fc9=fc1 changes no name: the file has no "fc9"; did you mean "fc1"?`},
		"two of one name":    {"--rename steps=fc1/w", `are both called fc1/w here`},
		"transposes nothing": {"--transpose *.w", "--transpose *.w matches no tensor of two axes in the file"},
		"no pattern":         {"--transpose [", "--transpose: syntax error in pattern"},
	} {
		r := strata(t, append(strings.Fields(tt.args), "import", "w.safetensors", "digits.yaml", "-o", "x.strata")...)
		if r.code != exitFailed {
			t.Errorf("%s: exit code %d", name, r.code)
		}
		wantAll(t, r.stderr, tt.want)
	}
}

// TestImportFromPyTorch has the names and the order of axes of torch.nn.Linear.
func TestImportFromPyTorch(t *testing.T) {
	inTemp(t)
	writeArchive(t, "torch.safetensors", matrix("net.fc1.weight", 8, 64), vector("net.fc1.bias", 8), matrix("net.logits.weight", 10, 8),
		checkpoint.NewTensor("net.steps", checkpoint.Param, nil, []int64{7}))
	mustStrata(t, "import", "torch.safetensors", "digits.yaml", "-o", "x.strata", "--transpose", "*.weight",
		"--rename", "net.*.weight=*/w", "--rename", "net.*.bias=*/b", "--allow-extra", "--allow-missing")
	got := weightsOf(t, "x.strata")
	w := make([]float32, 64*8)
	checkpoint.Copy(w, got["fc1/w"].Data)
	for in := range 64 {
		for out := range 8 {
			if w[in*8+out] != float32(out*64+in) {
				t.Fatalf("w[%d %d] is %v", in, out, w[in*8+out])
			}
		}
	}
	mustStrata(t, "predict", "x.strata", "--input", rowOfDigits(t))
}

// rowOfDigits writes a file with one row as digits has them.
func rowOfDigits(t *testing.T) string {
	t.Helper()
	writeFile(t, "row.csv", strings.TrimSuffix(strings.Repeat("0,", 64), ",")+"\n")
	return "row.csv"
}

func TestImportOfNumbers(t *testing.T) {
	inTemp(t)
	save := func(v float64) {
		writeArchive(t, "w.safetensors", checkpoint.NewTensor("fc1/b", checkpoint.Param, []int{8}, []float64{0.1, v, 3, 4, 5, 6, 7, 8}))
	}
	args := []string{"import", "w.safetensors", "digits.yaml", "--allow-missing", "--round", "-o"}
	save(1)
	mustStrata(t, append(args, "one.strata")...)
	b := make([]float32, 8)
	checkpoint.Copy(b, weightsOf(t, "one.strata")["fc1/b"].Data)
	if b[0] != 0.1 || b[7] != 8 {
		t.Errorf("got %v", b)
	}
	save(1e300)
	r := strata(t, append(args, "two.strata")...)
	wantAll(t, r.stderr, `"fc1/b" of the file: element 1 is 1e+300, which is no float32`)
	save(math.NaN())
	r = strata(t, append(args, "three.strata")...)
	wantAll(t, r.stderr, "warning: fc1/b: NaN or infinite numbers, 1 of 8")
	if r.code != exitDone {
		t.Errorf("exit code %d", r.code)
	}
}

func TestExchangeMistakes(t *testing.T) {
	trainedDigits(t)
	writeFile(t, "there.npz", "")
	for args, want := range map[string]string{
		"export r":                               "--output is missing",
		"export r -o w.bin":                      "end it in .safetensors or .npz, or give --to",
		"export r -o w.bin --to safetensor":      `unknown format "safetensor"; did you mean "safetensors"?`,
		"export r -o there.npz":                  "there.npz is there already",
		"export missing -o w.npz":                "missing: no such file or directory",
		"import w.npz digits.yaml":               "--output is missing",
		"import w.npz digits.yaml -o x":          "w.npz: no such file or directory",
		"import there.npz digits.yaml -o r":      "r is there already",
		"import there.npz":                       "WEIGHTS and FILE is missing",
		"import a b -o x --rename fc1":           `"fc1=" is no rename of the form OLD=NEW`,
		"import a b -o x --rename *.w=fc1":       "with one * on both sides",
		"import a b -o x --rename *.w.*=*.w.b.*": "with one * on both sides",
	} {
		r := strata(t, strings.Fields(args)...)
		if r.code != exitUsage || r.out != "" {
			t.Errorf("%s: exit code %d, output %q", args, r.code, r.out)
		}
		wantAll(t, r.stderr, want)
	}
	if r := strata(t, "import", "there.npz", "digits.yaml", "-o", "x"); r.code != exitFailed || !strings.Contains(r.stderr, "there.npz: a file of 0 bytes is neither") {
		t.Errorf("exit code %d, errors %s", r.code, r.stderr)
	}
}
