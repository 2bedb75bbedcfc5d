package train_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/train"
)

// TestClockDoesNotMatter trains by a clock that begins decades ago and leaps ten years with every step: each checkpoint, its
// name and the log are those of a run by the clock of this machine.
func TestClockDoesNotMatter(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // workers of the kernels live outside of the bubble
	start := func(dir string) train.Setup[float32] {
		s := setup[float32](t, "adam", dir)
		s.Checkpoints.EverySteps, s.Checkpoints.KeepEverySteps, s.Checkpoints.KeepBest = 1, 3, 2
		return s
	}
	now, other := t.TempDir(), t.TempDir()
	trainAll(t, start(now), 0)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := start(other)
		s.Observers = []train.Observer{onStep(func(int64) { time.Sleep(10 * 365 * 24 * time.Hour) })}
		trainAll(t, s, 0)
		if passed := time.Since(began); began.Year() != 2000 || passed < 119*365*24*time.Hour {
			t.Errorf("the clock began at %v and went on for %v: the test needs leaps", began, passed)
		}
	})
	want, err := checkpoint.List(filepath.Join(now, train.CheckpointDir))
	if err != nil {
		t.Fatal(err)
	}
	got, err := checkpoint.List(filepath.Join(other, train.CheckpointDir))
	if err != nil || len(got) != len(want) || len(want) < 5 {
		t.Fatalf("there are %v (%v), want %v", got, err, want)
	}
	want, got = append(want, filepath.Join(now, train.MetricsFile)), append(got, filepath.Join(other, train.MetricsFile))
	for i, path := range want {
		a, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if b := mustRead(t, got[i]); filepath.Base(got[i]) != filepath.Base(path) || string(a) != string(b) {
			t.Errorf("%s differs", filepath.Base(path))
		}
	}
}
