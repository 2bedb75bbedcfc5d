package layers_test

import (
	"slices"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/tensor"
)

// TestBounds checks that far out an activation is at the bounds that it names.
func TestBounds(t *testing.T) {
	bounded := 0
	for _, name := range layers.Registry.Names() {
		part, err := layers.Registry.Build(name, nil)
		if err != nil {
			continue // it has no default configuration
		}
		l, ok := layers.Make[float64](part).(layers.Bounded)
		if !ok {
			continue
		}
		bounded++
		lo, hi := l.Bounds()
		n := newNode[float64](t, name, nil, 1, tensor.Shape{2})
		copy(n.frame.In(0), []float64{-1e300, 1e300})
		n.layer.Forward(n.frame)
		if y := n.frame.Out(); !slices.Equal(y, []float64{lo, min(hi, 1e300)}) {
			t.Errorf("%s: %v at -1e300 and 1e300, bounds %v and %v", name, y, lo, hi)
		}
	}
	if bounded < 5 {
		t.Errorf("%d bounded activations", bounded)
	}
}
