package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// torch is the folder with PyTorch's side: py, which runs its Python, bench.py, sweep.py and final.json. scripts is
// where ours for it are.
type torch struct {
	dir, scripts string
	environments map[string]map[string]string // by the name that final.json uses
	plan         []variant
}

// A variant is one way to run a workload in PyTorch.
type variant struct {
	workload    string
	threads     int
	name        string // of bench.py
	environment string
	kind        string // plain, tuned or compiled
}

// UnmarshalJSON reads a line of final.json, a list.
func (v *variant) UnmarshalJSON(b []byte) error {
	fields := []any{&v.workload, &v.threads, &v.name, &v.environment, &v.kind}
	return json.Unmarshal(b, &fields)
}

// findTorch reads the plan and the environments of a folder.
func findTorch(dir, scripts string) (*torch, error) {
	for _, name := range []string{"py", "bench.py", "sweep.py", "final.json"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return nil, fmt.Errorf("PyTorch's side is missing: %w; -torch or TORCH_BENCH names its folder", err)
		}
	}
	// The root directory of py's Python knows the folder by its own name, not through links.
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	t := &torch{dir: dir, scripts: scripts}
	plan, err := os.ReadFile(filepath.Join(dir, "final.json"))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(plan, &t.plan); err != nil {
		return nil, fmt.Errorf("final.json: %w", err)
	}
	out, err := t.python(`import json, sweep; print(json.dumps({k: {**sweep.BASE, **v} for k, v in sweep.ENVS.items()}))`)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(out, &t.environments); err != nil {
		return nil, fmt.Errorf("sweep.py: environments %q: %w", out, err)
	}
	return t, nil
}

// python runs a line of Python that may import bench and sweep, and returns what it prints.
func (t *torch) python(line string) ([]byte, error) {
	cmd := exec.Command(filepath.Join(t.dir, "py"), "-c", "import sys; sys.path.insert(0, sys.argv[1]); "+line, t.dir)
	cmd.Env = environment()
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, fmt.Errorf("PyTorch's side does not run: %w: %s", err, exit.Stderr)
	}
	return out, err
}

// variants returns how a workload is to be run on a number of threads.
func (t *torch) variants(workload string, threads int) []variant {
	var found []variant
	for _, v := range t.plan {
		if v.workload == workload && v.threads == threads {
			found = append(found, v)
		}
	}
	return found
}

// start starts a script of ours in PyTorch's Python. The script is passed as text, because Python runs in a root
// directory of its own.
func (t *torch) start(name, script, environment string, threads int, args ...string) (*side, error) {
	text, err := os.ReadFile(filepath.Join(t.scripts, script))
	if err != nil {
		return nil, err
	}
	env := threadLimits(threads)
	for k, v := range t.environments[environment] {
		env = append(env, k+"="+v)
	}
	argv := append([]string{filepath.Join(t.dir, "py"), "-c", string(text), t.dir}, args...)
	return start(name, env, argv...)
}
