package arch

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const root = "github.com/strata-ml/strata/"

// floors lists the packages from the bottom of the house to its top. A package imports only from floors below its own:
// those on one floor never import each other.
var floors = [][]string{
	{"internal/kernel", "internal/atomicfile", "internal/golden", "internal/npy"},
	{"tensor", "registry", "gonumblas", "internal/crashfs"},
	{"layers", "loss", "optim", "schedule", "data", "checkpoint"},
	{"model", "checkpoint/exchange", "loss/losstest", "optim/optimtest", "schedule/scheduletest"},
	{"train"},
	{"plots", "experiment", "layers_test"},
	{"standard", "examples"},
	{"cmd", "experiment/tabletest"},
	{"cmd/strata", "examples/lecture/timing"},
}

// doors says which of our packages may import a dependency.
var doors = map[string][]string{
	"github.com/spf13/viper":          {"experiment"},
	"github.com/spf13/cobra":          {"cmd"},
	"github.com/vmihailenco/msgpack/": {"checkpoint"},
	"gonum.org/v1/plot":               {"plots"},
	"gonum.org/v1/gonum/blas":         {"gonumblas"},
	"go.yaml.in/yaml/":                {"registry", "experiment"},
	"golang.org/x/term":               {"cmd"},
	"golang.org/x/image/":             {"plots"},
}

// anyone lists what every package may import besides the standard library and the floors below.
var anyone = []string{"github.com/agnivade/levenshtein", "golang.org/x/sys/"}

type goPackage struct {
	ImportPath string
	Imports    []string
	Standard   bool
	ForTest    string
}

// TestImports reads the import graph of the product and fails on an arrow that the rules do not have.
func TestImports(t *testing.T) {
	for _, p := range list(t) {
		name, ours := strings.CutPrefix(p.ImportPath, root)
		if !ours || name == "internal/arch" {
			continue
		}
		floor := floorOf(name)
		if floor < 0 {
			t.Errorf("package %s stands on no floor: give it a place in this test and in docs/architecture.md", name)
			continue
		}
		for _, imported := range p.Imports {
			if wrong := forbidden(name, floor, imported); wrong != "" {
				t.Errorf("%s imports %s: %s", name, imported, wrong)
			}
		}
	}
}

func list(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,Standard,ForTest", root+"...")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var packages []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if len(packages) < 15 {
		t.Fatalf("go list knows of %d packages only", len(packages))
	}
	return packages
}

func floorOf(name string) int {
	return slices.IndexFunc(floors, func(floor []string) bool { return slices.Contains(floor, name) })
}

// forbidden returns why a package on a floor may not import a path, or "".
func forbidden(name string, floor int, imported string) string {
	if ours, ok := strings.CutPrefix(imported, root); ok {
		switch below := floorOf(ours); {
		case below < 0:
			return "it stands on no floor"
		case below >= floor:
			return "imports point downward only"
		}
		return ""
	}
	if !strings.Contains(strings.Split(imported, "/")[0], ".") {
		return "" // the standard library
	}
	for prefix, who := range doors {
		if strings.HasPrefix(imported+"/", strings.TrimSuffix(prefix, "/")+"/") {
			if slices.Contains(who, name) {
				return ""
			}
			return "its door is in " + strings.Join(who, " and ")
		}
	}
	if slices.ContainsFunc(anyone, func(prefix string) bool { return strings.HasPrefix(imported, prefix) }) {
		return ""
	}
	return "no package may: a dependency needs a door in this test and its reason in docs/architecture.md"
}

// TestForbidden shows that the rules refuse what they should.
func TestForbidden(t *testing.T) {
	tests := []struct{ from, to, want string }{
		{"tensor", root + "internal/kernel", ""},
		{"tensor", root + "layers", "imports point downward only"},
		{"loss", root + "optim", "imports point downward only"},
		{"model", root + "loss", ""},
		{"train", "gonum.org/v1/plot", "its door is in plots"},
		{"checkpoint", "github.com/vmihailenco/msgpack/v5", ""},
		{"cmd", "github.com/spf13/viper", "its door is in experiment"},
		{"plots", "gonum.org/v1/gonum/blas", "its door is in gonumblas"},
		{"plots", "gonum.org/v1/gonum/mat", "no package may"},
		{"layers", "example.com/clever", "no package may"},
		{"layers", "math/bits", ""},
	}
	for _, tt := range tests {
		got := forbidden(tt.from, floorOf(tt.from), tt.to)
		if got != tt.want && !(tt.want != "" && strings.HasPrefix(got, tt.want)) {
			t.Errorf("%s → %s: %q, want %q", tt.from, tt.to, got, tt.want)
		}
	}
}
