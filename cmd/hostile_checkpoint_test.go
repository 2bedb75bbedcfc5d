package cmd

import (
	"math"
	"os"
	"runtime"
	"strings"
	"testing"
	"unicode"

	"github.com/strata-ml/strata/checkpoint"
)

const hostileCheckpoint = "r/checkpoints/step-0000000024.strata"

// hostileCheckpoints changes a checkpoint whose checksums are right. Each want is part of what eval and resume say; ""
// where they have nothing to say.
var hostileCheckpoints = map[string]struct {
	change       func(*checkpoint.Snapshot)
	eval, resume string
}{
	"alias bomb":      {text("", "a: &a [x, x]\nb: &b [*a, *a]\n"), "24.strata:1:4: &a is an anchor", "24.strata:1:4: &a is an anchor"},
	"brackets":        {text("", strings.Repeat("[", 400_000)), "24.strata:1:33: a value is nested deeper than 32 levels", "nested deeper than 32 levels"},
	"no text":         {text("", "\n"), "24.strata:1:1: the file is empty", "24.strata:1:1: the file is empty"},
	"two mebibytes":   {text("", strings.Repeat("#", 2<<20)), "24.strata:1:1: the file holds more than 1048576 bytes", "holds more than 1048576 bytes"},
	"control letters": {text("name: digits", "name: \"\x1b[2J\""), "the text holds the control character U+001B", "the text holds the control character U+001B"},
	"escape sequence": {text("name: digits", `name: "\e[2J"`), "name", "name"},
	"unknown key":     {text("seed: 1\n", "seed: 1\nsead: 2\n"), `unknown key "sead"`, `unknown key "sead"`},
	"a billion units": {text("units: 8\n", "units: 1000000000\n"), `tensor "fc1/w" is float32 [64 8], and the run needs float32 [64 1000000000]`, "memory, and"},
	"more than memory has addresses": {
		text("units: 8\n", "units: 9223372036854775807\n"), "more elements than memory has addresses", "more elements than memory has addresses",
	},
	"a million units":          {text("units: 8\n", "units: 1000000\n"), `the run needs float32 [64 1000000]`, `the run needs float32 [64 1000000]`},
	"other node":               {text("name: fc1", "name: fc2"), `has no tensor "fc2/w"`, `has no tensor "fc2/w"`},
	"other type":               {text("dtype: float32", "dtype: float64"), `tensor "fc1/w" is float32 [64 8], and the run needs float64`, `tensor "fc1/w" is float32 [64 8], and the run needs float64`},
	"other loss":               {text("type: softmax_cross_entropy", "type: mse"), "mse", "mse"},
	"huge batch":               {text("batch_size: 128", "batch_size: 1000000000000000000"), "", "in batches of 1000000000000000000"},
	"tensor missing":           {func(s *checkpoint.Snapshot) { s.Tensors = s.Tensors[1:] }, `has no tensor "fc1/w"`, `has no tensor "fc1/w"`},
	"other shape":              {func(s *checkpoint.Snapshot) { s.Tensors[0].Shape = []int{8, 64} }, `tensor "fc1/w" is float32 [8 64], and the run needs float32 [64 8]`, `tensor "fc1/w" is float32 [8 64]`},
	"what nobody fitted":       {func(s *checkpoint.Snapshot) { s.Config.Preprocessing = []byte("{}") }, "fitted state", "fitted state"},
	"what is no JSON":          {func(s *checkpoint.Snapshot) { s.Config.Preprocessing = []byte(strings.Repeat("[", 1<<20)) }, "fitted state", "fitted state"},
	"other data":               {func(s *checkpoint.Snapshot) { s.Config.Data[0].Bytes = math.MaxInt64 }, "data file digits.csv.gz has changed", "data file digits.csv.gz has changed"},
	"no data":                  {func(s *checkpoint.Snapshot) { s.Config.Data = nil }, "the run began with 0 data files", "the run began with 0 data files"},
	"step beyond the epochs":   {func(s *checkpoint.Snapshot) { s.State.Step = math.MaxInt64 }, "", "step 9223372036854775807 is not where"},
	"epochs beyond counting":   {func(s *checkpoint.Snapshot) { s.State.Epoch = math.MaxInt64 }, "", "9223372036854775807 epochs are done already"},
	"position beyond the rows": {func(s *checkpoint.Snapshot) { s.State.Epoch, s.State.Position = 1, math.MaxInt64 }, "", "is not where"},
	"log beyond its end":       {func(s *checkpoint.Snapshot) { s.State.LogOffset = math.MaxInt64 }, "", "the checkpoint counts on 9223372036854775807"},
	"escape sequences": {func(s *checkpoint.Snapshot) {
		c := &s.Config
		c.Strata, c.Go, c.GOOS, c.GOARCH, c.Kernel = "\x1b[2J", "\x1b[2J", "\x1b[2J", "\x1b[2J", "\x1b[2J"
		c.Data[0].Path, s.State.StopReason = "\x1b[2J", "\x1b[2J"
		c.Modules = append(c.Modules, checkpoint.Module{Path: "\x1b[2J", Version: "\x1b[2J"})
	}, "", "the run was computed by the"},
	"best that is nowhere": {func(s *checkpoint.Snapshot) { s.State.Best.Step = math.MaxInt64 }, "the best, of step 9223372036854775807", ""},
}

