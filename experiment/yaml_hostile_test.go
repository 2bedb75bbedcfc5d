package experiment_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"unicode"

	"github.com/strata-ml/strata/experiment"
)

// configLimit bounds what is allocated, from beginning to end, for a text that is refused.
const configLimit = 32 << 20

// hostileValue is what a text may hold in the place of a key of small, and what is said of it there.
type hostileValue struct {
	name, path, value string
	want              string // of the message
}

var hostileValues = []hostileValue{
	{"alias bomb", "name", "{" + strings.ReplaceAll(strings.TrimSuffix(aliasBomb(), "\n"), "\n", ", ") + "}", "&a is an anchor"},
	{"self alias", "name", "&a [*a]", "&a is an anchor"},
	{"alias of nothing", "name", "*a", "is an alias"},
	{"brackets", "name", strings.Repeat("[", 400_000), "nested deeper than 32 levels"},
	{"depth of 33", "name", strings.Repeat("[", 33) + strings.Repeat("]", 33), "nested deeper than 32 levels"},
	{"key twice", "optimizer", "{type: adam, lr: 1, lr: 2}", `key "lr" appears twice`},
	{"keys that differ in case", "optimizer", "{type: adam, lr: 1, Lr: 2}", `keys "lr" and "Lr" differ only in case`},
	{"key with a dot beside its block", "optimizer", "{type: adam, lr: {type: step, start: 1, every: 2}, lr.start: 3}", `key "lr.start" holds a dot`},
	{"block merged in", "optimizer", "{<<: {lr: 2}, type: adam}", "<< merges blocks"},
	{"null", "optimizer.lr", "null", "lr has no value"},
	{"tilde", "optimizer.lr", "~", "lr has no value"},
	{"nothing", "optimizer.lr", "", "lr has no value"},
	{"null for a block", "train", "null", "train has no value"},
	{"beyond float64", "optimizer.lr", "1e400", `lr must be a number or a schedule, is the text "1e400"`},
	{"beyond float64, negative", "optimizer.lr", "-1e400", `lr must be a number or a schedule, is the text "-1e400"`},
	{"infinity", "optimizer.lr", ".inf", "lr must be a number"},
	{"infinity in Go's words", "optimizer.lr", "+Inf", "Inf"},
	{"not a number", "optimizer.lr", ".nan", "lr must be a number"},
	{"not a number in Go's words", "optimizer.lr", "NaN", "NaN"},
	{"octal", "train.epochs", "017", "epochs must be a whole number without leading zeros, is 017"},
	{"octal for a number", "optimizer.lr", "017", "lr must be a number or a schedule, is 017"},
	{"octal in the words of YAML 1.2", "train.epochs", "0o17", "epochs must be a whole number, is 0o17"},
	{"exponent for a whole number", "train.epochs", "1e3", "epochs must be a whole number, is 1e3"},
	{"sixties", "train.epochs", "1:30", "epochs must be a whole number"},
	{"beyond 64 bits", "train.epochs", "99999999999999999999", "epochs "},
	{"a billion units", "model.fc1.units", "1000000000", "the model needs 268 GiB of memory, and 8 GiB are available"},
	{"units beyond memory", "model.fc1.units", "9223372036854775807", "model: "},
	{"epochs beyond counting", "train.epochs", "9223372036854775807", "epochs"},
	{"binary tag", "name", "!!binary aGVsbG8=", "is a tag"},
	{"tag of a language", "name", "!!python/object:os.system x", "is a tag"},
	{"escape sequence", "name", `"\e[2J"`, "name"},
	{"shell", "data.path", `"${HOME}/flowers.csv"`, "${HOME}/flowers.csv"}, // nothing is expanded
}

// inFile returns the text of small with a value in the place of that of a path, which it has.
func inFile(t *testing.T, path, value string) string {
	t.Helper()
	old := map[string]string{
		"name": "\nseed: 3", "optimizer": "{type: adam, lr: 0.01}", "optimizer.lr": "0.01", "train": "{epochs: 2, batch_size: 4}",
		"train.epochs": "epochs: 2", "model.fc1.units": "8", "data.path": "flowers.csv",
	}[path]
	with := value
	switch path {
	case "name":
		with = old + "\nname: " + value
	case "train.epochs":
		with = "epochs: " + value
	}
	text := strings.Replace(small, old, with, 1)
	if text == small || old == "" {
		t.Fatalf("the text has no %s", path)
	}
	return text
}

