package layers_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/tensor"
)

// declaring is a layer whose Build is given.
type declaring struct {
	build func(b *layers.Builder[float64])
}

func (d declaring) Build(b *layers.Builder[float64]) error {
	d.build(b)
	return nil
}
func (declaring) Forward(*layers.Frame[float64])  {}
func (declaring) Backward(*layers.Frame[float64]) {}

func TestDeclareErrors(t *testing.T) {
	tests := map[string]struct {
		build func(b *layers.Builder[float64])
		want  string
	}{
		"no output":           {func(*layers.Builder[float64]) {}, "declares no output shape"},
		"negative output":     {func(b *layers.Builder[float64]) { b.Out(3, -1) }, "output: axis 1 of shape [3 -1] must be positive, is -1"},
		"endless output":      {func(b *layers.Builder[float64]) { b.Out(1<<40, 1<<40) }, "more elements than memory has addresses"},
		"empty parameter":     {func(b *layers.Builder[float64]) { b.Out(1); b.Param("w", layers.Init{}, 0) }, "parameter w: axis 0"},
		"parameter with path": {func(b *layers.Builder[float64]) { b.Out(1); b.Param("a/b", layers.Init{}, 1) }, `parameter "a/b": a name has lower-case letters`},
		"misspelt initializer": {func(b *layers.Builder[float64]) {
			b.Out(1)
			b.Param("w", layers.Init{Name: "xavier_unifrom"}, 1)
		}, `parameter w: unknown initializer "xavier_unifrom"; did you mean "xavier_uniform"?`},
		"initializer against its rules": {func(b *layers.Builder[float64]) {
			b.Out(1)
			b.Param("w", layers.Init{Name: "normal", Config: layers.Normal{Std: -1}}, 1)
		}, "parameter w: normal: std must not be negative, is -1"},
		"initializer of another's configuration": {func(b *layers.Builder[float64]) {
			b.Out(1)
			b.Param("w", layers.Init{Name: "normal", Config: layers.Ones{}}, 1)
		}, "parameter w: normal: its configuration is a layers.Normal, is given a layers.Ones"},
		"two of a name": {func(b *layers.Builder[float64]) {
			b.Out(1)
			b.Param("w", layers.Init{}, 1)
			b.State("w", 0, 1)
		}, `state "w": the name is taken`},
		"integers of real numbers": {func(b *layers.Builder[float64]) { b.Out(1); b.Index(0, 7) }, "input 0 must hold whole numbers, holds real ones"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := layers.Declare[float64](declaring{tt.build}, tensor.Spec{Shape: tensor.Shape{2}})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	d, err := layers.Declare[float64](declaring{func(b *layers.Builder[float64]) { b.Out(1); b.Param("w", layers.Init{}, 1) }}, tensor.Spec{})
	if err != nil || !d.Params[0].Init.IsZero() {
		t.Errorf("a parameter without an initializer: %+v, %v", d, err)
	}
	integers := tensor.Spec{Shape: tensor.Shape{2}, Classes: 9}
	_, err = layers.Declare[float64](declaring{func(b *layers.Builder[float64]) { b.Out(1) }}, integers)
	if err == nil || !strings.Contains(err.Error(), "input 0 holds whole numbers, and the layer takes real ones") {
		t.Errorf("integers for a layer of real numbers: %v", err)
	}
	_, err = layers.Declare[float64](declaring{func(b *layers.Builder[float64]) { b.Out(1); b.Index(0, 7) }}, integers)
	if err == nil || !strings.Contains(err.Error(), "holds whole numbers below 9, and the layer takes those below 7") {
		t.Errorf("integers beyond the layer's: %v", err)
	}
}

func TestSameShape(t *testing.T) {
	l := declaring{func(b *layers.Builder[float64]) {
		if err := b.SameShape(); err != nil {
			t.Error(err)
		}
	}}
	d, err := layers.Declare[float64](l, tensor.Spec{Shape: tensor.Shape{2, 3}})
	if err != nil || !d.Out.Equal(tensor.Shape{2, 3}) {
		t.Errorf("the output of [2 3] is %+v, %v", d, err)
	}
	for _, in := range [][]tensor.Spec{nil, make([]tensor.Spec, 2)} {
		if err := layers.NewBuilder[float64](in...).SameShape(); err == nil || err.Error() != fmt.Sprintf("takes one input, has %d", len(in)) {
			t.Errorf("of %d inputs: %v", len(in), err)
		}
	}
}
