package arch

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// maxModules bounds the modules that the command links, its own left out. A jump is a decision: it belongs in
// docs/architecture.md.
const maxModules = 27

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
