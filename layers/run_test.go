package layers_test

import (
	"math"
	"slices"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/tensor"
)

// node is a layer with a frame for a number of rows.
type node[T tensor.Float] struct {
	layer layers.Layer[T]
	decl  *layers.Declaration
	frame *layers.Frame[T]
}

// build declares a registered layer over inputs of real numbers with the given shapes.
func build[T tensor.Float](t *testing.T, name string, edit func(config any), shapes ...tensor.Shape) (layers.Layer[T], *layers.Declaration, error) {
	t.Helper()
	part, err := layers.Registry.Build(name, edit)
	if err != nil {
		t.Fatal(err)
	}
	l := layers.Make[T](part)
	var specs []tensor.Spec
	for _, s := range shapes {
		specs = append(specs, tensor.Spec{Shape: s})
	}
	d, err := layers.Declare(l, specs...)
	return l, d, err
}

// newNode builds a registered layer and begins a training batch of the given rows.
func newNode[T tensor.Float](t *testing.T, name string, edit func(config any), rows int, shapes ...tensor.Shape) node[T] {
	t.Helper()
	l, d, err := build[T](t, name, edit, shapes...)
	if err != nil {
		t.Fatal(err)
	}
	n := node[T]{l, d, layers.NewFrame(d, layers.Allocate[T](d, rows))}
	n.frame.Begin(rows, 0, true, tensor.NewRandom(1))
	return n
}

// same compares bit for bit, but for NaN, which equals NaN.
func same[T tensor.Float](got, want []T) bool {
	return slices.EqualFunc(got, want, func(a, b T) bool { return a == b || a != a && b != b })
}

var nan = math.NaN()