// text returns the change of an experiment in a checkpoint: of all of it where old is "".
func text(old, with string) func(*checkpoint.Snapshot) {
	return func(s *checkpoint.Snapshot) {
		if s.Config.SHA256 = ""; old == "" {
			s.Config.Text = with
			return
		}
		if !strings.Contains(s.Config.Text, old) {
			panic(old + " is not in\n" + s.Config.Text)
		}
		s.Config.Text = strings.Replace(s.Config.Text, old, with, 1)
	}
}

// TestHostileCheckpoint feeds every verb that opens a checkpoint with ones whose checksums are right and whose content is
// hostile. None panics, allocates in all, from beginning to end, more than a sound one does and 8 MiB and what reading the file
// a few times takes, or passes on what a terminal would obey; and each says what is wrong, with the file.
func TestHostileCheckpoint(t *testing.T) {
	trainedDigits(t)
	writeFile(t, "mine.csv", strings.TrimSuffix(strings.Repeat("16,", 64), ",")+"\n")
	sound := readFile(t, hostileCheckpoint)
	usual := make([]uint64, len(hostileVerbs)) // what a verb takes for a sound one, with the data
	for i, verb := range hostileVerbs {
		usual[i] = allocatedBy(func() { mustOrDiffer(t, verb...) })
	}
	for name, test := range hostileCheckpoints {
		t.Run(name, func(t *testing.T) {
			writeFile(t, hostileCheckpoint, sound)
			config := ""
			edit(t, hostileCheckpoint, "hostile", func(s *checkpoint.Snapshot) {
				test.change(s)
				config = s.Config.Text
			})
			if err := os.Rename("hostile", hostileCheckpoint); err != nil {
				t.Fatal(err)
			}
			writeFile(t, "r/config.yaml", config)
			size := uint64(len(readFile(t, hostileCheckpoint)))
			for i, verb := range hostileVerbs {
				got := allocatedBy(func() { useHostile(t, verb, test.eval, test.resume) })
				if limit := usual[i] + 32*size + 8<<20; got > limit {
					t.Errorf("%v took %d bytes, and at most %d are allowed", verb, got, limit)
				}
			}
		})
	}
}

// hostileVerbs are what reads a checkpoint; resume is the last.
var hostileVerbs = [][]string{
	{"eval", "r"},
	{"predict", "r", "--last", "--input", "mine.csv"},
	{"inspect", "r", "--last"},
	{"inspect", "r", "--json"},
	{"diff", hostileCheckpoint, "r/checkpoints/step-0000000012.strata"},
	{"resume", "r", "--no-plots"},
}

func useHostile(t *testing.T, verb []string, eval, resume string) {
	t.Helper()
	r := strata(t, verb...)
	said := r.out + r.stderr
	if i := strings.IndexFunc(said, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }); i >= 0 {
		t.Errorf("%v says %q", verb, said[max(0, i-100):min(len(said), i+100)])
	}
	var want string
	switch verb[0] {
	case "eval":
		want = eval
	case "resume":
		want = resume
	default:
		return
	}
	if len(said) > 64<<10 {
		t.Errorf("%v says %d bytes", verb, len(said))
	}
	warned := strings.Contains(r.stderr, "warning: ") && r.code == exitDone
	if refused := r.code == exitFailed || r.code == exitUsage; refused == (want == "" || warned) || !strings.Contains(said, want) {
		t.Errorf("%v: exit code %d\n%.2000s\nwant %q", verb, r.code, said, want)
	}
}

// mustOrDiffer runs a command that should find nothing wrong.
func mustOrDiffer(t *testing.T, args ...string) {
	t.Helper()
	if r := strata(t, args...); r.code != exitDone && args[0] != "diff" {
		t.Fatalf("%v: exit code %d\n%s", args, r.code, r.stderr)
	}
}

func allocatedBy(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestDamagedInfo has a run.json that is none: what a run can do without is not missed in silence.
func TestDamagedInfo(t *testing.T) {
	trainedDigits(t)
	for content, want := range map[string]string{
		"{":                                "r/run.json: unexpected end of JSON input",
		`{"data": [{"bytes": 1e400}]}`:     "r/run.json: json: cannot unmarshal",
		strings.Repeat(" ", 9<<20):         "r/run.json: the file holds more than 8388608 bytes",
		strings.Repeat(`{"data":`, 20_000): "r/run.json: ",
	} {
		writeFile(t, "r/run.json", content)
		if r := strata(t, "eval", "r"); r.code != exitDone || !strings.Contains(r.stderr, "warning: it goes on without run.json: "+want) {
			t.Errorf("eval: exit code %d\n%.500s\nwant %s", r.code, r.stderr, want)
		}
		if r := strata(t, "resume", "r"); r.code != exitFailed || !strings.Contains(r.stderr, want) || !strings.Contains(r.stderr, "--data-dir") {
			t.Errorf("resume: exit code %d\n%.500s\nwant %s", r.code, r.stderr, want)
		}
	}
}
