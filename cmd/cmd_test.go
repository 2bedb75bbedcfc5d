package cmd

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/layers"
	_ "github.com/strata-ml/strata/standard"
	"github.com/strata-ml/strata/tensor"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A result is what a command came to.
type result struct {
	code        int
	out, stderr string
}

// strata runs a command with an empty environment.
func strata(t *testing.T, args ...string) result {
	t.Helper()
	return strataIn(t, nil, args...)
}

func strataIn(t *testing.T, env []string, args ...string) result {
	t.Helper()
	var out, stderr bytes.Buffer
	code := run(t.Context(), args, strings.NewReader(""), &out, &stderr, env)
	return result{code, out.String(), stderr.String()}
}

// mustStrata runs a command that should succeed, and returns what it prints.
func mustStrata(t *testing.T, args ...string) string {
	t.Helper()
	r := strata(t, args...)
	if r.code != exitDone {
		t.Fatalf("strata %s: exit code %d\n%s", strings.Join(args, " "), r.code, r.stderr)
	}
	return r.out
}

// inTemp changes into an empty directory with the experiment digits.yaml, which trains in a moment.
func inTemp(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	writeFile(t, "digits.yaml", `
data: digits
model:
  - {name: fc1, type: dense, units: 8}
  - tanh
  - {type: dropout, rate: 0.1}
  - {name: logits, type: dense, units: 10}
loss: softmax_cross_entropy
metrics: [accuracy]
optimizer: {type: adam, lr: 0.01}
train: {epochs: 2, batch_size: 128}
`)
}

// trainedDigits trains digits.yaml in the run directory r, and changes into the directory of both.
func trainedDigits(t *testing.T) {
	t.Helper()
	inTemp(t)
	mustStrata(t, "train", "digits.yaml", "--run", "r", "--no-plots")
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// wantAll fails the test for each part that a text lacks.
func wantAll(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is missing in\n%s", p, text)
		}
	}
}

// decodeOne decodes a text that must be exactly one JSON document.
func decodeOne(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
}

