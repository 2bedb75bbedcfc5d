package registry_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/strata-ml/strata/registry"
)

// A scaler multiplies numbers of one element type.
type scaler[T float32 | float64] interface{ scale(x T) T }

var scalers = registry.New[registry.Pair[scaler[float32], scaler[float64]]]("scaler", registry.Frozen)

type scalerConfig struct{ Factor float64 }

type times[T float32 | float64] struct{ factor T }

func newTimes[T float32 | float64](c scalerConfig) scaler[T] { return times[T]{T(c.Factor)} }

func (s times[T]) scale(x T) T { return s.factor * x }

func init() {
	registry.RegisterPair(scalers, "times", scalerConfig{Factor: 0.1}, newTimes[float32], newTimes[float64])
}

func TestPair(t *testing.T) {
	p, err := scalers.Build("times", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := registry.Of[scaler[float32]](p).scale(3); got != float32(0.1)*3 {
		t.Errorf("in float32: %v", got)
	}
	if got := registry.Of[scaler[float64]](p).scale(3); got != float64(0.1)*3 {
		t.Errorf("in float64: %v", got)
	}
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, "makes no registry_test.gate") {
			t.Errorf("it panics with %q", got)
		}
	}()
	registry.Of[gate](p)
}
