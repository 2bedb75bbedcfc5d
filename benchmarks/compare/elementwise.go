package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/strata-ml/strata/benchmarks/report"
)

// rawEnvironment is what PyTorch's side chooses for single kernels.
const rawEnvironment = "thp+keep"

// compareElementwise times all operations of the command elementwise, on one thread.
func compareElementwise(o *options) ([]*report.Document, error) {
	t, err := findTorch(o.torch, o.scripts)
	if err != nil {
		return nil, err
	}
	d := newDocument("elementwise", "Element-wise operations against PyTorch, 1 M float32", "µs", o)
	if err := t.addVersions(d); err != nil {
		return nil, err
	}
	program := filepath.Join(o.bin, "elementwise")
	names, err := exec.Command(program, "-list").Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", program, err)
	}
	if err := keepTo(1); err != nil {
		return nil, err
	}
	p := &pairing{threads: 1}
	defer p.close()
	if p.ours, err = start("strata", nil, program); err != nil {
		return nil, err
	}
	peer, err := t.start("PyTorch", "torch_elementwise.py", rawEnvironment, 1)
	if err != nil {
		return nil, err
	}
	p.peers = []*side{peer}
	for _, name := range strings.Fields(string(names)) {
		if !o.wants(name) {
			continue
		}
		p.name = name
		c, err := p.run(o.rounds, name+" 0", fmt.Sprintf("%s %g", name, o.seconds/4))
		if err != nil {
			return nil, err
		}
		d.Comparisons = append(d.Comparisons, c)
	}
	return []*report.Document{d}, nil
}
