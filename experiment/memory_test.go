package experiment_test

import (
	"math"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/train"
)

// heap returns the bytes in use.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// TestMemoryEstimate compares the estimate of two examples with what their runs have allocated after a step. Arrays are
// smaller than the pages that larger ones are rounded to, and the kernels have their working space from a run before: on
// one thread, since every product that runs beside another takes 8 MiB of its own.
func TestMemoryEstimate(t *testing.T) {
	const tolerance = 0.15
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for name, set := range map[string][]string{
		"digits.yaml":   {"model.0.units=800", "train.batch_size=500"},
		"diabetes.yaml": {"model.0.units=1500", "train.batch_size=300", "averaging.decay=0.9", "train.accumulate=2", "dtype=float64"},
	} {
		e, err := experiment.Load(filepath.Join("../examples", name), experiment.Options{Set: append(set, "train.steps=2")})
		if err != nil {
			t.Fatal(err)
		}
		report, err := e.Report()
		if err != nil {
			t.Fatal(err)
		}
		held(t, e)
		got, want := float64(report.TrainBytes), held(t, e)
		t.Logf("%s: %.1f MB are estimated, and %.1f allocated", name, got/1e6, want/1e6)
		if math.Abs(got-want) > tolerance*want {
			t.Errorf("%s: %.1f MB are estimated, and %.1f allocated: %+v", name, got/1e6, want/1e6, report.Memory)
		}
	}
}

// allocated returns the bytes that a run has in use after its first step.
func held(t *testing.T, e *experiment.Experiment) float64 {
	t.Helper()
	before, after := heap(), 0.0
	run, err := e.Start(filepath.Join(t.TempDir(), "run"), train.ObserverFunc(func(event train.Event) {
		if step, ok := event.(*train.Stepped); ok && step.Step == 1 {
			after = heap()
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	return after - before
}

// TestMemoryRefused asks for a billion units: what they would take is said, and nothing is allocated.
func TestMemoryRefused(t *testing.T) {
	before := heap()
	_, err := experiment.Load("../examples/digits.yaml", experiment.Options{Set: []string{"model.0.units=1000000000"}, Memory: memory})
	if err == nil {
		t.Fatal("the config is accepted")
	}
	for _, want := range []string{"of memory, and 8 GiB are available", "in all: ", "parameters ", "gradients ", "slots of the optimizer ", "the copy for saving ", " rows "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the message lacks %q: %v", want, err)
		}
	}
	if grown := heap() - before; grown > 8<<20 {
		t.Errorf("%v bytes were allocated", grown)
	}
}

// TestAvailableInGroups takes the least of what the machine and the control groups leave, without what a group could give
// back.
func TestAvailableInGroups(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for name, tt := range map[string]struct {
		files fstest.MapFS
		want  uint64
	}{
		"no limit":  {fstest.MapFS{"proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/memory.max": file("max\n")}, 1 << 30},
		"own limit": {fstest.MapFS{"proc/self/cgroup": file("0::/a/b\n"), "sys/fs/cgroup/a/b/memory.max": file("4096\n"), "sys/fs/cgroup/a/b/memory.current": file("1024\n")}, 3072},
		"limit above, with a cache": {fstest.MapFS{
			"proc/self/cgroup": file("0::/a/b\n"), "sys/fs/cgroup/a/memory.max": file("4096\n"), "sys/fs/cgroup/a/memory.current": file("4096\n"),
			"sys/fs/cgroup/a/memory.stat": file("anon 1\ninactive_file 512\n"),
		}, 512},
		"version 1": {fstest.MapFS{
			"proc/self/cgroup": file("5:cpu:/x\n4:memory:/\n"), "sys/fs/cgroup/memory/memory.limit_in_bytes": file("8192\n"),
			"sys/fs/cgroup/memory/memory.usage_in_bytes": file("8000\n"),
		}, 192},
		"limit beyond the machine": {fstest.MapFS{"proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/memory.max": file("9000000000\n")}, 1 << 30},
	} {
		tt.files["proc/meminfo"] = file("MemAvailable: 1048576 kB\n")
		if got := experiment.AvailableIn(tt.files); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}