func TestUsageErrors(t *testing.T) {
	inTemp(t)
	mustStrata(t, "train", "digits.yaml", "--run", "r", "--no-plots")
	tests := map[string]struct {
		args string
		want string
	}{
		"verb":            {"trian digits.yaml", `strata: unknown command "trian"; did you mean "train"?`},
		"flag":            {"train digits.yaml --rum x", "unknown flag: --rum; did you mean --run?"},
		"flag value":      {"resume r --epochs many", `invalid argument "many"`},
		"no file":         {"train", "strata: FILE is missing\nRun \"strata train --help\""},
		"two files":       {"train a.yaml b.yaml", `too many arguments: FILE is all it takes, and there is "b.yaml"`},
		"missing file":    {"train missing.yaml", "missing.yaml: no such file or directory"},
		"missing run":     {"eval missing", "missing: no such file or directory"},
		"no run":          {"resume .", "strata: . is no run directory: it has no config.yaml and no checkpoint"},
		"run in use":      {"train digits.yaml --run r", "r is not empty"},
		"help topic":      {"help trian", `unknown command "trian"; did you mean "train"?`},
		"negative epochs": {"resume r --epochs -3", "--epochs must be positive, is -3"},
		"log format":      {"train digits.yaml --log-format jsn", `unknown log format "jsn"; did you mean "json"?`},
		"no input":        {"predict r", "--input is missing"},
		"missing input":   {"predict r --input missing.csv", "missing.csv: no such file or directory"},
		"kind":            {"list leyer", `unknown kind "leyer"; did you mean "layer"?`},
		"part":            {"describe densse", `unknown part "densse"; did you mean "dense"?`},
		"example":         {"example digit", `unknown example "digit"; did you mean "digits"?`},
		"schedule of run": {"plot r --schedule digits.yaml", `too many arguments: --schedule FILE is all it takes, and there is "r"`},
		"rates":           {"find-lr digits.yaml --from 1 --to 0.1", "--from must be positive and smaller than --to"},
		"set of a run":    {"plot r --set seed=2", "--set changes an experiment file: name one with --schedule"},
		"set":             {"check digits.yaml --set train.epoch=3", `unknown key "epoch"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := strata(t, strings.Fields(tt.args)...)
			if r.code != exitUsage || r.out != "" {
				t.Errorf("exit code %d, output %q", r.code, r.out)
			}
			wantAll(t, r.stderr, tt.want)
		})
	}
}

func TestConfigErrorsArePrintedAsTheyAre(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "bad.yaml", "data: digits\nmodel:\n  - {type: dens, units: 10}\nloss: mse\noptimizer: {type: sgd, rate: 1}\n")
	for _, verb := range []string{"train", "check", "show"} {
		r := strata(t, verb, "bad.yaml")
		if r.code != exitUsage || r.out != "" || !strings.HasPrefix(r.stderr, "bad.yaml:3:12: ") {
			t.Errorf("%s: exit code %d, output %q, errors\n%s", verb, r.code, r.out, r.stderr)
		}
		wantAll(t, r.stderr, `did you mean "dense"?`, "bad.yaml:5:24: ", "^")
	}
	if _, err := os.Stat("runs"); err == nil {
		t.Error("a run directory was made for a wrong experiment")
	}
}

func TestHelp(t *testing.T) {
	root := (&program{}).root()
	verbs := []string{""}
	for _, c := range root.Commands() {
		verbs = append(verbs, c.Name())
		if !strings.Contains(c.Example, "  strata "+c.Name()) {
			t.Errorf("the help of %s has no example", c.Name())
		}
	}
	for _, verb := range verbs {
		t.Run("strata "+verb, func(t *testing.T) {
			got := mustStrata(t, strings.Fields(verb+" --help")...)
			file := filepath.Join("testdata", "help", strings.TrimSuffix("strata-"+verb, "-")+".txt")
			if *update {
				writeFile(t, file, got)
			}
			if want := readFile(t, file); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			for line := range strings.Lines(got) {
				if len([]rune(line)) > 101 {
					t.Errorf("a line has %d characters: %s", len([]rune(line)), line)
				}
			}
		})
	}
	if got, want := mustStrata(t), mustStrata(t, "--help"); got != want {
		t.Errorf("without arguments it prints\n%s", got)
	}
}

// A mine is the identity, and panics in training.
type mine[T tensor.Float] struct{}

// A liar is the identity, with twice the gradient.
type liar[T tensor.Float] struct{}

type (
	mineConfig struct {
		_ struct{} `doc:"panics"`
	}
	liarConfig struct {
		_ struct{} `doc:"has a wrong gradient"`
	}
)

func init() {
	layers.Register("test_mine", mineConfig{},
		func(mineConfig) layers.Layer[float32] { return &mine[float32]{} },
		func(mineConfig) layers.Layer[float64] { return &mine[float64]{} })
	layers.Register("test_liar", liarConfig{},
		func(liarConfig) layers.Layer[float32] { return &liar[float32]{} },
		func(liarConfig) layers.Layer[float64] { return &liar[float64]{} })
	layers.Register("test_trap", trapConfig{}, newTrap[float32], newTrap[float64])
	layers.RegisterInitializer("test_trap", trapInit{}, func(trapInit) layers.Initializer { return trapInit{} })
}

func (*mine[T]) Build(b *layers.Builder[T]) error {
	b.Out(b.In(0)...)
	return nil
}

func (*mine[T]) Forward(f *layers.Frame[T]) {
	if f.Train {
		panic("the mine went off")
	}
	copy(f.Out(), f.In(0))
}

func (*mine[T]) Backward(f *layers.Frame[T]) { copy(f.DIn(0), f.DOut()) }

func (*liar[T]) Build(b *layers.Builder[T]) error {
	b.Out(b.In(0)...)
	return nil
}

func (*liar[T]) Forward(f *layers.Frame[T]) { copy(f.Out(), f.In(0)) }

func (*liar[T]) Backward(f *layers.Frame[T]) {
	for i, dy := range f.DOut() {
		f.DIn(0)[i] = 2 * dy
	}
}

// A trap is the identity, and panics where it is told to: before anything runs.
type trap[T tensor.Float] struct{ config trapConfig }

type trapConfig struct {
	_  struct{} `doc:"panics before anything runs"`
	At string   `doc:"where"`
}

// A trapInit panics.
type trapInit struct {
	_ struct{} `doc:"panics"`
}

func newTrap[T tensor.Float](c trapConfig) layers.Layer[T] {
	if c.At == "constructor" {
		panic("the trap snapped")
	}
	return &trap[T]{c}
}

func (l *trap[T]) Build(b *layers.Builder[T]) error {
	if l.config.At == "build" {
		panic("the trap snapped")
	}
	b.Param("w", layers.Init{Name: "test_trap"}, b.In(0)...)
	b.Out(b.In(0)...)
	return nil
}

func (*trap[T]) Forward(f *layers.Frame[T]) { copy(f.Out(), f.In(0)) }

func (*trap[T]) Backward(f *layers.Frame[T]) { copy(f.DIn(0), f.DOut()) }

func (trapInit) Fill([]float64, tensor.Shape, tensor.Random) { panic("the trap snapped") }

// withLayer writes custom.yaml, which has the layer of a type between two dense ones.
func withLayer(t *testing.T, layer string) {
	t.Helper()
	t.Chdir(t.TempDir())
	writeFile(t, "custom.yaml", `
data: digits
model:
  - {name: fc1, type: dense, units: 8}
  - {name: own, type: `+layer+`}
  - {name: logits, type: dense, units: 10}
loss: softmax_cross_entropy
optimizer: {type: sgd, lr: 0.01}
train: {epochs: 1}
`)
}

// TestPanicsBeforeTheStart names the node whose layer or initializer panics before anything runs, at its place in the file
// where that is known, and leaves no run behind.
func TestPanicsBeforeTheStart(t *testing.T) {
	for at, want := range map[string]struct {
		code int
		text []string
	}{
		"constructor": {exitUsage, []string{"custom.yaml:5:5: ", `node "own": test_trap: its constructor panicked at cmd_test.go:`}},
		"build":       {exitUsage, []string{"custom.yaml:5:5: ", `node "own": test_trap: Build panicked at cmd_test.go:`}},
		"initializer": {exitFailed, []string{`strata: node "own": the initializer test_trap of own/w panicked at cmd_test.go:`}},
	} {
		t.Run(at, func(t *testing.T) {
			withLayer(t, "test_trap, at: "+at)
			r := strata(t, "train", "custom.yaml", "--no-plots")
			if r.code != want.code || r.out != "" {
				t.Errorf("exit code %d, output %q", r.code, r.out)
			}
			wantAll(t, r.stderr, append(want.text, "--debug")...)
			if strings.Contains(r.stderr, "goroutine") {
				t.Errorf("the stack is shown:\n%s", r.stderr)
			}
			wantAll(t, strata(t, "train", "custom.yaml", "--no-plots", "--debug").stderr, "the trap snapped", "goroutine", "cmd_test.go")
			if runs, err := filepath.Glob("runs/*/" + experiment.ConfigFile); err != nil || len(runs) > 0 {
				t.Errorf("there are %v, %v", runs, err)
			}
		})
	}
}

// TestPanicOfTheProgram ends in an error as others do, and not in a trace with the exit code of a wrong command line.
func TestPanicOfTheProgram(t *testing.T) {
	p := &program{stderr: &bytes.Buffer{}}
	root := &cobra.Command{RunE: func(*cobra.Command, []string) error { panic("a loose part") }, SilenceErrors: true, SilenceUsage: true}
	root.SetArgs([]string{})
	command, err := p.execute(t.Context(), root)
	if code := p.report(command, err); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	wantAll(t, p.stderr.(*bytes.Buffer).String(), "a loose part", "panicked", "--debug")
}

func TestPanicOfALayer(t *testing.T) {
	withLayer(t, "test_mine")
	r := strata(t, "train", "custom.yaml", "--no-plots")
	if r.code != exitFailed || r.out != "" {
		t.Errorf("exit code %d, output %q", r.code, r.out)
	}
	wantAll(t, r.stderr, `node "own"`, "forward of step", "the mine went off", "--debug")
	if strings.Contains(r.stderr, "goroutine") {
		t.Errorf("the stack is shown:\n%s", r.stderr)
	}
	r = strata(t, "train", "custom.yaml", "--no-plots", "--debug")
	wantAll(t, r.stderr, "the mine went off", "goroutine", "cmd_test.go")
}
