package kernel

import "math"

// Erf computes dst = erf x.
func Erf[T Float](dst, x []T) { apply(erfFunction, dst, x) }

// GELU computes dst = x·Φ(x), Φ the normal distribution function.
func GELU[T Float](dst, x []T) { apply(geluFunction, dst, x) }

// GELUBackward computes dx = dy·(Φ(x) + x·φ(x)), φ the normal density.
func GELUBackward[T Float](dx, x, dy []T) { differentiate(geluFunction, dx, x, dy) }

// GELUTanh computes dst = x·(1 + tanh(√(2/π)(x + 0.044715x³)))/2.
func GELUTanh[T Float](dst, x []T) { apply(geluTanhFunction, dst, x) }

// GELUTanhBackward computes the gradient dx of GELUTanh.
func GELUTanhBackward[T Float](dx, x, dy []T) { differentiate(geluTanhFunction, dx, x, dy) }

func erfPlain[T Float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(math.Erf(float64(v)))
	}
}

func geluPlain[T Float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(gelu(float64(v)))
	}
}

func geluBackwardPlain[T Float](dx, x, dy []T) {
	for i, v := range x {
		dx[i] = dy[i] * T(geluSlope(float64(v)))
	}
}

func geluTanhPlain[T Float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(geluTanh(float64(v)))
	}
}

func geluTanhBackwardPlain[T Float](dx, x, dy []T) {
	for i, v := range x {
		dx[i] = dy[i] * T(geluTanhSlope(float64(v)))
	}
}

// gelu is x·Φ(x) and its limit −0 at −∞.
func gelu(x float64) float64 {
	if x < -39 {
		return math.Copysign(0, -1)
	}
	return x * (math.Erfc(-x/math.Sqrt2) / 2)
}

// geluSlope is Φ(x) + x·φ(x).
func geluSlope(x float64) float64 {
	x = min(max(x, -39), 39)
	return math.Erfc(-x/math.Sqrt2)/2 + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
}

var geluScale = 2 * math.Sqrt(2/math.Pi)

// geluTanh is x·σ(u), u = 2√(2/π)(x + 0.044715x³), and its limit −0 at −∞: x·(1 + tanh(u/2))/2 without its cancellation.
func geluTanh(x float64) float64 {
	if x < -22 {
		return math.Copysign(0, -1)
	}
	u := geluScale * (x + 0.044715*x*x*x)
	if x < 0 {
		e := math.Exp(u)
		return x * e / (1 + e)
	}
	return x / (1 + math.Exp(-u))
}

// geluTanhSlope is σ(u)·(1 + x·σ(−u)·u').
func geluTanhSlope(x float64) float64 {
	x = min(max(x, -22), 22)
	u := geluScale * (x + 0.044715*x*x*x)
	slope := geluScale * (1 + 3*0.044715*x*x)
	return (1 + x*slope/(1+math.Exp(u))) / (1 + math.Exp(-u))
}
