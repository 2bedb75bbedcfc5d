package arch

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// maxModules bounds the modules that the command links, its own left out. A jump is a decision: it belongs in
// docs/architecture.md.
const maxModules = 27

// maxBytes bounds the size of the stripped command; docs/architecture.md says what it is made of.
const maxBytes = 24 << 20

// TestLinkedModules fails when the command grows heavier than it was decided to be.
func TestLinkedModules(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", root+"cmd/strata").Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Fields(string(out))
	slices.Sort(modules)
	modules = slices.Compact(modules)
	if len(modules) == 0 || len(modules) > maxModules {
		t.Errorf("strata links %d modules, and at most %d are allowed:\n%s", len(modules), maxModules, strings.Join(modules, "\n"))
	}
}

// TestBinarySize fails when the stripped command grows by more than it was decided to.
func TestBinarySize(t *testing.T) {
	program := filepath.Join(t.TempDir(), "program")
	if out, err := exec.Command("go", "build", "-o", program, "-ldflags", "-s -w", root+"cmd/strata").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(program)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() < 1<<20 || info.Size() > maxBytes {
		t.Errorf("the stripped command has %d bytes, and at most %d are allowed", info.Size(), maxBytes)
	}
}
