//go:build unix

package cmd

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/optim"
)

// cutExperiment has what a run has to carry over a cut: dropout, moments, a rate that changes, a shuffled order and
// checkpoints within epochs.
const cutExperiment = `
name: cut
data: digits
model:
  - {name: fc1, type: dense, units: 96}
  - relu
  - {type: dropout, rate: 0.3}
  - {name: logits, type: dense, units: 10}
loss: softmax_cross_entropy
metrics: [accuracy]
optimizer: {type: adam, lr: {type: step, start: 0.01, every: 3}}
regularizers: [l2]
train: {epochs: 8, batch_size: 24, log_every: 3}
checkpoint: {every_steps: 37}
`

// TestACutRunEndsWithTheSameBits cuts runs of every optimizer by SIGINT and by SIGKILL, resumes them, and compares all
// that they leave with a run that was not cut: those of adam for several numbers of threads, the others for one of them.
func TestACutRunEndsWithTheSameBits(t *testing.T) {
	b := buildBinary(t)
	t.Chdir(t.TempDir())
	counts := []int{1, 2, 8}
	for i, optimizer := range optim.Registry.Names() {
		threads := counts[i%len(counts):][:1]
		if optimizer == "adam" {
			threads = counts
		}
		writeFile(t, optimizer+".yaml", strings.Replace(cutExperiment, "adam", optimizer, 1))
		whole := filepath.Join("whole", optimizer, "run")
		b.run(t, 1, "train", optimizer+".yaml", "--run", whole)
		b.run(t, 1, "plot", whole, "--no-resume-marks")
		for _, threads := range threads {
			t.Run(fmt.Sprintf("%s interrupted with GOMAXPROCS %d", optimizer, threads), func(t *testing.T) {
				dir := interrupted(t, b, threads, optimizer)
				if _, err := os.Stat(filepath.Join(dir, "plots", "loss.png")); err != nil {
					t.Error(err)
				}
				b.run(t, threads, "resume", dir)
				wantSameRun(t, b, dir, whole)
			})
			t.Run(fmt.Sprintf("%s killed with GOMAXPROCS %d", optimizer, threads), func(t *testing.T) {
				dir := filepath.Join("kill", optimizer, fmt.Sprint(threads), "run")
				killed(t, b, threads, optimizer, dir)
				b.run(t, threads, "resume", dir)
				b.run(t, threads, "verify", dir)
				wantSameRun(t, b, dir, whole)
			})
		}
	}
}

// killed trains in a directory and kills the process, three times over, each at a random moment. A run that ended
// before it was killed is left at that.
func killed(t *testing.T, b binary, threads int, optimizer, dir string) {
	t.Helper()
	args := []string{"train", optimizer + ".yaml", "--run", dir, "--no-plots"}
	for range 3 {
		p := b.start(t, threads, args...)
		p.await(t, "training", "resuming") // a run that was killed before its first checkpoint begins anew
		wait := rand.N(120 * time.Millisecond)
		t.Logf("killed after %v", wait)
		time.Sleep(wait)
		interrupt(t, p, syscall.SIGKILL)
		if p.end(t) == exitDone {
			return
		}
		args = []string{"resume", dir, "--no-plots"}
	}
}

// interrupted returns the directory of a run that was interrupted. One that ended before the signal came is no such run,
// and another is tried.
func interrupted(t *testing.T, b binary, threads int, optimizer string) string {
	t.Helper()
	for try := range 10 {
		dir := filepath.Join("interrupt", optimizer, fmt.Sprintf("%d-%d", threads, try), "run")
		p := b.start(t, threads, "train", optimizer+".yaml", "--run", dir)
		p.await(t, "epoch 1/")
		interrupt(t, p, syscall.SIGINT)
		switch code := p.end(t); code {
		case 130:
			return dir
		case exitDone:
			t.Log("the run ended before the signal came")
		default:
			t.Fatalf("exit code %d\n%s", code, p.stderr.String())
		}
	}
	t.Fatal("no run could be interrupted")
	return ""
}

// interrupt sends a signal. A process that has ended already is as good.
func interrupt(t *testing.T, p *process, s syscall.Signal) {
	t.Helper()
	if err := p.Process.Signal(s); err != nil && err != os.ErrProcessDone {
		t.Fatal(err)
	}
}

