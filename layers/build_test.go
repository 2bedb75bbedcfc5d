package layers_test

import (
	"math"
	"reflect"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

func TestBuildErrors(t *testing.T) {
	tests := []struct {
		layer  string
		edit   func(config any)
		shapes []tensor.Shape
		want   string
	}{
		{"sum", nil, []tensor.Shape{{3}, {4}}, "takes inputs of equal shape, has [3] and [4]"},
		{"mul", nil, []tensor.Shape{{3}, {3}, {3, 1}}, "takes inputs of equal shape, has [3] and [3 1]"},
		{"max", nil, []tensor.Shape{{2, 3}, {3, 2}}, "takes inputs of equal shape, has [2 3] and [3 2]"},
		{"sum", nil, []tensor.Shape{{3}}, "takes two inputs or more, has 1"},
		{"concat", nil, []tensor.Shape{{3}}, "takes two inputs or more, has 1"},
		{"concat", nil, []tensor.Shape{{2, 3}, {4, 3}}, "takes inputs that differ in the last axis alone, has [2 3] and [4 3]"},
		{"concat", nil, []tensor.Shape{{2, 3}, {3}}, "takes inputs that differ in the last axis alone, has [2 3] and [3]"},
		{"dense", units(2), []tensor.Shape{{3}, {3}}, "takes one input, has 2"},
		{"maxout", nil, []tensor.Shape{{4, 7}}, "takes a last axis that pieces 2 divides, has [4 7]"},
		{"mean", nil, []tensor.Shape{{3}}, "takes two inputs or more, or one and an axis, has 1"},
		{"mean", meanOver(0), []tensor.Shape{{3}, {3}}, "axis takes one input, has 2"},
		{"mean", meanOver(-3), []tensor.Shape{{3, 4}}, "axis must be an axis of an input of shape [3 4], is -3"},
		{"select", selecting(2, 0, 0), []tensor.Shape{{3, 4}}, "axis must be an axis of an input of shape [3 4], is 2"},
		{"select", selecting(1, 4, 0), []tensor.Shape{{3, 4}}, "index must be in an axis of 4, is 4"},
		{"select", selecting(0, -4, 0), []tensor.Shape{{3, 4}}, "index must be in an axis of 3, is -4"},
		{"select", selecting(1, -2, 3), []tensor.Shape{{3, 4}}, "count must be at most 2 from index -2 of an axis of 4 on, is 3"},
		{"matmul", nil, []tensor.Shape{{3, 4}}, "takes two inputs, has 1"},
		{"matmul", nil, []tensor.Shape{{}, {3}}, "takes matrices or vectors, has [] and [3]"},
		{"matmul", nil, []tensor.Shape{{3, 4}, {3, 4}}, "takes inputs [… m k] and [… k n] with equal axes in front, has [3 4] and [3 4], transpose none"},
		{"matmul", nil, []tensor.Shape{{2, 3, 4}, {4, 5}}, "takes inputs [… m k] and [… k n] with equal axes in front, has [2 3 4] and [4 5], transpose none"},
		{"matmul", transposing("second"), []tensor.Shape{{3, 4}, {4, 3}}, "takes inputs [… m k] and [… k n] with equal axes in front, has [3 4] and [4 3], transpose second"},
		{"matmul", transposing("second"), []tensor.Shape{{3, 4}, {4}}, "transpose must name a matrix of the inputs [3 4] and [4], is second"},
	}
	for _, name := range []string{
		"sigmoid", "tanh", "hard_tanh", "relu", "leaky_relu", "prelu", "softmax", "dropout", "flatten",
		"elu", "selu", "gelu", "silu", "mish", "softplus", "hard_sigmoid", "log_softmax", "softsign", "hard_swish", "log_sigmoid", "maxout",
	} {
		_, _, err := build[float64](t, name, nil, tensor.Shape{2}, tensor.Shape{2})
		if err == nil || err.Error() != "takes one input, has 2" {
			t.Errorf("%s of two inputs: %v", name, err)
		}
	}
	for _, test := range tests {
		_, _, err := build[float64](t, test.layer, test.edit, test.shapes...)
		if err == nil || err.Error() != test.want {
			t.Errorf("%s over %v: %v, want %s", test.layer, test.shapes, err, test.want)
		}
	}
}

// TestConfigErrors refuses a configuration that makes no sense, however the layer was made.
func TestConfigErrors(t *testing.T) {
	tests := []struct {
		name   string
		config any
		layer  layers.Layer[float64]
		want   string
	}{
		{"dense", layers.DenseConfig{Units: -1}, layers.NewDense[float64](layers.DenseConfig{Units: -1}), "units must be positive, is -1"},
		{"dense", layers.DenseConfig{}, layers.NewDense[float64](layers.DenseConfig{}), "units must be positive, is 0"},
		{
			"dense",
			layers.DenseConfig{Units: 3, Weights: misspelt},
			layers.NewDense[float64](layers.DenseConfig{Units: 3, Weights: misspelt}),
			`weights: unknown initializer "xavier_unifrom"; did you mean "xavier_uniform"?`,
		},
		{"dropout", layers.DropoutConfig{Rate: 1}, layers.NewDropout[float64](layers.DropoutConfig{Rate: 1}), "rate must be < 1, is 1"},
		{"dropout", layers.DropoutConfig{Rate: -0.1}, layers.NewDropout[float64](layers.DropoutConfig{Rate: -0.1}), "rate must not be negative, is -0.1"},
		{
			"dropout",
			layers.DropoutConfig{Rate: math.NaN()},
			layers.NewDropout[float64](layers.DropoutConfig{Rate: math.NaN()}), "rate must not be negative, is NaN",
		},
		{
			"prelu",
			layers.PReLUConfig{Channels: "each"},
			layers.NewPReLU[float64](layers.PReLUConfig{Channels: "each"}), `unknown channels "each"; known: shared, per_channel`,
		},
		{
			"hard_tanh",
			layers.HardTanhConfig{Min: 2, Max: 1},
			layers.NewHardTanh[float64](layers.HardTanhConfig{Min: 2, Max: 1}), "min must be below max 1, is 2",
		},
		{
			"gelu",
			layers.GELUConfig{Approximate: "erf"},
			layers.NewGELU[float64](layers.GELUConfig{Approximate: "erf"}), `unknown approximate "erf"; known: none, tanh`,
		},
		{"elu", layers.ELUConfig{Alpha: -1}, layers.NewELU[float64](layers.ELUConfig{Alpha: -1}), "alpha must not be negative, is -1"},
		{
			"softplus",
			layers.SoftplusConfig{Threshold: 20},
			layers.NewSoftplus[float64](layers.SoftplusConfig{Threshold: 20}), "beta must be positive, is 0",
		},
		{"maxout", layers.MaxoutConfig{}, layers.NewMaxout[float64](layers.MaxoutConfig{}), "pieces must be positive, is 0"},
		{
			"select",
			layers.SelectConfig{Count: -1},
			layers.NewSelect[float64](layers.SelectConfig{Count: -1}), "count must not be negative, is -1",
		},
	}
	for _, test := range tests {
		if _, err := layers.Declare(test.layer, tensor.Spec{Shape: tensor.Shape{3}}); err == nil || err.Error() != test.want {
			t.Errorf("Declare of %s: %v, want %s", test.name, err, test.want)
		}
		_, err := layers.Registry.Build(test.name, func(c any) { reflect.ValueOf(c).Elem().Set(reflect.ValueOf(test.config)) })
		if want := "layer " + test.name + ": " + test.want; err == nil || err.Error() != want {
			t.Errorf("Build: %v, want %s", err, want)
		}
	}
}

func meanOver(axis int) func(any) {
	return func(config any) { config.(*layers.MeanConfig).Axis = &axis }
}

func selecting(axis, index, count int) func(any) {
	return func(config any) {
		*config.(*layers.SelectConfig) = layers.SelectConfig{Axis: axis, Index: index, Count: count}
	}
}

func transposing(which string) func(any) {
	return func(config any) { config.(*layers.MatMulConfig).Transpose = which }
}

var misspelt = registry.Choose[layers.Initializer]("xavier_unifrom")

func units(n int) func(any) { return func(config any) { config.(*layers.DenseConfig).Units = n } }

func rate(r float64) func(any) { return func(config any) { config.(*layers.DropoutConfig).Rate = r } }

func TestOutputShapes(t *testing.T) {
	tests := []struct {
		layer  string
		edit   func(config any)
		shapes []tensor.Shape
		want   tensor.Shape
	}{
		{"dense", units(5), []tensor.Shape{{3}}, tensor.Shape{5}},
		{"dense", units(5), []tensor.Shape{{2, 3, 4}}, tensor.Shape{2, 3, 5}},
		{"dense", units(5), []tensor.Shape{{}}, tensor.Shape{5}},
		{"flatten", nil, []tensor.Shape{{2, 3, 4}}, tensor.Shape{24}},
		{"flatten", nil, []tensor.Shape{{}}, tensor.Shape{1}},
		{"softmax", nil, []tensor.Shape{{2, 3}}, tensor.Shape{2, 3}},
		{"max", nil, []tensor.Shape{{2, 3}, {2, 3}}, tensor.Shape{2, 3}},
		{"concat", nil, []tensor.Shape{{2, 3}, {2, 4}, {2, 1}}, tensor.Shape{2, 8}},
		{"maxout", nil, []tensor.Shape{{3, 8}}, tensor.Shape{3, 4}},
		{"mean", nil, []tensor.Shape{{2, 3}, {2, 3}}, tensor.Shape{2, 3}},
		{"mean", meanOver(0), []tensor.Shape{{2, 3}}, tensor.Shape{3}},
		{"mean", meanOver(-1), []tensor.Shape{{2, 3}}, tensor.Shape{2}},
		{"mean", meanOver(0), []tensor.Shape{{3}}, tensor.Shape{}},
		{"select", selecting(0, -1, 0), []tensor.Shape{{2, 3, 4}}, tensor.Shape{3, 4}},
		{"select", selecting(-1, 1, 2), []tensor.Shape{{2, 3, 4}}, tensor.Shape{2, 3, 2}},
		{"matmul", nil, []tensor.Shape{{7}, {7}}, tensor.Shape{}},
		{"matmul", nil, []tensor.Shape{{3, 4}, {4}}, tensor.Shape{3}},
		{"matmul", nil, []tensor.Shape{{4}, {4, 5}}, tensor.Shape{5}},
		{"matmul", nil, []tensor.Shape{{2, 3, 4}, {2, 4, 5}}, tensor.Shape{2, 3, 5}},
		{"matmul", transposing("first"), []tensor.Shape{{4, 3}, {4, 5}}, tensor.Shape{3, 5}},
		{"matmul", transposing("second"), []tensor.Shape{{3, 4}, {5, 4}}, tensor.Shape{3, 5}},
	}
	for _, test := range tests {
		_, d, err := build[float32](t, test.layer, test.edit, test.shapes...)
		if err != nil {
			t.Errorf("%s over %v: %v", test.layer, test.shapes, err)
			continue
		}
		if !d.Out.Equal(test.want) {
			t.Errorf("%s over %v has output %v, want %v", test.layer, test.shapes, d.Out, test.want)
		}
	}
}

func TestDenseDeclaration(t *testing.T) {
	_, d, err := build[float64](t, "dense", units(5), tensor.Shape{2, 3})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Params) != 2 || d.Params[0].Name != "w" || !d.Params[0].Shape.Equal(tensor.Shape{3, 5}) || d.Params[0].Init.Name != "xavier_uniform" ||
		d.Params[1].Name != "b" || !d.Params[1].Shape.Equal(tensor.Shape{5}) || d.Params[1].Init.Name != "zeros" {
		t.Errorf("parameters %+v, want w [3 5] from xavier_uniform and b [5] from zeros", d.Params)
	}
	if want := 2 * 2 * 3 * 5; d.FLOPs != want {
		t.Errorf("FLOPs %d, want %d", d.FLOPs, want)
	}
	if !d.ReadsIn || d.ReadsOut {
		t.Errorf("backward reads in %v, out %v, want in alone", d.ReadsIn, d.ReadsOut)
	}
}