// TestYAMLHostile puts each hostile value into the file, behind --set and into a variable. Each is refused at its place
// and in little memory: none is taken for another value, and no key is lost.
func TestYAMLHostile(t *testing.T) {
	for _, h := range hostileValues {
		variable := experiment.EnvPrefix + strings.ToUpper(strings.ReplaceAll(h.path, ".", "_"))
		for by, opts := range map[string]experiment.Options{
			"file": {}, "set": {Set: []string{h.path + "=" + h.value}}, "variable": {Env: []string{variable + "=" + h.value}},
		} {
			text, place := small, "--set "+h.path+"="
			switch by {
			case "file":
				text, place = inFile(t, h.path, h.value), "hostile.yaml:"
			case "variable":
				place = variable + "="
			}
			if h.path == "model.fc1.units" {
				place = "hostile.yaml:5:5: " // the node that asks for so much
			}
			t.Run(h.name+" by "+by, func(t *testing.T) {
				opts.Dir, opts.Memory = "testdata/data", memory
				refuseHostile(t, text, opts, place, h.want)
			})
		}
	}
}

// refuseHostile wants one message at a place that begins like this.
func refuseHostile(t *testing.T, text string, opts experiment.Options, place, want string) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := experiment.Parse("hostile.yaml", []byte(text), opts)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > configLimit {
		t.Errorf("it took %d bytes", got)
	}
	d, ok := errors.AsType[*experiment.Diagnostics](err)
	if !ok {
		t.Fatalf("the error is %v", err)
	}
	found := false
	for _, one := range d.List {
		found = found || strings.HasPrefix(one.String(), place) && strings.Contains(one.Message, want)
	}
	if !found {
		t.Errorf("got\n%.2000s\nwant one at %s with %s", err, place, want)
	}
	checkMessage(t, err)
}

// checkMessage fails the test on a message that is long, or holds what a terminal would obey.
func checkMessage(t *testing.T, err error) {
	t.Helper()
	text := err.Error()
	if len(text) > 64<<10 {
		t.Errorf("the message has %d bytes", len(text))
	}
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			t.Fatalf("the message holds %U:\n%.2000q", r, text)
		}
	}
}

// TestNoKeyIsLost gives keys in ways in which one would come over another without a word.
func TestNoKeyIsLost(t *testing.T) {
	for name, test := range map[string]struct {
		set, env    []string
		place, want string
	}{
		"block over a key of it":       {[]string{"optimizer.lr=0.5", "optimizer=sgd"}, nil, "--set optimizer.lr=", "--set optimizer"},
		"list over an item of it":      {[]string{"metrics.0.type=macro_f1", "metrics=[accuracy]"}, nil, "--set metrics.0.type=", "--set metrics"},
		"node by number over its key":  {[]string{"model.fc1.units=9", "model.0={type: dense, units: 7}"}, nil, "--set model.fc1.units=", "--set model.0"},
		"key that differs in case":     {[]string{"optimizer.LR=0.5"}, nil, "--set optimizer.LR=", `unknown key "LR"`},
		"key in capitals":              {[]string{"Optimizer.lr=0.5"}, nil, "--set Optimizer.lr=", `unknown key "Optimizer"`},
		"key of a key":                 {[]string{"optimizer.lr.x=0.5"}, nil, "hostile.yaml:10:29: ", "lr: must name a schedule, is 0.01"},
		"key of an item that is none":  {[]string{"metrics.7.k=1"}, nil, "--set metrics.7.k=", `metrics has no item "7"`},
		"path of many keys":            {[]string{"optimizer.lr" + strings.Repeat(".first", 50_000) + "=1"}, nil, "--set optimizer.lr.first", "more than 32 keys"},
		"variable of no key":           {nil, []string{"STRATA_OPTIMIZER_L_R=1"}, "STRATA_OPTIMIZER_L_R=1", "no key is set by"},
		"variable in small letters":    {nil, []string{"STRATA_optimizer_lr=1"}, "STRATA_optimizer_lr=1", "no key is set by"},
		"variable with no name":        {nil, []string{"STRATA_=1"}, "STRATA_=1", "no key is set by"},
		"two documents in a value":     {[]string{"name=a\n---\nname: b"}, nil, "--set name=a", "a second document"},
		"two keys in a value":          {[]string{"seed=1\noptimizer: sgd"}, nil, "--set seed=1", ""},
		"comment in place of a value":  {[]string{"optimizer.lr=# 0.5"}, nil, "--set optimizer.lr=", ""},
		"comment behind a value":       {[]string{"name=a #b"}, nil, "--set name=", "a comment"},
		"comment behind, in variables": {nil, []string{"STRATA_NAME=a #b"}, "STRATA_NAME=", "a comment"},
	} {
		t.Run(name, func(t *testing.T) {
			opts := experiment.Options{Dir: "testdata/data", Memory: memory, Set: test.set, Env: test.env}
			refuseHostile(t, small, opts, test.place, test.want)
		})
	}
}
