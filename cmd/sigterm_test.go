//go:build unix

package cmd

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/train"
)

// patience is how long a process may take to end on a signal: so much longer than it does that no load makes the test fail.
const patience = time.Minute

// TestSigterm ends runs by SIGTERM and SIGINT after random steps. No step that was finished is lost, and the run that is
// continued ends as if nothing had happened.
func TestSigterm(t *testing.T) {
	f := newFaultRuns(t)
	signals := 10
	if *long {
		signals = 100
	}
	span, slowest := 30*time.Millisecond, time.Duration(0)
	for n, life := 0, 0; n < signals; life++ {
		sig := []syscall.Signal{syscall.SIGTERM, syscall.SIGINT}[n%2]
		dir := filepath.Join("ended", fmt.Sprint(life), "run")
		p := f.start(t, 1+rand.IntN(3), f.verb(dir)...)
		p.await(t, "training")
		time.Sleep(rand.N(span))
		began := time.Now()
		interrupt(t, p, sig)
		code := p.end(t)
		took := time.Since(began)
		if code == exitDone || code == -1 { // the run had ended, and the process after it, or by the signal
			f.wantWhole(t, dir)
			span -= span / 10
			continue
		}
		if code != 128+int(sig) {
			t.Fatalf("exit code %d after %v\n%s", code, sig, p.stderr.String())
		}
		if took > patience {
			t.Errorf("it took %v to end", took)
		}
		wantNoStepLost(t, dir)
		f.finish(t, dir)
		if t.Failed() {
			t.Fatalf("life %d, %v", life, sig)
		}
		slowest = max(slowest, took)
		n++
	}
	t.Logf("%d signals, the slowest took %v until the process had ended", signals, slowest)
	if *long {
		largeState(t, f.binary)
	}
}

// wantNoStepLost compares the newest checkpoint with the steps that the run says it has finished, in its mark of the stop
// and in its log.
func wantNoStepLost(t *testing.T, dir string) {
	t.Helper()
	paths, err := checkpoint.List(filepath.Join(dir, train.CheckpointDir))
	if err != nil || len(paths) == 0 {
		t.Fatalf("there is no checkpoint: %v", err)
	}
	saved, _ := checkpoint.ParseStepFile(filepath.Base(paths[0]))
	h, err := train.ReadHistory(dir)
	if err != nil {
		t.Fatal(err)
	}
	if stop := h.Marks[len(h.Marks)-1]; stop.Kind != train.StopMark || stop.Step != saved {
		t.Errorf("the run stopped with %+v, and the newest checkpoint is that of step %d", stop, saved)
	}
	for _, r := range h.Records {
		if r.Step > saved {
			t.Errorf("step %d is logged, and the newest checkpoint is that of step %d", r.Step, saved)
		}
	}
}

// largeState ends a run with a state of 300 MB by SIGTERM, and tells how long that takes beside a step.
func largeState(t *testing.T, b binary) {
	t.Helper()
	const dir = "large/run"
	p := b.start(t, 2, "train", "points.yaml", "--run", dir, "--no-plots",
		"--set", "model.fc1.units=5000000", "--set", "train={epochs: 1000, batch_size: 12, log_every: 1}", "--set", "checkpoint={every: 0}")
	p.await(t, "epoch 2/")
	began := time.Now()
	interrupt(t, p, syscall.SIGTERM)
	code := p.end(t)
	took := time.Since(began)
	if code != 143 || took > patience {
		t.Errorf("exit code %d after %v\n%s", code, took, p.stderr.String())
	}
	wantNoStepLost(t, dir)
	h, err := train.ReadHistory(dir)
	if err != nil {
		t.Fatal(err)
	}
	steps, seconds := 0, 0.0
	for _, m := range h.Marks {
		if m.Kind == train.EpochMark {
			steps, seconds = steps+4, seconds+m.Seconds
		}
	}
	paths, _ := checkpoint.List(filepath.Join(dir, train.CheckpointDir))
	info, err := os.Stat(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("with a checkpoint of %d MB and steps of %.2f s it took %v", info.Size()/1e6, seconds/float64(steps), took)
}
