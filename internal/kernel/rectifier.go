package kernel

import "math"

// SiLU computes dst = x·σ(x).
func SiLU[T Float](dst, x []T) { apply(siluFunction, dst, x) }

// SiLUBackward computes dx = dy·σ(x)·(1 + x·σ(−x)).
func SiLUBackward[T Float](dx, x, dy []T) { differentiate(siluFunction, dx, x, dy) }

// Mish computes dst = x·tanh(ln(1 + eˣ)).
func Mish[T Float](dst, x []T) { apply(mishFunction, dst, x) }

// MishBackward computes dx = dy·(t + x·(1 − t²)·σ(x)), t = tanh(ln(1 + eˣ)).
func MishBackward[T Float](dx, x, dy []T) { differentiate(mishFunction, dx, x, dy) }

// ELU computes dst = right·x where x > 0, else left·(eˣ − 1).
func ELU[T Float](dst, x []T, right, left T) { apply(eluFunction, dst, x, right, left) }

// ELUBackward computes dx = right·dy where x > 0, else left·eˣ·dy.
func ELUBackward[T Float](dx, x, dy []T, right, left T) {
	differentiate(eluFunction, dx, x, dy, right, left)
}

// Softplus computes dst = ln(1 + e^(beta·x))/beta, and x where beta·x > threshold, for beta > 0.
func Softplus[T Float](dst, x []T, beta, threshold T) {
	apply(softplusFunction, dst, x, beta, threshold)
}

// SoftplusBackward computes dx = dy·σ(beta·x), and dy where beta·x > threshold, for beta > 0.
func SoftplusBackward[T Float](dx, x, dy []T, beta, threshold T) {
	differentiate(softplusFunction, dx, x, dy, beta, threshold)
}

func siluPlain[T Float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(silu(float64(v)))
	}
}

func siluBackwardPlain[T Float](dx, x, dy []T) {
	for i, v := range x {
		dx[i] = dy[i] * T(siluSlope(float64(v)))
	}
}

func mishPlain[T Float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(mish(float64(v)))
	}
}

func mishBackwardPlain[T Float](dx, x, dy []T) {
	for i, v := range x {
		dx[i] = dy[i] * T(mishSlope(float64(v)))
	}
}

func eluPlain[T Float](dst, x []T, right, left T) {
	for i, v := range x {
		if v > 0 {
			dst[i] = right * v
		} else {
			dst[i] = left * T(math.Expm1(float64(v)))
		}
	}
}

func eluBackwardPlain[T Float](dx, x, dy []T, right, left T) {
	for i, v := range x {
		if v > 0 {
			dx[i] = right * dy[i]
		} else {
			dx[i] = left * T(exp(float64(v))) * dy[i]
		}
	}
}

func softplusPlain[T Float](dst, x []T, beta, threshold T) {
	for i, v := range x {
		if beta*v > threshold {
			dst[i] = v
		} else {
			dst[i] = T(softplus(float64(beta)*float64(v)) / float64(beta))
		}
	}
}

func softplusBackwardPlain[T Float](dx, x, dy []T, beta, threshold T) {
	for i, v := range x {
		if beta*v > threshold {
			dx[i] = dy[i]
			continue
		}
		z := float64(beta) * float64(v)
		e := math.Exp(-math.Abs(z))
		if z < 0 {
			dx[i] = dy[i] * T(e/(1+e))
		} else {
			dx[i] = dy[i] * T(1/(1+e))
		}
	}
}

// fading returns, for x < 0, a and h = e^(−a/2) for a = −x, or for the a from which on a·e^−a rounds to 0. What is below
// the normal numbers is rounded when the second h is multiplied, and not before.
func fading(x float64) (a, h float64) {
	a = min(-x, 755)
	return a, math.Exp(-a / 2)
}

// silu is x·σ(x) and its limit −0 at −∞.
func silu(x float64) float64 {
	if x < 0 {
		a, h := fading(x)
		return -a * h / (1 + float64(h*h)) * h
	}
	return x / (1 + math.Exp(-x))
}

// siluSlope is σ(x)·(1 + x·σ(−x)).
func siluSlope(x float64) float64 {
	if x < 0 {
		a, h := fading(x)
		over := 1 + float64(h*h)
		return h * (1 - a/over) / over * h
	}
	e := math.Exp(-x)
	return (1 + min(x, 755)*e/(1+e)) / (1 + e)
}

// mish is x·tanh(ln(1 + eˣ)) and its limit −0 at −∞.
func mish(x float64) float64 {
	if x < 0 {
		a, h := fading(x)
		e := float64(h * h)
		return -a * h * (e + 2) / (2 + float64(e*(e+2))) * h
	}
	e := math.Exp(-x)
	return x * (1 + 2*e) / (1 + 2*e + float64(2*e*e))
}

// mishSlope is t + x·(1 − t²)·σ(x), t = tanh(ln(1 + eˣ)), with t = A/D.
func mishSlope(x float64) float64 {
	if x < 0 {
		a, h := fading(x)
		e := float64(h * h)
		upper := float64(e * (e + 2))
		lower := upper + 2
		sum := float64((e+2)*lower*(1+e)) - float64(2*a*(upper+lower))
		return h * sum / (lower * lower * (1 + e)) * h
	}
	e := math.Exp(-x)
	upper, rest := 1+2*e, float64(2*e*e)
	t := upper / (upper + rest)
	return t + min(x, 755)*(rest/(upper+rest))*(1+t)/(1+e)
}

// softplus is ln(1 + eᶻ).
func softplus(z float64) float64 { return max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) }
