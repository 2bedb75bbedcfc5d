package main

import (
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/strata-ml/strata/benchmarks"
	"github.com/strata-ml/strata/benchmarks/report"
)

// compareSteps times the steps of all workloads that PyTorch's side has, each against every variant of it.
func compareSteps(o *options) ([]*report.Document, error) {
	t, err := findTorch(o.torch, o.scripts)
	if err != nil {
		return nil, err
	}
	d := newDocument("steps", "Training steps against PyTorch", "ms", o)
	if err := t.addVersions(d); err != nil {
		return nil, err
	}
	for _, w := range benchmarks.Workloads() {
		for _, threads := range o.threads {
			variants := t.variants(w.Name, threads)
			if len(variants) == 0 || !o.wants(w.Name) {
				continue
			}
			c, err := compareStep(o, t, w, threads, variants)
			if err != nil {
				return nil, err
			}
			d.Comparisons = append(d.Comparisons, c)
		}
	}
	return []*report.Document{d}, nil
}

func compareStep(o *options, t *torch, w benchmarks.Workload, threads int, variants []variant) (c report.Comparison, err error) {
	if err := keepTo(threads); err != nil {
		return c, err
	}
	p := &pairing{name: w.Name, threads: threads, roof: true}
	defer p.close()
	n := strconv.Itoa(threads)
	if p.ours, err = start("strata", nil, filepath.Join(o.bin, "steps"), w.Name, "-threads", n, "-serve"); err != nil {
		return c, err
	}
	for _, v := range variants {
		name := fmt.Sprintf("%s (%s, %s)", v.kind, v.name, v.environment)
		peer, err := t.start(name, "torch_steps.py", v.environment, threads, w.Name, n, v.name)
		if err != nil {
			return c, err
		}
		p.peers = append(p.peers, peer)
	}
	return p.run(o.rounds, "0", o.length(w))
}
