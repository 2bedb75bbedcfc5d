package main

import (
	"math"

	"github.com/mmcloughlin/avo/reg"
)

func init() { groups["normal"] = normal }

// normal is the error function and the activations that weigh x by a sigmoid curve.
//
// Φ is the normal distribution function. The lower tail is Φ(−a) = e^(−a²/2)·h(a) with a smooth h, so that no digit is
// lost in 1 − erf; and e^(−a²/2) takes the rounding error of a² along.
func normal(e *emitter) {
	e.function("erf", "computes dst = erf x.", errorFunction)
	e.function("gelu", "computes dst = x·Φ(x).", gelu)
	e.derivative("geluBackward", "computes dx = dy·(Φ(x) + x·φ(x)), φ = Φ'.", "x", geluBackward)
	e.function("geluTanh", "computes dst = x·(1 + tanh √(2/π)(x + 0.044715x³))/2 = x/(1 + e⁻ᵘ), u = 2√(2/π)(x + 0.044715x³).", geluTanh)
	e.derivative("geluTanhBackward", "computes dx = dy·σ(u)·(1 + x·σ(−u)·u'), u as in geluTanh.", "x", geluTanhBackward)
}

// tailTerms are the coefficients of (a+4)·h(a) as a polynomial in (a−4)/(a+4), in which h is as smooth near 0 as at ∞
// (Shepherd and Laframboise, "Chebyshev approximation of (1+2x)exp(x²)erfc x", Mathematics of Computation 36, 1981):
// minimax for a < 14.6 and a < 39.1, to 2⁻²⁹ and 2⁻⁵⁹ of itself.
func (v vector) tailTerms() []float64 {
	return pick(v, []float64{
		0x1.82b4bcp-1, -0x1.373e3ap-1, 0x1.8c6dbap-2, -0x1.7dff04p-3, 0x1.eec830p-5, -0x1.ee5406p-8, -0x1.c9a2eap-9,
		0x1.ad11b4p-10, 0x1.66e808p-13, -0x1.d07e90p-13, -0x1.82675ap-15,
	}, []float64{
		0x1.82b4bb8c94dcep-1, -0x1.373e3a893c28ap-1, 0x1.8c6dbf2cfc2b5p-2, -0x1.7dff2bff6839ap-3,
		0x1.eec4cc3e4d1ddp-5, -0x1.ee2761047f06cp-8, -0x1.c81719d53b5d8p-9, 0x1.ab825fc0efac2p-10,
		0x1.17a4ae27b59b5p-13, -0x1.e4a4256b5e1aap-13, -0x1.001e4481f836ap-19, 0x1.26d0994193c10p-15,
		0x1.80b1240fb0c2bp-21, -0x1.8d4b1b255245bp-18, -0x1.51e358d7c6357p-21, 0x1.1236a998e6f4cp-20,
		0x1.233922e0d0539p-22, -0x1.4cec8f9f03df7p-23, -0x1.6c15661ef6c67p-24, 0x1.ce5df2a49d6eep-27,
		0x1.4a395eb062972p-26, 0x1.e259c3f8cca34p-30, -0x1.4bd9926bc31cap-29, -0x1.7051e61bdcceap-31,
	})
}

// lowerTail returns h(a) for a ≥ 0, with the quotient 1/(a+4), and in float64 the polynomial too, corrected by what their
// roundings have left.
func (v vector) lowerTail(a reg.VecVirtual) reg.VecVirtual {
	four := v.filled(4)
	sum, error, large := v.reg(), v.reg(), v.reg()
	v.add(a, four, sum)
	v.max(four, a, large)
	v.min(four, a, error)
	v.sub(sum, large, large)
	v.sub(error, large, error) // a + 4 = sum + error
	w, rest := v.filled(1), v.filled(1)
	v.div(w, sum, w)
	v.fnma(w, sum, rest)
	v.fnma(w, error, rest)
	v.mul(w, rest, rest) // 1/(a+4) = w + rest
	u, p, h := v.filled(1), v.reg(), v.reg()
	v.fnma(v.constant(8), w, u)
	v.fnma(v.constant(8), rest, u) // (a−4)/(a+4)
	if terms := v.tailTerms(); v.elem == 8 {
		inner, first := v.reg(), v.constant(terms[0])
		v.polynomial(terms[1:], u, inner)
		v.move(inner, p)
		v.horner(first, u, p)
		v.sub(p, first, error)
		v.fnma(u, inner, error) // the polynomial is p − error
		v.mul(p, rest, h)
		v.fnma(error, w, h)
	} else {
		v.polynomial(terms, u, p)
		v.mul(p, rest, h)
	}
	v.fma(p, w, h)
	return h
}

// expOfMinus returns q and 2ⁿ with e^−(y−error) = (1+q)·2ⁿ for y ≥ 0. It destroys y.
func (v vector) expOfMinus(y, error reg.VecVirtual) (q reg.VecVirtual, n power) {
	v.or(v.signs(), y, y)
	n = v.reduceLn2(y, 2*v.bias())
	v.add(y, error, y)
	return v.expm1Reduced(y), n
}

