package layers

import "github.com/strata-ml/strata/tensor"

// y = x·tanh(log(1 + eˣ))        x, y [any shape]
//
// dx = dy·(t + x·(1 − t²)·σ(x)), t = tanh(log(1 + eˣ)). With e = e^−|x|, which neither overflows nor cancels,
//
//	t = (1 + 2e)/(1 + 2e + 2e²), 1 − t = 2e²/(1 + 2e + 2e²), σ = 1/(1 + e)        where x ≥ 0
//	t = e(e + 2)/(e(e + 2) + 2), 1 − t =   2/(e(e + 2) + 2), σ = e/(1 + e)        where x < 0
//
// Misra, "Mish: a self regularized non-monotonic activation function", BMVC 2020.

// MishConfig is the configuration of mish.
type MishConfig struct {
	_ struct{} `doc:"each element times the tanh of its softplus"`
}

// Mish is the product of each element and the hyperbolic tangent of its softplus.
type Mish[T tensor.Float] struct{}

// NewMish returns a mish layer.
func NewMish[T tensor.Float](MishConfig) Layer[T] { return Mish[T]{} }

func init() { Register("mish", MishConfig{}, NewMish[float32], NewMish[float64]) }

// Build implements Layer.
func (Mish[T]) Build(b *Builder[T]) error {
	b.BackwardReads(true, false)
	return b.SameShape()
}

// Forward implements Layer.
func (Mish[T]) Forward(f *Frame[T]) {
	x, y := f.In(0), f.Out()
	expMinusAbs(y, x)
	for i, v := range x {
		t, _, _ := mishParts(v, y[i])
		y[i] = withoutInf(v, t) * t
	}
}

// Backward implements Layer.
func (Mish[T]) Backward(f *Frame[T]) {
	x, dx, dy := f.In(0), f.DIn(0), f.DOut()
	expMinusAbs(dx, x)
	for i, v := range x {
		t, rest, s := mishParts(v, dx[i])
		slope := rest * (1 + t) * s
		dx[i] = dy[i] * (t + T(withoutInf(v, slope)*slope))
	}
}

// mishParts returns t, 1 − t and σ(x) from e = e^−|x|.
func mishParts[T tensor.Float](x, e T) (t, rest, s T) {
	if x < 0 {
		a := T(e * (e + 2))
		return a / (a + 2), 2 / (a + 2), e / (1 + e)
	}
	a, b := 1+2*e, T(2*e*e)
	return a / (a + b), b / (a + b), 1 / (1 + e)
}
