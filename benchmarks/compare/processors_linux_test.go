package main

import (
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// TestKeepTo: a process that is started has the processors that it is kept to, and all of them again afterwards.
func TestKeepTo(t *testing.T) {
	runtime.LockOSThread() // and never unlocked: the thread ends with the test
	all := available.Count()
	if all < 2 {
		t.Skip("needs two processors: run it on a machine with more than one, and without taskset")
	}
	for _, n := range []int{1, all, all + 1} {
		if err := keepTo(n); err != nil {
			t.Fatal(err)
		}
		nproc := exec.Command("nproc")
		nproc.Env = []string{} // it would obey OMP_NUM_THREADS
		out, err := nproc.Output()
		if err != nil {
			t.Skipf("needs nproc on the PATH, package coreutils of Debian: %v", err)
		}
		if got, want := strings.TrimSpace(string(out)), strconv.Itoa(min(n, all)); got != want {
			t.Errorf("kept to %d of %d processors, a process has %s", n, all, got)
		}
	}
}
