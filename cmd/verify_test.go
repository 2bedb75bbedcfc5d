package cmd

import (
	"os"
	"testing"
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