// bell returns q and 2ⁿ with e^(−a·b) = (1+q)·2ⁿ. It destroys b.
func (v vector) bell(a, b reg.VecVirtual) (q reg.VecVirtual, n power) {
	product, error := v.reg(), v.reg()
	v.mul(a, b, product)
	v.move(product, error)
	v.fnma(a, b, error)
	return v.expOfMinus(product, error)
}

// below returns min(|x|, limit), NaN for NaN.
func (v vector) below(limit, x reg.VecVirtual) reg.VecVirtual {
	a := v.reg()
	v.and(v.magnitude(), x, a)
	v.min(limit, a, a)
	return a
}

// copyOf returns a register with the value of x.
func (v vector) copyOf(x reg.VecVirtual) reg.VecVirtual {
	r := v.reg()
	v.move(x, r)
	return r
}

// errorFunction emits x·p(x²) where |x| < ¾, else 1 − 2·e^(−x²)·h(√2·|x|) with the sign of x.
func errorFunction(v vector) function {
	// Of erf(√z)/√z for z < 9/16: minimax, to 2⁻²⁹ and 2⁻⁶⁰ of itself.
	terms := pick(v, []float64{
		0x1.20dd74p+0, -0x1.81273ap-2, 0x1.ce2ac8p-4, -0x1.b7a894p-6, 0x1.4f2c80p-8, -0x1.61de88p-11,
	}, []float64{
		0x1.20dd750429b6dp+0, -0x1.812746b0379e0p-2, 0x1.ce2f21a042470p-4, -0x1.b82ce312556c8p-6,
		0x1.565bcd03117f9p-8, -0x1.c02db110bdf1dp-11, 0x1.f9a2ad7742e0cp-14, -0x1.f4c5b379e3de8p-17,
		0x1.b90cc46b64acep-20, -0x1.5641e0bbf0188p-23, 0x1.89e441885a377p-27,
	})
	limit := v.filled(6.5) // erf rounds to 1 before
	return func(x reg.VecVirtual) reg.VecVirtual {
		a := v.below(limit, x)
		v.and(v.signs(), x, x)
		square, inner, wide := v.reg(), v.reg(), v.reg()
		v.mul(a, a, square)
		v.polynomial(terms, square, inner)
		v.mul(a, inner, inner)
		v.mul(a, v.constant(math.Sqrt2), wide)
		h := v.lowerTail(wide)
		q, n := v.bell(a, v.copyOf(a))
		v.horner(h, h, q) // (1+q)·h
		v.scale(n, q)
		y := v.filled(1)
		v.fnma(v.constant(2), q, y)
		v.blend(v.compare(less, a, v.filled(0.75)), inner, y)
		v.or(x, y, y)
		return y
	}
}

// geluLimit is where x·Φ(x) rounds to 0 on the left and to x on the right.
func (v vector) geluLimit() reg.VecVirtual { return v.filled(pick(v, 14.5, 39.0)) }

// half returns x/2.
func (v vector) half(x reg.VecVirtual) reg.VecVirtual {
	r := v.reg()
	v.mul(x, v.constant(0.5), r)
	return r
}

// gelu emits x − a·Φ(−a) on the right and −a·Φ(−a) on the left, with a = |x|. The last step of the left is the scaling
// by 2ⁿ, so that results below the normal numbers are rounded once.
func gelu(v vector) function {
	limit := v.geluLimit()
	return func(x reg.VecVirtual) reg.VecVirtual {
		a := v.below(limit, x)
		h := v.lowerTail(a)
		q, n := v.bell(a, v.half(a))
		left, right := v.reg(), v.copyOf(x)
		if v.elem == 8 {
			left = v.product(a, h, q)
		}
		v.fma(q, h, h) // (1+q)·h
		if v.elem == 4 {
			v.mul(h, a, left)
		}
		v.scale(n, left)
		v.scale(n, h)
		v.fnma(a, h, right)
		v.or(v.signs(), left, left)
		v.blend(v.negative(x), left, right)
		return right
	}
}

// product returns a·h·(1+q), and takes the rounding error of a·h along.
func (v vector) product(a, h, q reg.VecVirtual) reg.VecVirtual {
	y, rest := v.reg(), v.reg()
	v.mul(h, a, y)
	v.move(y, rest)
	v.fnma(h, a, rest) // a·h = y − rest
	v.fma(q, rest, rest)
	more := v.copyOf(q)
	v.keepLess(rest, y, more)
	v.add(more, y, y)
	return y
}

// geluBackward emits the derivative d(−a) = e^(−a²/2)·(h(a) − a/√(2π)) on the left and 1 − d(−a) on the right.
func geluBackward(v vector) derivative {
	limit := v.geluLimit()
	return func(x, dy reg.VecVirtual) reg.VecVirtual {
		a := v.below(limit, x)
		h := v.lowerTail(a)
		q, n := v.bell(a, v.half(a))
		v.fnma(v.constant(1/math.Sqrt(2*math.Pi)), a, h)
		v.horner(h, h, q) // (1+q)·(h − a/√2π)
		v.scale(n, q)
		d := v.filled(1)
		v.sub(d, q, d)
		v.blend(v.negative(x), q, d)
		v.mul(dy, d, d)
		return d
	}
}

