package train_test

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// clean returns how a run directory breaks the promise that nothing in it is poisoned: a number in a checkpoint, a best
// evaluation, a step that the log has twice.
func clean(dir string) error {
	paths, err := checkpoint.List(filepath.Join(dir, train.CheckpointDir))
	if err != nil {
		return err
	}
	for _, path := range paths {
		f, err := checkpoint.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		report, err := f.Verify()
		if err != nil {
			return err
		}
		for _, n := range report.NonFinite {
			if info, _ := f.Info(n.Tensor); info.Role != checkpoint.Meter {
				return fmt.Errorf("%s holds %v", path, n)
			}
		}
		if best := f.State().Best; best != nil && (math.IsNaN(best.Value) || math.IsInf(best.Value, 0)) {
			return fmt.Errorf("%s says that %+v is the best evaluation", path, best)
		}
	}
	h, err := train.ReadHistory(dir)
	if err != nil {
		return err
	}
	last := map[string]int64{}
	for _, rec := range h.Records {
		if rec.Best && (math.IsNaN(float64(rec.Loss)) || math.IsInf(float64(rec.Loss), 0)) {
			return fmt.Errorf("%+v is the best evaluation", rec)
		}
		kind := rec.Kind
		if rec.Skipped != nil {
			kind = train.StepRecord
		}
		if rec.Rollback == nil && rec.Step <= last[kind] {
			return fmt.Errorf("the log has a %s of step %d after that of step %d", kind, rec.Step, last[kind])
		}
		last[kind] = max(last[kind], rec.Step)
	}
	return nil
}

// TestPoison puts numbers that are not finite into every place of a run, at any step, under each policy and in both element
// types. No checkpoint holds one, the newest loads, and no evaluation of one is the best.
func TestPoison(t *testing.T) {
	rounds := 1
	if *long {
		rounds = 20
	}
	n := 0
	for round := range rounds {
		for i, place := range places {
			for j, policy := range []string{train.StopNonFinite, train.SkipNonFinite, train.RollbackNonFinite} {
				random := tensor.NewRandom(uint64(1 + round)).With(uint64(i)).With(uint64(j))
				p := &poison{
					place: place, step: int64(random.IntN(0, 12)), heals: int64(1 + random.IntN(1, 3)),
					value: []float64{math.NaN(), math.Inf(1), math.Inf(-1)}[random.IntN(2, 3)],
				}
				name := fmt.Sprintf("%s/%s/step %d/%v", place, policy, p.step, p.value)
				t.Run(name, func(t *testing.T) {
					testPoison[float32](t, policy, *p)
					testPoison[float64](t, policy, *p)
				})
				n += 2
			}
		}
	}
	t.Logf("%d injections", n)
}

func testPoison[T tensor.Float](t *testing.T, policy string, p poison) {
	t.Helper()
	dir := t.TempDir()
	s := poisoned[T](t, dir, &p)
	s.NonFinite = train.DefaultNonFinite()
	s.NonFinite.Policy = policy
	_, err := runPoisoned(t, s, &p)
	if wrong := clean(dir); wrong != nil {
		t.Errorf("%T: %v", T(0), wrong)
	}
	_, diverged := errors.AsType[*train.DivergedError](err)
	atStep := slices.Contains([]string{"input", "forward", "backward", "loss", "next state"}, p.place)
	switch {
	case p.place == "evaluation":
		diverged = err == nil
	case policy == train.RollbackNonFinite && p.place != "input", policy == train.SkipNonFinite && atStep:
		diverged = err == nil
		if kind := map[string]string{train.SkipNonFinite: train.SkippedRecord, train.RollbackNonFinite: train.RollbackRecord}[policy]; !hasRecord(t, dir, kind) {
			t.Errorf("%T: the log has no %s", T(0), kind)
		}
	}
	if !diverged {
		t.Errorf("%T: the run ended with %v", T(0), err)
	}
	// The newest checkpoint loads, and the run goes on from it to its end when the cause is gone.
	p.place = ""
	s = poisoned[T](t, dir, &p)
	if res, err := runPoisoned(t, s, &p); err != nil || res.Step != 12 {
		t.Errorf("%T: resumed, the run ended at step %d: %v", T(0), res.Step, err)
	}
	if wrong := clean(dir); wrong != nil {
		t.Errorf("%T: resumed: %v", T(0), wrong)
	}
}

func hasRecord(t *testing.T, dir, kind string) bool {
	t.Helper()
	h, err := train.ReadHistory(dir)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(h.Records, func(r train.Record) bool { return r.Kind == kind })
}

// TestSkipChangesNothing compares all that a checkpoint holds before a step that is skipped and after it.
func TestSkipChangesNothing(t *testing.T) {
	for _, place := range []string{"input", "forward", "backward", "loss", "next state"} {
		dir := t.TempDir()
		p := &poison{place: place, step: 2, value: math.NaN()}
		s := poisoned[float32](t, dir, p)
		s.NonFinite = train.DefaultNonFinite()
		s.NonFinite.Policy = train.SkipNonFinite
		s.Checkpoints.EverySteps, s.Checkpoints.Keep = 1, 20
		if _, err := runPoisoned(t, s, p); err != nil {
			t.Fatal(err)
		}
		before, after := openStep(t, dir, 2), openStep(t, dir, 3)
		for _, info := range before.Tensors() {
			if now, ok := after.Info(info.Name); !ok || now.CRC32C != info.CRC32C {
				t.Errorf("%s: the skipped step has changed %s", place, info.Name)
			}
		}
	}
}

