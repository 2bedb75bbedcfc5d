package registry_test

import (
	"strings"
	"testing"

	"github.com/strata-ml/strata/registry"
)

type (
	dampedConfig struct {
		Gain  registry.Number
		Depth int `class:"frozen"`
		Bound struct {
			Low  float64
			High float64 `class:"extend"`
		}
		Steps []struct{ At int }
	}
	damper interface{ damp() }
)

var dampers = registry.New[damper]("damper", registry.Override)

func init() {
	registry.Register(dampers, "damped", dampedConfig{Gain: registry.Const(1)}, func(dampedConfig) damper { return nil })
}

// TestClasses wants the class of the kind where no tag says another, in blocks and lists too, and for all of a schedule that
// of the number that it is.
func TestClasses(t *testing.T) {
	type config struct {
		Damper registry.Choice[damper] `class:"frozen"`
		Rate   registry.Number         `class:"extend"`
		None   int
	}
	n := node(t, "{damper: {type: damped, steps: [{at: 1}]}, rate: {type: linear, slope: 1}}")
	want := map[string]registry.Class{
		"damper": registry.Frozen, "damper.type": registry.Frozen, "damper.gain": registry.Override, "damper.depth": registry.Frozen,
		"damper.bound.low": registry.Override, "damper.bound.high": registry.Extend, "damper.steps.0.at": registry.Override,
		"rate": registry.Extend, "rate.type": registry.Extend, "rate.slope": registry.Extend, "none": "",
	}
	for _, k := range registry.Keys(config{}, n) {
		if class, ok := want[k.Path]; ok && class != k.Class {
			t.Errorf("%s has the class %q, want %q", k.Path, k.Class, class)
		}
		delete(want, k.Path)
	}
	if len(want) > 0 {
		t.Errorf("there are no keys %v", want)
	}
	d, err := dampers.Describe("damped")
	if err != nil {
		t.Fatal(err)
	}
	for i, class := range []registry.Class{registry.Override, registry.Frozen, "", registry.Override} {
		if f := d.Fields[i]; f.Class != class {
			t.Errorf("%s is described with the class %q, want %q", f.Key, f.Class, class)
		}
	}
}

func TestUnknownClass(t *testing.T) {
	defer func() {
		if got, _ := recover().(string); !strings.Contains(got, `field X`) || !strings.Contains(got, `unknown class "frosen": it is one of frozen, extend and override`) {
			t.Errorf("it panics with %q", got)
		}
	}()
	registry.DescribeConfig(struct {
		X int `class:"frosen"`
	}{})
}
