package main

import (
	"encoding/json"
	"testing"

	"github.com/strata-ml/strata/benchmarks"
)

func TestMeasure(t *testing.T) {
	w, err := benchmarks.Find("W1")
	if err != nil {
		t.Fatal(err)
	}
	s, err := benchmarks.NewStepper(w)
	if err != nil {
		t.Fatal(err)
	}
	var results [2]*result
	for i := range results {
		if results[i], err = measure(s, 0, 1); err != nil {
			t.Fatal(err)
		}
	}
	r := results[0]
	if r.LossFirst != results[1].LossFirst || r.LossLast == r.LossFirst || r.Min <= 0 || r.GFLOPS <= 0 || r.Runs < 5 {
		t.Errorf("two measurements give %+v and %+v", r, results[1])
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(b, &keys); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{ // of bench.py
		"workload", "variant", "batch", "median_ms", "p10_ms", "min_ms", "samples_s", "steps", "gflop_step", "gflops",
		"loss_first", "loss_last", "others", "steal", "threads",
	} {
		if _, ok := keys[key]; !ok {
			t.Errorf("no key %s in %s", key, b)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	for _, args := range [][]string{nil, {"W99"}, {"W1", "-speed"}} {
		if err := run(args); err == nil {
			t.Errorf("no error for %q", args)
		}
	}
}
