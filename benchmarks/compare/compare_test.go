package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fake starts a side that answers every request with the same time.
func fake(t *testing.T, name string, ms float64) *side {
	t.Helper()
	s, err := start(name, nil, "sh", "-c", fmt.Sprintf(`while read request; do echo '{"min_ms": %g, "steps": 9}'; done`, ms))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPairing(t *testing.T) {
	p := &pairing{name: "W0", threads: 1}
	defer p.close()
	p.ours, p.peers = fake(t, "strata", 2), []*side{fake(t, "plain", 8), fake(t, "fused", 5)}
	c, err := p.run(3, "0", "1")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Rounds) != 3 || c.Peer != "fused" || c.Ratio != 2.5 || len(c.Rounds[0].Peers) != 2 {
		t.Errorf("3 rounds of 2 ms against 8 and 5 ms give %+v", c)
	}
}

func TestSideFails(t *testing.T) {
	s, err := start("PyTorch", nil, "sh", "-c", "read request; echo no such kernel >&2; exit 1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ask("1"); err == nil || !strings.Contains(err.Error(), "PyTorch") || !strings.Contains(err.Error(), "no such kernel") {
		t.Errorf("error %v", err)
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("OPENBLAS_CORETYPE", "Haswell")
	t.Setenv("STRATA_TEST", "kept")
	env := environment()
	if slices.Contains(env, "OPENBLAS_CORETYPE=Haswell") || !slices.Contains(env, "STRATA_TEST=kept") {
		t.Errorf("environment %q", env)
	}
}

// TestFindTorch reads a folder whose Python prints two environments whatever it is asked.
func TestFindTorch(t *testing.T) {
	dir := t.TempDir()
	if _, err := findTorch(dir, "."); err == nil || !strings.Contains(err.Error(), "TORCH_BENCH") {
		t.Errorf("an empty folder gives the error %v", err)
	}
	for name, text := range map[string]string{
		"py":         "#!/bin/sh\necho '{\"base\": {\"A\": \"1\"}, \"keep\": {\"A\": \"1\", \"B\": \"2\"}}'\n",
		"bench.py":   "",
		"sweep.py":   "",
		"final.json": `[["W1", 1, "eager", "base", "plain"], ["W1", 2, "eager", "base", "plain"], ["W1", 1, "compile", "keep", "compiled"]]`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	torch, err := findTorch(dir, ".")
	if err != nil {
		t.Fatal(err)
	}
	if torch.environments["keep"]["B"] != "2" {
		t.Errorf("environments %v", torch.environments)
	}
	want := []variant{{"W1", 1, "eager", "base", "plain"}, {"W1", 1, "compile", "keep", "compiled"}}
	if got := torch.variants("W1", 1); !slices.Equal(got, want) {
		t.Errorf("variants %v, want %v", got, want)
	}
}

func TestParse(t *testing.T) {
	o, kind, err := parse([]string{"-threads", "1,4", "-only", "W1,W2", "steps"})
	if err != nil || kind != "steps" || !slices.Equal(o.threads, []int{1, 4}) || !o.wants("W2") || o.wants("W3") || o.rounds != 7 {
		t.Errorf("%s with %+v, error %v", kind, o, err)
	}
	for _, args := range [][]string{{}, {"dance"}, {"-threads", "0", "steps"}, {"-threads", "x", "steps"}, {"-rounds", "0", "steps"}, {"steps", "gemm"}} {
		if _, _, err := parse(args); err == nil {
			t.Errorf("no error for %q", args)
		}
	}
}
