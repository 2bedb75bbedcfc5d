package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/strata-ml/strata/benchmarks/report"
)

// compareProducts times matrix products against OpenBLAS, and our AVX2 code against our AVX-512 code.
func compareProducts(o *options) ([]*report.Document, error) {
	if o.openblas == "" {
		return nil, errors.New("OpenBLAS's side is missing: -openblas or OPENBLAS is the command that runs the program of openblas.c")
	}
	var documents []*report.Document
	for _, dtype := range []string{"float32", "float64"} {
		d := newDocument("gemm-"+dtype, "Matrix products against OpenBLAS, "+dtype, "GFLOP/s", o)
		if err := addProducts(d, o, dtype, o.openblas, ""); err != nil {
			return nil, err
		}
		documents = append(documents, d)
	}
	avx512 := "env GODEBUG= " + filepath.Join(o.bin, "gemm") + " -serve"
	d := newDocument("gemm-avx2", "Matrix products with AVX2 against those with AVX-512, float32", "GFLOP/s", o)
	if err := addProducts(d, o, "float32", avx512, "cpu.avx512f=off"); err != nil {
		return nil, err
	}
	return append(documents, d), nil
}

// addProducts runs the command gemm on each number of threads and adds what it finds.
func addProducts(d *report.Document, o *options, dtype, peer, debug string) error {
	for _, threads := range o.threads {
		if err := keepTo(threads); err != nil {
			return err
		}
		args := []string{"-json", "-rounds", fmt.Sprint(o.rounds), "-threads", fmt.Sprint(threads), "-dtype", dtype}
		if len(o.only) > 0 {
			args = append(args, "-shapes", strings.Join(o.only, ","))
		}
		cmd := exec.Command(filepath.Join(o.bin, "gemm"), append(args, peer)...)
		cmd.Env = append(append(environment(), threadLimits(threads)...), "GODEBUG="+debug)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("gemm: %w", err)
		}
		var part report.Document
		if err := json.Unmarshal(out, &part); err != nil {
			return fmt.Errorf("gemm: %w", err)
		}
		d.Comparisons = append(d.Comparisons, part.Comparisons...)
		d.Machine["peer"] = part.Machine["peer"]
		if len(part.Comparisons) > 0 {
			d.Notes = append(d.Notes, fmt.Sprintf("On %d threads: %s.", threads, part.Mean()))
		}
	}
	return nil
}
