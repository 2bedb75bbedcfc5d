package main

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/strata-ml/strata/benchmarks/report"
	"github.com/strata-ml/strata/tensor"
)

// newDocument returns a document without comparisons, which knows where and when it was made.
func newDocument(name, title, unit string, o *options) *report.Document {
	revision, _ := exec.Command("git", "-C", o.scripts, "describe", "--always", "--dirty").Output()
	load, _ := os.ReadFile("/proc/loadavg")
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return &report.Document{
		Name: name, Title: title, Unit: unit, Date: time.Now().UTC().Format("2006-01-02 15:04 MST"),
		Machine: map[string]string{
			"Strata":    strings.TrimSpace(string(revision)) + ", kernels " + tensor.KernelFamily(),
			"Go":        runtime.Version(),
			"processor": processor() + ", " + strconv.Itoa(runtime.NumCPU()) + " threads",
			"Linux":     strings.TrimSpace(string(kernel)),
			"load":      strings.Join(strings.Fields(string(load))[:3], " ") + " before the run",
		},
	}
}

// processor returns the name of the processor.
func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// addVersions adds those of PyTorch's side.
func (t *torch) addVersions(d *report.Document) error {
	out, err := t.python(`import platform, torch
print(torch.__version__ + ", Python " + platform.python_version())`)
	if err != nil {
		return err
	}
	d.Machine["PyTorch"] = strings.TrimSpace(string(out))
	return nil
}