// The argument of geluTanh is u = a·(A + B·a²).
const (
	geluA = 2 * 0.79788456080286535587989211986876373695171726 // 2√(2/π)
	geluB = geluA * 0.044715

	geluALow = -9.9693088091109203e-17 // what float64 misses
	geluBLow = -6.1751499181553155e-19
)

// split returns x as an element and what that misses.
func (v vector) split(x, missing64 float64) (hi, lo float64) {
	if v.elem == 8 {
		return x, missing64
	}
	hi = float64(float32(x))
	return hi, x - hi
}

// cubic returns p and 2ⁿ with e^−u = p·2ⁿ, and a².
//
// A rounding error in u is an error of the result u times as large, so u is a sum of two numbers: each product leaves
// its rounding error by a fused multiplication, the sum by the method of Knuth.
func (v vector) cubic(a reg.VecVirtual) (p reg.VecVirtual, n power, square reg.VecVirtual) {
	aHi, aLo := v.split(geluA, geluALow)
	bHi, bLo := v.split(geluB, geluBLow)
	square = v.reg()
	v.mul(a, a, square)
	squareError := v.copyOf(square) // minus the error, as are the others
	v.fnma(a, a, squareError)
	b, w, back, error := v.reg(), v.reg(), v.reg(), v.reg()
	v.mul(square, v.constant(bHi), b)
	v.move(b, error)
	v.fnma(v.constant(bHi), square, error)
	v.fma(v.constant(bHi), squareError, error)
	v.fnma(v.constant(bLo), square, error)
	v.add(b, v.constant(aHi), w)
	v.sub(w, v.constant(aHi), back)
	v.sub(back, b, b)
	v.add(error, b, error)
	v.sub(w, back, back)
	v.sub(back, v.constant(aHi), back)
	v.add(error, back, error)
	v.sub(error, v.constant(aLo), error)
	u, minus := v.reg(), v.reg()
	v.mul(a, w, u)
	v.move(u, minus)
	v.fnma(a, w, minus)
	v.fma(a, error, minus)
	p, n = v.expOfMinus(u, minus)
	v.add(p, v.constant(1), p)
	return p, n, square
}

// cubicLimit is where geluTanh rounds to 0 on the left and to x on the right.
func (v vector) cubicLimit() reg.VecVirtual { return v.filled(pick(v, 11.0, 22.0)) }

// geluTanh emits x/(1 + e⁻ᵘ) on the right and −a·e⁻ᵘ/(1 + e⁻ᵘ) on the left, with a = |x| and u of a.
func geluTanh(v vector) function {
	limit := v.cubicLimit()
	return func(x reg.VecVirtual) reg.VecVirtual {
		a := v.below(limit, x)
		p, n, _ := v.cubic(a)
		return v.weighed(x, a, p, n)
	}
}

// weighed returns x/(1+e) on the right and −a·e/(1+e) on the left, with e = p·2ⁿ and a = |x|.
func (v vector) weighed(x, a, p reg.VecVirtual, n power) reg.VecVirtual {
	left := v.reg()
	v.mul(p, a, left)
	v.scale(n, left)
	v.or(v.signs(), left, left)
	v.scale(n, p)
	v.add(p, v.constant(1), p)
	v.blend(v.negative(x), left, x)
	v.div(x, p, x)
	return x
}

// geluTanhBackward emits, with e = e⁻ᵘ of a = |x| and t = 1 ± a·σ(∓u)·u', the derivative t/(1+e) on the right and
// t·e/(1+e) on the left.
func geluTanhBackward(v vector) derivative {
	limit := v.cubicLimit()
	return func(x, dy reg.VecVirtual) reg.VecVirtual {
		a := v.below(limit, x)
		p, n, slope := v.cubic(a)
		v.mul(slope, v.constant(3*geluB), slope)
		v.add(slope, v.constant(geluA), slope)
		v.mul(slope, a, slope)
		return v.weighedSlope(x, dy, slope, p, n)
	}
}

// weighedSlope returns, with e = p·2ⁿ and t = 1 ± slope·σ(∓u), the product of dy and t/(1+e) on the right, t·e/(1+e) on
// the left, for e = e⁻ᵘ and slope = a·u'.
func (v vector) weighedSlope(x, dy, slope, p reg.VecVirtual, n power) reg.VecVirtual {
	e, d := v.copyOf(p), v.reg()
	v.scale(n, e)
	v.add(e, v.constant(1), d)
	v.div(slope, d, slope) // slope·σ(u)
	right, left := v.filled(1), v.filled(1)
	v.fma(slope, e, right)
	v.sub(left, slope, left)
	v.mul(left, p, left)
	v.scale(n, left)
	v.blend(v.negative(x), left, right)
	v.div(right, d, right)
	v.mul(dy, right, right)
	return right
}
