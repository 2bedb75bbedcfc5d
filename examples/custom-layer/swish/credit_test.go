package swish_test

import (
	"strings"
	"testing"

	"github.com/strata-ml/strata/layers"
)

func TestCredit(t *testing.T) {
	for name, want := range map[string]string{"swish": "example.com/custom-layer", "dense": "github.com/strata-ml/strata"} {
		d, err := layers.Registry.Describe(name)
		if err != nil || !strings.HasPrefix(d.Module, want) {
			t.Errorf("%s is from %q, %v; want %s", name, d.Module, err, want)
		}
	}
}