func TestDenseConfigOfALiteral(t *testing.T) {
	d, err := layers.Declare(layers.NewDense[float64](layers.DenseConfig{Units: 2}), tensor.Spec{Shape: tensor.Shape{3}})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Params) != 1 || d.Params[0].Init.Name != "xavier_uniform" {
		t.Errorf("parameters %+v, want w alone, from xavier_uniform", d.Params)
	}
	if c := registry.Defaults[layers.DenseConfig](); !c.Bias || c.BiasInit.Name != "zeros" {
		t.Errorf("defaults %+v, want a bias from zeros", c)
	}
}

// Dense leaves out dx where nobody reads it, and still adds to dw and db.
func TestDenseWithoutInputGradient(t *testing.T) {
	l, d, err := build[float64](t, "dense", units(2), tensor.Shape{1})
	if err != nil {
		t.Fatal(err)
	}
	b := layers.Allocate[float64](d, 2)
	b.NeedsDIn[0] = false
	copy(b.In[0], []float64{2, 3})
	copy(b.DOut, []float64{1, 10, 100, 1000})
	copy(b.DIn[0], []float64{-7, -7})
	copy(b.DParam[0], []float64{0.5, 0.5})
	copy(b.DParam[1], []float64{0.25, 0.25})
	f := layers.NewFrame(d, b)
	f.Begin(2, 0, true, tensor.NewRandom(0))
	l.Backward(f)
	if !same(f.DParam(0), []float64{302.5, 3020.5}) || !same(f.DParam(1), []float64{101.25, 1010.25}) {
		t.Errorf("dw = %v, db = %v, want [302.5 3020.5], [101.25 1010.25]", f.DParam(0), f.DParam(1))
	}
	if !same(f.DIn(0), []float64{-7, -7}) {
		t.Errorf("dx = %v was computed, though nobody reads it", f.DIn(0))
	}
}

// Every part and every key has a description.
func TestDescriptions(t *testing.T) {
	for _, k := range []registry.Kind{layers.Registry, layers.Initializers} {
		for _, name := range k.Names() {
			d, err := k.Describe(name)
			if err != nil {
				t.Fatal(err)
			}
			if d.Doc == "" {
				t.Errorf("%s %s has no description", k.Kind(), name)
			}
			for _, f := range d.Fields {
				if f.Doc == "" {
					t.Errorf("%s %s: %s has no description", k.Kind(), name, f.Key)
				}
			}
		}
	}
}
