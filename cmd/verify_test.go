package cmd

import (
	"os"
	"slices"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
)

func TestVerify(t *testing.T) {
	trainedDigits(t)
	wantAll(t, mustStrata(t, "verify", "r"), "ok       r/checkpoints/step-0000000024.strata: ", "step-0000000012.strata", "ok       r/metrics.jsonl")
	var v verification
	decodeOne(t, mustStrata(t, "verify", "r", "--json"), &v)
	if !v.OK || len(v.Checkpoints) != 2 || v.MetricsLog == nil || !v.MetricsLog.OK || v.Checkpoints[0].Tensors == 0 {
		t.Errorf("got %+v", v)
	}
	wantAll(t, mustStrata(t, "verify", "r/checkpoints/step-0000000012.strata"), "ok  ")
}

func TestVerifyFindsDamage(t *testing.T) {
	log := "r/metrics.jsonl"
	tests := map[string]struct {
		damage func(t *testing.T)
		want   string
	}{
		"checkpoint": {func(t *testing.T) { damage(t, "r/checkpoints/step-0000000012.strata") }, `r/checkpoints/step-0000000012.strata: tensor "`},
		"log":        {func(t *testing.T) { damage(t, log) }, "DAMAGED  r/metrics.jsonl: its first "},
		"short log":  {func(t *testing.T) { writeFile(t, log, "") }, "lines are missing"},
		"no log": {func(t *testing.T) {
			if err := os.Remove(log); err != nil {
				t.Fatal(err)
			}
		}, "r/metrics.jsonl: no such file"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			trainedDigits(t)
			tt.damage(t)
			r := strata(t, "verify", "r")
			if r.code != exitFailed {
				t.Errorf("exit code %d", r.code)
			}
			wantAll(t, r.out, tt.want)
			var v verification
			r = strata(t, "verify", "r", "--json")
			decodeOne(t, r.out, &v)
			if v.OK || r.code != exitFailed {
				t.Errorf("exit code %d, %+v", r.code, v)
			}
		})
	}
}

func TestVerifyTellsOfNumbersThatAreNotFinite(t *testing.T) {
	trainedDigits(t)
	path := "r/checkpoints/step-0000000024.strata"
	poison(t, path, "fc1/w", "logits/b")
	r := strata(t, "verify", "r")
	if r.code != exitDone {
		t.Errorf("exit code %d", r.code)
	}
	wantAll(t, r.out, "NaN/Inf  "+path+": ", "         fc1/w: 1 element NaN or infinite\n         logits/b: 1 element NaN or infinite\n",
		"ok       r/checkpoints/step-0000000012.strata: ")
	warning := "warning: " + path + " is intact, but holds 2 elements that are NaN or infinite\n"
	wantAll(t, r.stderr, warning)
	r = strata(t, "verify", "r", "--json")
	if r.code != exitDone || r.stderr != warning {
		t.Errorf("exit code %d, standard error %q", r.code, r.stderr)
	}
	var v verification
	decodeOne(t, r.out, &v)
	if !v.OK || v.Finite || !v.Checkpoints[0].OK || v.Checkpoints[0].NonFinite["fc1/w"] != 1 {
		t.Errorf("got %+v", v)
	}
	decodeOne(t, mustStrata(t, "verify", "r/checkpoints/step-0000000012.strata", "--json"), &v)
	if !v.OK || !v.Finite {
		t.Errorf("got %+v", v)
	}
}

// poison sets the first element of tensors of a checkpoint to NaN, and writes it anew with the checksums that it needs.
func poison(t *testing.T, path string, names ...string) {
	t.Helper()
	edit(t, path, path, func(s *checkpoint.Snapshot) {
		for _, one := range s.Tensors {
			if slices.Contains(names, one.Name) {
				copy(one.Data, []byte{0x00, 0x00, 0xC0, 0x7F})
			}
		}
	})
}

func TestVerifyAllowsLinesAfterTheCheckpoint(t *testing.T) {
	trainedDigits(t)
	f, err := os.OpenFile("r/metrics.jsonl", os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"kind":"step","step":25,"epoch":2.1,"loss":0.5}` + "\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	mustStrata(t, "verify", "r")
}