func openStep(t *testing.T, dir string, step int64) *checkpoint.File {
	t.Helper()
	f, err := checkpoint.Open(filepath.Join(dir, train.CheckpointDir, checkpoint.StepFile(step)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestLimitsOfNonFinite ends runs that skip or go back too often, with the first number at fault in the message.
func TestLimitsOfNonFinite(t *testing.T) {
	t.Run("skipped", func(t *testing.T) {
		p := &poison{place: "parameter", step: 5, value: math.NaN()}
		s := poisoned[float32](t, t.TempDir(), p)
		s.NonFinite = train.NonFinite{Policy: train.SkipNonFinite, MaxSkipped: 2, MaxRollbacks: 1, LRScale: 0.5}
		s.Checkpoints.EverySteps = 0
		s.Config.BatchSize = 2
		_, err := runPoisoned(t, s, p)
		want := "step 8: node \"fc1\": parameter fc1/w: element 0 is NaN, after non_finite has skipped 2 updates in a row; a smaller learning rate"
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("rollbacks", func(t *testing.T) {
		dir := t.TempDir()
		p := &poison{place: "forward", step: 7, value: math.NaN()}
		s := poisoned[float32](t, dir, p)
		s.NonFinite = train.NonFinite{Policy: train.RollbackNonFinite, MaxSkipped: 1, MaxRollbacks: 2, LRScale: 0.25}
		_, err := runPoisoned(t, s, p)
		if want := "step 7: node \"count\": output: element 19 (row 3 of the batch) is NaN, after 2 rollbacks; "; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v", err)
		}
		h, err := train.ReadHistory(dir)
		if err != nil {
			t.Fatal(err)
		}
		var at, from []int64
		for _, rec := range h.Records {
			if back := rec.Rollback; back != nil {
				at, from = append(at, rec.Step), append(from, back.From)
			}
			if rec.Kind == train.StepRecord {
				if want := map[bool]float64{false: 1e-3, true: 1e-3 / 16}[rec.Step > 6]; float64(*rec.LR) != want {
					t.Errorf("step %d had the rate %v, want %v", rec.Step, *rec.LR, want)
				}
			}
		}
		if !slices.Equal(at, []int64{6, 6}) || !slices.Equal(from, []int64{7, 7}) {
			t.Errorf("rolled back to %v from %v", at, from)
		}
	})
	t.Run("no directory", func(t *testing.T) {
		s := setup[float32](t, "sgd", "")
		s.NonFinite = train.DefaultNonFinite()
		s.NonFinite.Policy = train.RollbackNonFinite
		if _, err := train.New(s); err == nil || !strings.Contains(err.Error(), "rollback needs a run directory") {
			t.Errorf("got %v", err)
		}
	})
}

// TestResumeSetbacks cuts runs that skip and that roll back after every other step, in the long form each, while a person asks for checkpoints besides,
// and wants the bytes of runs that were never cut.
func TestResumeSetbacks(t *testing.T) {
	stride := int64(2)
	if *long {
		stride = 1
	}
	for i, test := range []struct {
		policy string
		p      poison
	}{
		{train.SkipNonFinite, poison{place: "input", step: 2, value: math.NaN()}},
		{train.SkipNonFinite, poison{place: "backward", step: 5, value: math.Inf(1)}},
		{train.RollbackNonFinite, poison{place: "forward", step: 2, heals: 1, value: math.NaN()}},
		{train.RollbackNonFinite, poison{place: "forward", step: 8, heals: 2, value: math.NaN()}},
		{train.RollbackNonFinite, poison{place: "parameter", step: 6, heals: 1, value: math.NaN()}},
		{train.RollbackNonFinite, poison{place: "average", step: 6, heals: 3, value: math.NaN()}},
	} {
		t.Run(fmt.Sprintf("%s/%s", test.policy, test.p.place), func(t *testing.T) {
			with := func(dir string, p *poison) train.Setup[float32] {
				s := poisoned[float32](t, dir, p)
				s.NonFinite = train.DefaultNonFinite()
				s.NonFinite.Policy = test.policy
				return s
			}
			whole, p := t.TempDir(), test.p
			res, err := runPoisoned(t, with(whole, &p), &p)
			if err != nil {
				t.Fatal(err)
			}
			want := digest(t, whole)
			for cut := int64(1 + i%2); cut < res.Step; cut += stride {
				dir, p := t.TempDir(), test.p
				if _, err := cutPoisoned(t, with(dir, &p), &p, cut); err != nil {
					t.Fatal(err)
				}
				if _, err := runPoisoned(t, with(dir, &p), &p); err != nil {
					t.Fatal(err)
				}
				if got := digest(t, dir); got != want {
					t.Errorf("cut at step %d: %s, want %s", cut, got, want)
				}
			}
		})
	}
}
