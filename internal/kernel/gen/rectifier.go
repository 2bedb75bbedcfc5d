package main

import (
	"math"

	"github.com/mmcloughlin/avo/reg"
)

func init() { groups["rectifier"] = rectifier }

// rectifier is the activations that bend like a rectifier by an exponential, of −|x| alone: it neither overflows nor
// cancels, and the lower tails keep their precision.
func rectifier(e *emitter) {
	e.function("silu", "computes dst = x·σ(x).", func(v vector) function {
		limit := v.fadingLimit()
		return func(x reg.VecVirtual) reg.VecVirtual {
			a, p, n := v.fading(limit, x)
			return v.weighed(x, a, p, n)
		}
	})
	e.derivative("siluBackward", "computes dx = dy·σ(x)·(1 + x·σ(−x)).", "x", func(v vector) derivative {
		limit := v.fadingLimit()
		return func(x, dy reg.VecVirtual) reg.VecVirtual {
			a, p, n := v.fading(limit, x)
			return v.weighedSlope(x, dy, a, p, n)
		}
	})
	e.function("mish", "computes dst = x·tanh(ln(1 + eˣ)).", mish)
	e.derivative("mishBackward", "computes dx = dy·(t + x·(1 − t²)·σ(x)), t = tanh(ln(1 + eˣ)).", "x", mishBackward)
	elu(e)
	softplus(e)
}

// fadingLimit is where x·e^−x rounds to 0.
func (v vector) fadingLimit() reg.VecVirtual { return v.filled(pick(v, 110.0, 755.0)) }

// fading returns a = min(|x|, limit), and p and 2ⁿ with e^−a = p·2ⁿ.
func (v vector) fading(limit, x reg.VecVirtual) (a, p reg.VecVirtual, n power) {
	a = v.below(limit, x)
	minus := v.reg()
	v.or(v.signs(), a, minus)
	p, n = v.expReduced(minus)
	return a, p, n
}

// mish emits, with e = e^−a and a = |x|, x·(1 + 2e)/(1 + 2e + 2e²) on the right and −a·e(e + 2)/(e(e + 2) + 2) on the left.
func mish(v vector) function {
	limit := v.fadingLimit()
	return func(x reg.VecVirtual) reg.VecVirtual {
		a, p, n := v.fading(limit, x)
		e := v.copyOf(p)
		v.scale(n, e)
		left, leftOver := v.reg(), v.filled(2)
		v.mul(p, a, left)
		v.scale(n, left)
		v.or(v.signs(), left, left)
		right, over, more := v.filled(1), v.reg(), v.reg()
		v.add(e, e, over)
		v.add(over, right, right)
		v.horner(right, e, over) // 1 + 2e + 2e²
		v.mul(right, x, right)
		v.add(e, v.constant(2), more)
		v.mul(left, more, left)
		v.fma(e, more, leftOver)
		negative := v.negative(x)
		v.blend(negative, left, right)
		v.blend(negative, leftOver, over)
		v.div(right, over, right)
		return right
	}
}

// mishBackward emits the derivative, with A/D for t and one quotient:
//
//	(A·D·(1+e) + a·2e²·(A+D))/(D²·(1+e))          A = 1 + 2e,    D = A + 2e²     on the right
//	e·((e+2)·D·(1+e) − 2a·(A+D))/(D²·(1+e))       A = e(e + 2),  D = A + 2       on the left
func mishBackward(v vector) derivative {
	limit := v.fadingLimit()
	return func(x, dy reg.VecVirtual) reg.VecVirtual {
		a, p, n := v.fading(limit, x)
		negative := v.negative(x)
		e := v.copyOf(p)
		v.scale(n, e)
		over := v.reg()
		v.add(e, v.constant(1), over)
		// What differs: the factor of D·(1+e), A, D, and the factor of A + D.
		factor, upper, lower, rest := v.filled(1), v.reg(), v.reg(), v.reg()
		v.add(e, e, rest)
		v.add(rest, factor, factor)
		v.mul(rest, e, rest)
		v.move(factor, upper)
		v.add(factor, rest, lower)
		v.mul(rest, a, rest)
		onLeft := v.reg()
		v.add(e, v.constant(2), onLeft)
		v.blend(negative, onLeft, factor)
		v.mul(onLeft, e, onLeft)
		v.blend(negative, onLeft, upper)
		v.add(onLeft, v.constant(2), onLeft)
		v.blend(negative, onLeft, lower)
		v.mul(a, v.constant(-2), onLeft)
		v.blend(negative, onLeft, rest)

		v.add(upper, lower, upper)
		v.mul(lower, over, over) // D·(1+e)
		v.mul(factor, over, factor)
		v.fma(rest, upper, factor)
		v.mul(factor, p, p)
		v.scale(n, p)
		v.blend(negative, p, factor)
		v.mul(over, lower, over)
		v.div(factor, over, factor)
		v.mul(dy, factor, factor)
		return factor
	}
}

