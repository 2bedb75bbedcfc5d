package layers_test

import (
	"testing"

	"github.com/strata-ml/strata/layers"
)

const module = "github.com/strata-ml/strata"

// TestCredit: a part is credited to the module that registers it, also where its function is called Register…, and
// not to whoever calls that; here package testing does.
func TestCredit(t *testing.T) {
	t.Run("all", RegisterAll)
	for _, name := range []string{"credited", "credited_pointwise", "dense"} {
		d, err := layers.Registry.Describe(name)
		if err != nil || d.Module != module {
			t.Errorf("%s is credited to %q, %v", name, d.Module, err)
		}
	}
	if d, err := layers.Initializers.Describe("credited"); err != nil || d.Module != module {
		t.Errorf("the initializer is credited to %q, %v", d.Module, err)
	}
}

func RegisterAll(*testing.T) {
	layers.Register("credited", layers.ReLUConfig{}, layers.NewReLU[float32], layers.NewReLU[float64])
	layers.RegisterPointwise("credited_pointwise", func(x float64) float64 { return x }, func(_, _ float64) float64 { return 1 })
	layers.RegisterInitializer("credited", layers.Ones{}, func(c layers.Ones) layers.Initializer { return c })
}
