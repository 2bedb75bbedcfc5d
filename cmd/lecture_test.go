package cmd

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/train"
)

// lecturePage is read from the root of the repository, where its commands run.
const lecturePage = "docs/lecture.md"

// atRoot changes into the root of the repository and returns the page of the lecture.
func atRoot(t *testing.T) string {
	t.Helper()
	t.Chdir("..")
	return readFile(t, lecturePage)
}

// TestLectureCommands lets a shell read the commands of the page, with functions in the place of the programs that write
// their arguments down, and checks each call: its verb and flags, and the experiment that it names.
func TestLectureCommands(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("needs bash on the PATH: package bash of Debian")
	}
	page := atRoot(t)
	script := `strata() { printf '%s\x1f' "$@"; printf '\x1e'; }; go() { test -d "$2"; }` + "\n"
	for _, m := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(page, -1) {
		script += m[1]
	}
	for _, m := range regexp.MustCompile("`(strata [^`]*)`").FindAllStringSubmatch(page, -1) {
		script += m[1] + "\n"
	}
	command := exec.Command(bash, "-euo", "pipefail", "-c", script)
	command.Env = []string{"WORDS=/words"}
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, err.(*exec.ExitError).Stderr)
	}
	calls := strings.Split(strings.TrimSuffix(string(out), "\x1e"), "\x1e")
	if len(calls) < 40 {
		t.Errorf("the page has %d commands only", len(calls))
	}
	for _, call := range calls {
		checkCall(t, strings.Split(strings.TrimSuffix(call, "\x1f"), "\x1f"))
	}
}

// checkCall checks the arguments of a call of strata without doing what it does.
func checkCall(t *testing.T, args []string) {
	t.Helper()
	p := &program{}
	verb, rest, err := p.root().Find(args)
	if err != nil || !verb.HasParent() {
		t.Errorf("%v: no such verb: %v", args, err)
		return
	}
	if err := verb.ParseFlags(rest); err != nil {
		t.Errorf("%v: %v", args, err)
		return
	}
	positional := verb.Flags().Args()
	if err := verb.Args(verb, positional); err != nil {
		t.Errorf("%v: %v", args, err)
	}
	file := ""
	for _, flag := range []string{"schedule", "histograms"} {
		if f := verb.Flags().Lookup(flag); f != nil && f.Value.String() != "" {
			file = f.Value.String()
		}
	}
	switch verb.Name() {
	case "train", "check", "find-lr", "explain", "show":
		file = positional[0]
	}
	if file == "" {
		return
	}
	o := experiment.Options{Explain: verb.Name() == "explain"}
	if f := verb.Flags().Lookup("set"); f != nil {
		if o.Set, err = verb.Flags().GetStringArray("set"); err != nil {
			t.Fatal(err)
		}
	}
	o.SkipData = strings.Contains(strings.Join(args, " "), "/words/")
	if _, err := experiment.Load(file, o); err != nil {
		t.Errorf("%v:\n%v", args, err)
	}
}

