//go:build unix

package cmd

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/internal/atomicfile"
	"github.com/strata-ml/strata/internal/crashfs"
	"github.com/strata-ml/strata/train"
)

var long = flag.Bool("long", false, "as many cases as docs/reliability.md counts")

// faultExperiment trains in an instant, and saves and deletes checkpoints all the time.
const faultExperiment = `
name: points
data: {type: csv, path: points.csv, target: kind, eval_fraction: 0.2}
model:
  - {name: fc1, type: dense, units: 12}
  - relu
  - {type: dropout, rate: 0.3}
  - {name: out, type: dense, units: 2}
loss: softmax_cross_entropy
metrics: [accuracy]
optimizer: {type: adam, lr: {type: step, start: 0.01, every: 2}}
regularizers: [l2]
train: {epochs: 5, batch_size: 12, log_every: 2}
checkpoint: {every_steps: 3, keep: 2, keep_best: 2}
`

// faultRuns are runs of faultExperiment in the working directory, to which something is done.
type faultRuns struct {
	binary
	want map[string]string // what a run leaves to which nothing was done
}

// wholeRun is the directory of a run to which nothing was done.
const wholeRun = "whole/run"

// newFaultRuns changes into an empty directory with the experiment and one whole run of it.
func newFaultRuns(t *testing.T) faultRuns {
	t.Helper()
	b := buildBinary(t)
	t.Chdir(t.TempDir())
	points := "a,b,c,kind\n"
	r := rand.New(rand.NewPCG(1, 1))
	for range 60 {
		a, b, c := r.Float64(), r.Float64(), r.Float64()
		points += fmt.Sprintf("%.3f,%.3f,%.3f,%v\n", a, b, c, a+b > c+0.5)
	}
	writeFile(t, "points.csv", points)
	writeFile(t, "points.yaml", faultExperiment)
	b.run(t, 1, "train", "points.yaml", "--run", wholeRun, "--no-plots")
	return faultRuns{b, leftBy(t, wholeRun)}
}

// leftBy returns all that a run leaves, down to the byte, but what tells of times and processes.
func leftBy(t *testing.T, dir string) map[string]string {
	t.Helper()
	s, err := crashfs.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	left := map[string]string{}
	for path, content := range s.Files {
		if path != train.TimingFile && path != experiment.LockFile {
			left[path] = string(content)
		}
	}
	return left
}

// verb returns the arguments that begin the run of a directory, or continue it.
func (faultRuns) verb(dir string) []string {
	if experiment.IsRun(dir) {
		return []string{"resume", dir, "--no-plots"}
	}
	return []string{"train", "points.yaml", "--run", dir, "--no-plots"}
}

// finish continues a run to its end and compares all that it leaves with the whole run: weights, slots, logs, the names of
// the files. So no temporary file is left either.
func (f faultRuns) finish(t *testing.T, dir string) {
	t.Helper()
	f.run(t, 1+rand.IntN(3), f.verb(dir)...)
	f.wantWhole(t, dir)
}

func (f faultRuns) wantWhole(t *testing.T, dir string) {
	t.Helper()
	got := leftBy(t, dir)
	names, want := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(f.want))
	if !slices.Equal(names, want) {
		t.Errorf("%s ends with the files\n%q, want\n%q", dir, names, want)
		return
	}
	for _, name := range names {
		if got[name] != f.want[name] {
			t.Errorf("%s: %s differs from that of the whole run", dir, name)
		}
	}
}

// wantIntact looks at the checkpoints of a run that something was done to: each can be read in full, and the newest that
// was acknowledged is there, or a newer one.
func wantIntact(t *testing.T, dir string) {
	t.Helper()
	paths, err := checkpoint.List(filepath.Join(dir, train.CheckpointDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	newest := int64(-1)
	for _, path := range paths {
		f, err := checkpoint.Open(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := f.Verify(); err != nil {
			t.Error(err)
		}
		newest = max(newest, f.State().Step)
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if step := acknowledged(t, dir); step > newest {
		t.Errorf("%s: the checkpoint of step %d was acknowledged, and the newest is that of step %d", dir, step, newest)
	}
}

// acknowledged returns the step of the newest checkpoint that the run noted as durable, -1 for none.
func acknowledged(t *testing.T, dir string) int64 {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, train.TimingFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	newest := int64(-1)
	for lines := bufio.NewScanner(bytes.NewReader(content)); lines.Scan(); {
		var m train.Mark
		if json.Unmarshal(lines.Bytes(), &m) == nil && m.Kind == train.CheckpointMark && m.Note == "" {
			newest = max(newest, m.Step)
		}
	}
	return newest
}

// temps returns the temporary files in a run directory.
func temps(t *testing.T, dir string) (list []string) {
	t.Helper()
	for path := range leftBy(t, dir) {
		if atomicfile.IsTemp(filepath.Base(path)) {
			list = append(list, path)
		}
	}
	return list
}

// copyRun copies a run directory.
func copyRun(t *testing.T, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}
