//go:build unix

package cmd

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/strata-ml/strata/train"
)

// onCluster changes into a directory with an experiment, and returns an environment in which strata is the command that
// is tested, and scontrol one that writes down what it is asked for.
func onCluster(t *testing.T) (env []string) {
	t.Helper()
	f := newFaultRuns(t)
	if err := os.Mkdir("bin", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(string(f.binary), "bin/strata"); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\necho \"$@\" >>requeued\n"
	if err := os.WriteFile("bin/scontrol", []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	bin, err := filepath.Abs("bin")
	if err != nil {
		t.Fatal(err)
	}
	return append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// A job is a process in a group of its own, as a cluster begins it.
func job(t *testing.T, env []string, name string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(name, args...)}
	p.Env = env
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.begin(t)
	return p
}

// TestSlurmScript runs the script of a Slurm job: it is told to end by USR1 to the script, as before the time limit, and by
// TERM to all processes, as at preemption. Each time it asks to be requeued, and the last time it ends.
func TestSlurmScript(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("needs bash on the PATH: package bash of Debian")
	}
	script, err := filepath.Abs("../examples/cluster/strata.slurm")
	if err != nil {
		t.Fatal(err)
	}
	env := append(onCluster(t), "SLURM_JOB_ID=7", "SLURM_CPUS_PER_TASK=2")
	writeFile(t, "points.yaml", strings.Replace(faultExperiment, "epochs: 5", "epochs: 100000000", 1))
	const dir = "runs/job-7"
	for i, signal := range []func(pid int) error{
		func(pid int) error { return syscall.Kill(pid, syscall.SIGUSR1) },
		func(pid int) error { return syscall.Kill(-pid, syscall.SIGTERM) },
	} {
		p := job(t, env, bash, script, "points.yaml")
		p.await(t, "training", "resuming")
		if err := signal(p.Process.Pid); err != nil {
			t.Fatal(err)
		}
		if code := p.end(t); code != 143 {
			t.Errorf("exit code %d\n%s", code, p.stderr.String())
		}
		wantNoStepLost(t, dir)
		if got, want := readFile(t, "requeued"), strings.Repeat("requeue 7\n", i+1); got != want {
			t.Errorf("scontrol was called with %q, want %q", got, want)
		}
	}
	h, err := train.ReadHistory(dir)
	if err != nil {
		t.Fatal(err)
	}
	last := fmt.Sprintf("epochs: %d", int64(h.Marks[len(h.Marks)-1].Epoch)+1)
	config := filepath.Join(dir, "config.yaml")
	writeFile(t, config, strings.Replace(readFile(t, config), "epochs: 100000000", last, 1))
	p := job(t, env, bash, script, "points.yaml")
	if code := p.end(t); code != exitDone {
		t.Errorf("a run that is done: exit code %d\n%s", code, p.stderr.String())
	}
	if got := strings.Count(readFile(t, "requeued"), "\n"); got != 2 {
		t.Errorf("a run that is done was requeued: %d", got)
	}
}

// TestKubernetesManifest runs the command of the pod, ends it as an eviction does, and runs it again.
func TestKubernetesManifest(t *testing.T) {
	manifest := readFile(t, "../examples/cluster/kubernetes.yaml")
	_, block, found := strings.Cut(manifest, "args:\n            - |\n")
	block, _, more := strings.Cut(block, "\n          resources:")
	if !found || !more {
		t.Fatal("the manifest has no command")
	}
	env := append(onCluster(t), "FILE=points.yaml", "RUN=pod/run")
	writeFile(t, "points.yaml", strings.Replace(faultExperiment, "epochs: 5", "epochs: 100000000", 1))
	for _, begin := range []string{"training", "resuming"} {
		p := job(t, env, "/bin/sh", "-c", block)
		p.await(t, begin)
		if err := p.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if code := p.end(t); code != 143 {
			t.Errorf("exit code %d\n%s", code, p.stderr.String())
		}
		wantNoStepLost(t, "pod/run")
	}
}