// TestLectureFigures follows the figures of the page to files, and back.
func TestLectureFigures(t *testing.T) {
	page := atRoot(t)
	shown := map[string]bool{}
	for _, m := range regexp.MustCompile(`!\[[^\]]+\]\(([^)]+)\)`).FindAllStringSubmatch(page, -1) {
		shown[filepath.Join("docs", m[1])] = true
		if info, err := os.Stat(filepath.Join("docs", m[1])); err != nil || info.Size() == 0 {
			t.Errorf("the figure is not there: %v", err)
		}
	}
	if len(shown) < 15 {
		t.Errorf("the page shows %d figures only", len(shown))
	}
	err := filepath.WalkDir("docs/lecture", func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !shown[path] {
			t.Errorf("the page does not show %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestLectureIsWhole compares the page with the list of what the lecture says.
func TestLectureIsWhole(t *testing.T) {
	page := atRoot(t)
	list, err := os.ReadFile("../shared/lecture.md")
	if err != nil {
		t.Skip("needs the list of the lecture's items, ../shared/lecture.md beside the repository: the page can be read without it")
	}
	for _, m := range regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+) \|$`).FindAllStringSubmatch(string(list), -1) {
		if item := m[1]; !strings.HasPrefix(item, "item of") && !strings.Contains(page, "| "+item+" |") {
			t.Errorf("the page has no line for %q", item)
		}
	}
}

// lecture is the directory of the experiments, seen from a test that has changed into an empty one.
func lecture(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../examples/lecture")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	return dir
}

// lastRecord trains an experiment in the run directory name and returns the last record of a kind.
func lastRecord(t *testing.T, kind, name, file string, set ...string) *train.Record {
	t.Helper()
	args := []string{"train", file, "--run", name, "--no-plots"}
	for _, s := range set {
		args = append(args, "--set", s)
	}
	mustStrata(t, args...)
	h, err := train.ReadHistory(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(h.Records) - 1; i >= 0; i-- {
		if h.Records[i].Kind == kind {
			return &h.Records[i]
		}
	}
	t.Fatalf("%s: there is no %s record", name, kind)
	return nil
}

// onEach returns the settings with each # replaced by 1 … n.
func onEach(n int, settings ...string) []string {
	var all []string
	for i := range n {
		for _, s := range settings {
			all = append(all, strings.ReplaceAll(s, "#", string(rune('1'+i))))
		}
	}
	return all
}

func TestLectureReLUTrainsFasterThanSigmoid(t *testing.T) {
	file := filepath.Join(lecture(t), "deep.yaml")
	loss := map[string]train.Number{"relu": lastRecord(t, train.EpochRecord, "relu", file, "train.epochs=3").Loss}
	for _, act := range []string{"tanh", "sigmoid"} {
		set := onEach(6, "model.act#.type="+act, "model.fc#.weights.type=xavier_normal")
		loss[act] = lastRecord(t, train.EpochRecord, act, file, append(set, "train.epochs=3")...).Loss
	}
	if !(loss["relu"] < 0.5*loss["sigmoid"] && loss["tanh"] < 0.5*loss["sigmoid"]) {
		t.Errorf("after three epochs: %v", loss)
	}
}

func TestLectureInitialWeights(t *testing.T) {
	file := filepath.Join(lecture(t), "init.yaml")
	deviations := func(set ...string) []float64 {
		e, err := experiment.Load(file, experiment.Options{Set: set})
		if err != nil {
			t.Fatal(err)
		}
		outputs, err := e.InitialOutputs(256)
		if err != nil || len(outputs) != 5 {
			t.Fatalf("%d nodes, %v", len(outputs), err)
		}
		var all []float64
		for _, o := range outputs {
			squares := 0.0
			for _, v := range o.Values {
				squares += v * v
			}
			all = append(all, math.Sqrt(squares/float64(len(o.Values))))
		}
		return all
	}
	xavier := deviations()
	large := deviations(onEach(5, "model.fc#.weights={type: normal, std: 1}")...)
	small := deviations(onEach(5, "model.fc#.weights={type: normal, std: 0.01}")...)
	for i := range 5 {
		if !(xavier[i] > 0.2 && xavier[i] < 0.6 && large[i] > 0.85) {
			t.Errorf("layer %d: xavier %v, large %v", i+1, xavier[i], large[i])
		}
		if i > 0 && !(small[i] < 0.15*small[i-1]) {
			t.Errorf("layer %d: small weights give %v after %v", i+1, small[i], small[i-1])
		}
	}
}

// TestLectureEqualWeightsStayEqual trains from weights that are all the same: so are the columns of the weights, in the
// end as in the beginning, and the net is one of a single unit in each layer.
func TestLectureEqualWeightsStayEqual(t *testing.T) {
	file := filepath.Join(lecture(t), "init.yaml")
	set := append(onEach(5, "model.fc#.weights={type: constant, value: 0.02}"), "train.epochs=3", "dtype=float64")
	lastRecord(t, train.EvalRecord, "equal", file, set...)
	path, _, err := experiment.FindCheckpoint("equal", false)
	if err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := make([]float64, 64*64)
	if err := checkpoint.ReadInto(f, "fc3/w", w); err != nil {
		t.Fatal(err)
	}
	for i := range w {
		if w[i] != w[i/64*64] {
			t.Fatalf("fc3/w: row %d has %v and %v", i/64, w[i], w[i/64*64])
		}
	}
}

func TestLecturePenalties(t *testing.T) {
	file := filepath.Join(lecture(t), "penalties.yaml")
	zeros, widest := map[string]train.Number{}, map[string]train.Number{}
	for name, penalty := range map[string]string{
		"none": "[]", "l2": "[{type: l2, strength: 0.005}]", "l1": "[{type: l1, strength: 0.002}]",
		"proximal": "[{type: l1, strength: 0.002, form: proximal}]",
	} {
		r := lastRecord(t, train.EpochRecord, name, file, "train.epochs=15", "regularizers="+penalty)
		zeros[name] = r.Zeros["logits/w"]
		widest[name] = r.Histograms["logits/w"].Max - r.Histograms["logits/w"].Min
	}
	if !(zeros["proximal"] > 0.1) || zeros["none"] != 0 || zeros["l2"] != 0 || zeros["l1"] != 0 {
		t.Errorf("shares of exact zeros: %v", zeros)
	}
	if !(widest["l2"] < 0.8*widest["none"]) {
		t.Errorf("from the smallest to the largest weight: %v", widest)
	}
}

func TestLectureDecay(t *testing.T) {
	file := filepath.Join(lecture(t), "decay.yaml")
	loss := map[string]train.Number{}
	for name, lr := range map[string]string{
		"constant": "0.1", "halving": "{type: step, start: 0.1, factor: 0.5, every: 5}",
		"exponential": "{type: exponential, start: 0.1, factor: 0.87}",
	} {
		loss[name] = lastRecord(t, train.EpochRecord, name, file, "optimizer.lr="+lr).Loss
	}
	if !(loss["halving"] < 0.95*loss["constant"] && loss["exponential"] < 0.95*loss["constant"]) {
		t.Errorf("at the end: %v", loss)
	}
}

// TestLectureOptimizers compares what a rate a hundredth too small costs.
func TestLectureOptimizers(t *testing.T) {
	file := filepath.Join(lecture(t), "optimizers.yaml")
	loss := map[string]train.Number{}
	for _, optimizer := range []string{"sgd", "adam"} {
		loss[optimizer] = lastRecord(t, train.EvalRecord, optimizer, file, "optimizer.type="+optimizer, "optimizer.lr=0.001", "train.epochs=5").Loss
	}
	if !(loss["adam"] < 0.3 && loss["sgd"] > 1.5) {
		t.Errorf("with a rate of 0.001: %v", loss)
	}
}