func elu(e *emitter) {
	e.kernel("elu", "dst []T, x []T, right T, left T", "computes dst = right·x where x > 0, else left·(eˣ − 1).", func(v vector) {
		right, left, zero := v.scalar("right"), v.scalar("left"), v.filled(0)
		low := v.filled(pick(v, -20.0, -40.0)) // eˣ − 1 rounds to −1 beyond
		v.eachOf([]string{"x"}, []string{"dst"}, func(in []reg.VecVirtual) []reg.VecVirtual {
			x, a := in[0], v.reg()
			v.or(v.signs(), x, a)
			v.max(low, a, a)
			y := v.expm1(a)
			v.and(v.signs(), x, a) // of −0, which the sum loses
			v.or(a, y, y)
			v.mul(left, y, y)
			v.mul(right, x, a)
			v.blend(v.compare(greater, x, zero), a, y)
			return []reg.VecVirtual{y}
		})
	})
	e.kernel("eluBackward", "dx []T, x []T, dy []T, right T, left T", "computes dx = right·dy where x > 0, else left·eˣ·dy.", func(v vector) {
		right, left, zero := v.scalar("right"), v.scalar("left"), v.filled(0)
		lo, _ := v.expRange()
		low := v.filled(lo)
		v.eachOf([]string{"x", "dy"}, []string{"dx"}, func(in []reg.VecVirtual) []reg.VecVirtual {
			x, dy, a := in[0], in[1], v.reg()
			v.or(v.signs(), x, a)
			v.max(low, a, a)
			e, n := v.expReduced(a)
			v.scale(n, e)
			v.mul(left, e, e)
			v.blend(v.compare(greater, x, zero), right, e)
			v.mul(e, dy, e)
			return []reg.VecVirtual{e}
		})
	})
}

// softplus emits (max(z, 0) + ln(1 + e^−|z|))/beta with z = beta·x, and its derivative. The exponential takes the rounding
// error of z along.
func softplus(e *emitter) {
	e.kernel("softplus", "dst []T, x []T, beta T, threshold T", "computes dst = ln(1 + e^(beta·x))/beta, and x where beta·x > threshold.", func(v vector) {
		beta, threshold, limit := v.scalar("beta"), v.scalar("threshold"), v.softplusLimit()
		v.eachOf([]string{"x"}, []string{"dst"}, func(in []reg.VecVirtual) []reg.VecVirtual {
			x, z, y := in[0], v.reg(), v.filled(0)
			v.mul(beta, x, z)
			v.max(y, z, y)
			f, n := v.bell(v.below(limit, x), beta)
			v.add(f, v.constant(1), f)
			v.scale(n, f)
			half, k := v.reg(), v.filled(1)
			large := v.compare(greater, f, v.constant(math.Sqrt2-1))
			v.sub(f, v.constant(1), half)
			v.mul(half, v.constant(0.5), half)
			v.keep(large, k, k)
			v.blend(large, half, f) // 1 + e^−|z| = 2ᵏ·(1 + f)
			v.logReduced(f, k)
			v.add(y, f, y)
			v.div(y, beta, y)
			v.blend(v.compare(greater, z, threshold), x, y)
			return []reg.VecVirtual{y}
		})
	})
	e.kernel("softplusBackward", "dx []T, x []T, dy []T, beta T, threshold T", "computes dx = dy·σ(beta·x), and dy where beta·x > threshold.", func(v vector) {
		beta, threshold, limit := v.scalar("beta"), v.scalar("threshold"), v.softplusLimit()
		v.eachOf([]string{"x", "dy"}, []string{"dx"}, func(in []reg.VecVirtual) []reg.VecVirtual {
			x, dy, z, d := in[0], in[1], v.reg(), v.filled(1)
			v.mul(beta, x, z)
			e, n := v.bell(v.below(limit, x), beta)
			v.add(e, v.constant(1), e)
			v.scale(n, e)
			v.blend(v.negative(x), e, d)
			v.add(e, v.constant(1), e)
			v.div(d, e, d)
			v.mul(dy, d, d)
			v.blend(v.compare(greater, z, threshold), dy, d)
			return []reg.VecVirtual{d}
		})
	})
}

// softplusLimit returns the |x| from which on e^−|beta·x| rounds to 0, a finite number.
func (v vector) softplusLimit() reg.VecVirtual {
	lo, _ := v.expRange()
	limit, beta := v.filled(-lo), v.scalar("beta")
	v.div(limit, beta, limit)
	v.min(v.filled(pick(v, math.MaxFloat32, math.MaxFloat64)), limit, limit)
	return limit
}
