package layers

import "github.com/strata-ml/strata/tensor"

// y = f(x), element by element        x, y [any shape]
//
// dx = dy·df(x, y)

// PointwiseConfig is the configuration of every layer that RegisterPointwise makes.
type PointwiseConfig struct {
	_ struct{} `doc:"a function of each element, without settings"`
}

// RegisterPointwise adds a layer that applies f to each element. Df returns the derivative dy/dx at x, where y is f(x),
// so that it can use whichever is cheaper. Both are pure, return NaN for NaN, and serve both element types: float32 is
// rounded once, from the result.
//
//	func init() {
//		layers.RegisterPointwise("square",
//			func(x float64) float64 { return x * x },
//			func(x, y float64) float64 { return 2 * x })
//	}
//
// A function with settings registers its own configuration and returns NewPointwise from its constructor. Register
// describes the panics.
func RegisterPointwise(name string, f func(x float64) float64, df func(x, y float64) float64) {
	Register(name, PointwiseConfig{},
		func(PointwiseConfig) Layer[float32] { return NewPointwise[float32](f, df) },
		func(PointwiseConfig) Layer[float64] { return NewPointwise[float64](f, df) })
}

// Pointwise applies a function to each element.
type Pointwise[T tensor.Float] struct {
	f  func(x float64) float64
	df func(x, y float64) float64
}

// NewPointwise returns a layer that applies f to each element. See RegisterPointwise for f and df.
func NewPointwise[T tensor.Float](f func(x float64) float64, df func(x, y float64) float64) Layer[T] {
	return Pointwise[T]{f, df}
}

// Build implements Layer. Backward reads both x and y, as df may.
func (Pointwise[T]) Build(b *Builder[T]) error {
	return b.SameShape()
}

// Forward implements Layer.
func (l Pointwise[T]) Forward(f *Frame[T]) {
	y := f.Out()
	for i, x := range f.In(0) {
		y[i] = T(l.f(float64(x)))
	}
}

// Backward implements Layer.
func (l Pointwise[T]) Backward(f *Frame[T]) {
	y, dx, dy := f.Out(), f.DIn(0), f.DOut()
	for i, x := range f.In(0) {
		dx[i] = dy[i] * T(l.df(float64(x), float64(y[i])))
	}
}
