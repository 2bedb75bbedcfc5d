package layers

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// A Layer computes one step of a model and its gradient.
//
// Build runs once and declares everything: output shape, parameters, state, scratch. Every error that a user can cause
// comes out here. After Build a Layer is read-only, so one Layer may serve any number of frames at once.
//
// Forward must set every element of Out. Backward must set every element of each DIn and add to each DParam (one that
// can also set it declares so: Builder.SetsDParam) and to each DRows. Neither may write to In, DOut or Param, keep a
// slice after it returns, or allocate.
//
// The graph sums the gradients of a value that several nodes read: a layer only ever sees its own.
type Layer[T tensor.Float] interface {
	Build(b *Builder[T]) error
	Forward(f *Frame[T])
	Backward(f *Frame[T])
}

// A Part makes a layer for either element type. It is what the registry of layers holds.
type Part = registry.Pair[Layer[float32], Layer[float64]]

// Registry holds the layers by name.
var Registry = registry.New[Part]("layer", registry.Frozen)

// Choice is a configuration field that names a layer.
type Choice = registry.Choice[Part]

// Register adds a layer under a name: its default configuration and its constructor for each element type. C is a
// struct whose fields become the keys of the layer's block in a YAML file; see package registry for its tags.
//
//	func init() { layers.Register("swish", SwishConfig{Beta: 1}, NewSwish[float32], NewSwish[float64]) }
//
// Register panics when the name is empty or taken.
func Register[C any](name string, defaults C, f32 func(C) Layer[float32], f64 func(C) Layer[float64]) {
	registry.RegisterPair(Registry, name, defaults, f32, f64)
}

// Make returns a layer of element type T.
func Make[T tensor.Float](p Part) Layer[T] { return registry.Of[Layer[T]](p) }