// wantSameRun compares the tensors of the last checkpoint, the metrics log and the curves of two runs.
func wantSameRun(t *testing.T, b binary, dir, whole string) {
	t.Helper()
	wantSameState(t, dir, whole)
	b.run(t, 1, "plot", dir, "--no-resume-marks")
	files, err := filepath.Glob(filepath.Join(whole, "plots", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("got %v, %v", files, err)
	}
	for _, f := range files {
		if readFile(t, filepath.Join(dir, "plots", filepath.Base(f))) != readFile(t, f) {
			t.Errorf("plots/%s differs", filepath.Base(f))
		}
	}
}

// wantSameState compares the tensors of the last checkpoint and the metrics log of two runs.
func wantSameState(t *testing.T, dir, whole string) {
	t.Helper()
	if readFile(t, filepath.Join(dir, "metrics.jsonl")) != readFile(t, filepath.Join(whole, "metrics.jsonl")) {
		t.Error("metrics.jsonl differs")
	}
	got, want := tensors(t, dir), tensors(t, whole)
	if len(got) != len(want) {
		t.Fatalf("there are %d tensors, and %d in the whole run", len(got), len(want))
	}
	for name, data := range want {
		if !bytes.Equal(got[name], data) {
			t.Errorf("tensor %s differs", name)
		}
	}
}

// tensors reads the newest checkpoint of a run.
func tensors(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	paths, err := checkpoint.List(filepath.Join(dir, "checkpoints"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Open(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := f.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{"step": fmt.Append(nil, s.State.Step)}
	for _, one := range s.Tensors {
		all[one.Name] = one.Data
	}
	return all
}

func TestSIGTERMSavesAndExits143(t *testing.T) {
	b := buildBinary(t)
	t.Chdir(t.TempDir())
	writeFile(t, "cut.yaml", cutExperiment)
	p := b.start(t, 1, "train", "cut.yaml", "--run", "r", "--no-plots", "--set", "checkpoint={every: 0}", "--set", "train.epochs=1000")
	p.await(t, "epoch 1/")
	interrupt(t, p, syscall.SIGUSR1)
	p.await(t, "saving after this step")
	p.await(t, "epoch")
	p.await(t, "epoch")
	interrupt(t, p, syscall.SIGTERM)
	if code := p.end(t); code != 143 {
		t.Errorf("exit code %d\n%s", code, p.stderr.String())
	}
	paths, err := checkpoint.List("r/checkpoints")
	if err != nil || len(paths) < 2 {
		t.Errorf("SIGUSR1 and SIGTERM left the checkpoints %v, %v", paths, err)
	}
	mustStrata(t, "verify", "r")
}

// TestSIGHUPSavesAndExits129 closes the terminal of a run: nobody reads what it says any more, and a shell may hang up
// a second time.
func TestSIGHUPSavesAndExits129(t *testing.T) {
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("hangups are ignored here, as under nohup, and so they are by the process that is tested: run without it")
	}
	b := buildBinary(t)
	t.Chdir(t.TempDir())
	writeFile(t, "cut.yaml", cutExperiment)
	p := b.start(t, 1, "train", "cut.yaml", "--run", "r", "--set", "train={epochs: 100000, batch_size: 1438, eval_every: 100000}", "--set", "checkpoint={every: 0}", "--set", "model.fc1.units=4000")
	p.await(t, "training")
	interrupt(t, p, syscall.SIGHUP)
	p.await(t, "finishing the step")
	p.closePipe(t)
	interrupt(t, p, syscall.SIGHUP)
	_ = p.Wait() // the code says it
	if code := p.ProcessState.ExitCode(); code != 129 {
		t.Errorf("exit code %d: %v", code, p.ProcessState)
	}
	if paths, err := checkpoint.List("r/checkpoints"); err != nil || len(paths) != 1 {
		t.Errorf("it left the checkpoints %v, %v", paths, err)
	}
	b.run(t, 1, "verify", "r")
}

// TestNohupKeepsARunGoing hangs up a run that was told to ignore it.
func TestNohupKeepsARunGoing(t *testing.T) {
	b := buildBinary(t)
	t.Chdir(t.TempDir())
	writeFile(t, "cut.yaml", cutExperiment)
	p := binary("/bin/sh").start(t, 1, "-c", `trap "" HUP; exec "$0" "$@"`, string(b), "train", "cut.yaml", "--run", "r", "--no-plots")
	p.await(t, "training")
	interrupt(t, p, syscall.SIGHUP)
	if code := p.end(t); code != exitDone {
		t.Errorf("exit code %d\n%s", code, p.stderr.String())
	}
}

// TestASignalEndsTheDrawing interrupts a run and then the drawing of its curves, for which no step has to be finished.
func TestASignalEndsTheDrawing(t *testing.T) {
	b := buildBinary(t)
	t.Chdir(t.TempDir())
	writeFile(t, "cut.yaml", cutExperiment)
	for try := range 10 {
		dir := fmt.Sprintf("r%d", try)
		p := b.start(t, 1, "train", "cut.yaml", "--run", dir, "--set", "train.epochs=1000")
		p.await(t, "epoch 1/")
		interrupt(t, p, syscall.SIGTERM)
		p.await(t, "finishing the step")
		for until := time.Now().Add(5 * time.Second); time.Now().Before(until); time.Sleep(time.Millisecond) {
			if _, err := os.Stat(filepath.Join(dir, "plots")); err == nil {
				break
			}
		}
		interrupt(t, p, syscall.SIGINT)
		p.end(t)
		status := p.ProcessState.Sys().(syscall.WaitStatus)
		if strings.Count(p.stderr.String(), "finishing the step") > 1 {
			t.Fatalf("a run that has ended answers a signal:\n%s", p.stderr.String())
		}
		if status.Signaled() {
			if s := status.Signal(); s != syscall.SIGINT {
				t.Errorf("it ended by %v", s)
			}
			mustStrata(t, "verify", dir)
			return
		}
		t.Logf("the curves were drawn before the signal came: exit code %d", status.ExitStatus())
	}
	t.Error("no signal ended the drawing")
}

// TestASecondSignalEndsAtOnce interrupts a step that takes seconds, twice.
func TestASecondSignalEndsAtOnce(t *testing.T) {
	b := buildBinary(t)
	t.Chdir(t.TempDir())
	writeFile(t, "cut.yaml", cutExperiment)
	p := b.start(t, 1, "train", "cut.yaml", "--run", "r", "--set", "model.fc1.units=20000", "--set", "train.batch_size=1438")
	p.await(t, "training")
	interrupt(t, p, syscall.SIGINT)
	p.await(t, "finishing the step")
	interrupt(t, p, syscall.SIGINT)
	if code := p.end(t); code != 130 {
		t.Errorf("exit code %d\n%s", code, p.stderr.String())
	}
	if paths, _ := checkpoint.List("r/checkpoints"); len(paths) > 0 {
		t.Errorf("it finished the step and saved %v", paths)
	}
}
