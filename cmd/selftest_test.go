package cmd

import (
	"os"
	"strings"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/tensor"
)

// asCommand is the variable with which the program of the tests is the command, with the layers of the tests in it.
const asCommand = "TEST_AS_COMMAND"

// A forgetful layer scales by a number that counts its steps and is in no checkpoint.
type forgetful[T tensor.Float] struct{}

type forgetfulConfig struct {
	_ struct{} `doc:"forgets what it counts"`
}

var forgotten int

func init() {
	layers.Register("test_forgetful", forgetfulConfig{},
		func(forgetfulConfig) layers.Layer[float32] { return &forgetful[float32]{} },
		func(forgetfulConfig) layers.Layer[float64] { return &forgetful[float64]{} })
}

func (*forgetful[T]) Build(b *layers.Builder[T]) error {
	b.Out(b.In(0)...)
	return nil
}

func (*forgetful[T]) Forward(f *layers.Frame[T]) {
	if f.Train {
		forgotten++
	}
	for i, x := range f.In(0) {
		f.Out()[i] = x * T(1+0.01*float64(forgotten))
	}
}

func (*forgetful[T]) Backward(f *layers.Frame[T]) {
	for i, dy := range f.DOut() {
		f.DIn(0)[i] = dy
	}
}

func selftestIn(t *testing.T, args ...string) result {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	return strataIn(t, append(os.Environ(), asCommand+"=1"), append([]string{"selftest", "resume"}, args...)...)
}

func TestSelftestResume(t *testing.T) {
	inTemp(t)
	r := selftestIn(t, "digits.yaml", "--json", "--set", "train.batch_size=100", "--steps", "17")
	if r.code != exitDone || r.stderr != "" {
		t.Fatalf("exit code %d\n%s", r.code, r.stderr)
	}
	var s selftest
	decodeOne(t, r.out, &s)
	if !s.Exact || s.Steps != 17 || s.Cuts < 7 || len(s.Runs) < 4 || s.Runs[0].Cuts != nil || s.Kept != "" {
		t.Errorf("got %+v", s)
	}
	for _, run := range s.Runs {
		for _, part := range hashedParts {
			if len(run.SHA256[part]) != 64 || run.SHA256[part] != s.Runs[0].SHA256[part] {
				t.Errorf("%s: %s has the hash %q", run.Name, part, run.SHA256[part])
			}
		}
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}

// TestSelftestFindsForgetting has a layer that no checkpoint can continue.
func TestSelftestFindsForgetting(t *testing.T) {
	withLayer(t, "test_forgetful")
	r := selftestIn(t, "custom.yaml", "--steps", "8")
	if r.code != exitFailed || r.stderr != "" {
		t.Errorf("exit code %d, errors %s", r.code, r.stderr)
	}
	wantAll(t, r.out, "DIFFER", "none", "resume is NOT exact: ", "strata diff ")
	_, command, _ := strings.Cut(r.out, "\nstrata ")
	line, _, _ := strings.Cut(command, "\n")
	if d := strata(t, strings.Fields(line)...); d.code != exitFailed || !strings.Contains(d.out, "fc1/w") {
		t.Errorf("exit code %d, output %s%s", d.code, d.out, d.stderr)
	}
}

func TestSelftestMistakes(t *testing.T) {
	inTemp(t)
	for args, want := range map[string]string{
		"selftest resume":                                                       "FILE is missing",
		"selftest rezume digits.yaml":                                           `unknown command "rezume"; did you mean "resume"?`,
		"selftest resume digits.yaml --steps 1":                                 "--steps must be at least 2, is 1",
		"selftest resume digits.yaml --set a=1":                                 `unknown key "a"`,
		"selftest resume digits.yaml --set train={epochs: 1, batch_size: 1438}": "digits.yaml has 1 step",
	} {
		fields := strings.SplitN(args, " ", 5)
		if r := strata(t, fields...); r.code != exitUsage || r.out != "" || !strings.Contains(r.stderr, want) {
			t.Errorf("%s: exit code %d, output %q, errors %s", args, r.code, r.out, r.stderr)
		}
	}
}
