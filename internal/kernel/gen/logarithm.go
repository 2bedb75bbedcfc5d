package main

import (
	"math"

	"github.com/mmcloughlin/avo/reg"
)

func init() {
	groups["logarithm"] = func(e *emitter) { e.function("log", "computes dst = ln x.", logarithm) }
}

// logarithm emits ln x = k·ln 2 + ln(1+f) for x = 2ᵏ·(1+f), √½ < 1+f < √2, with
//
//	ln(1+f) = f − f²/2 + s·(f²/2 + r(s²)), s = f/(2+f)
//
// after FreeBSD's msun, whose polynomials these are.
func logarithm(v vector) function {
	normal := math.Exp2(float64(1 - v.bias()))
	lift := float64(v.mantissa() + 1)
	return func(x reg.VecVirtual) reg.VecVirtual {
		// A number below the normal ones is multiplied by 2^lift.
		f, k := v.copyOf(x), v.reg()
		offset := v.filled(0)
		small := v.compare(less, x, v.filled(normal))
		lifted := v.reg()
		v.mul(x, v.constant(math.Exp2(lift)), lifted)
		v.blend(small, lifted, f)
		v.blend(small, v.filled(lift), offset)
		// The exponent counts from √½, with 2·bias added to keep it positive; it is read as a number below 2^mantissa.
		half := v.constantBits(v.bits(math.Sqrt2 / 2))
		v.subBits(f, half, f)
		v.addBits(f, v.constantBits(uint64(v.bias())<<v.mantissa()), k)
		v.right(v.mantissa(), k, k)
		v.or(v.constant(math.Exp2(float64(v.mantissa()))), k, k)
		v.sub(k, v.constant(math.Exp2(float64(v.mantissa()))+float64(v.bias())), k)
		v.sub(k, offset, k)
		v.and(v.constantBits(1<<v.mantissa()-1), f, f)
		v.addBits(f, half, f)
		v.sub(f, v.constant(1), f)

		v.logReduced(f, k)
		// 0, negative numbers, and what has no logarithm but itself
		v.blend(v.compare(less, x, v.filled(0)), v.filled(math.NaN()), f)
		v.blend(v.compare(equal, x, v.filled(0)), v.filled(math.Inf(-1)), f)
		v.blend(v.compare(notLess, x, v.filled(math.Inf(1))), x, f)
		return f
	}
}

// logReduced computes f = k·ln 2 + ln(1+f) for √½ − 1 < f < √2 − 1.
func (v vector) logReduced(f, k reg.VecVirtual) {
	terms := pick(v, []float64{
		0xaaaaaap-24, 0xccce13p-25, 0x91e9eep-25, 0xf89e26p-26,
	}, []float64{
		6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
		1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01,
	})
	ln2Hi, ln2Lo := pick(v, 6.9313812256e-01, 6.93147180369123816490e-01), pick(v, 9.0580006145e-06, 1.90821492927058770002e-10)
	s, z, r, square := v.reg(), v.reg(), v.reg(), v.reg()
	v.add(f, v.constant(2), s)
	v.div(f, s, s)
	v.mul(s, s, z)
	v.polynomial(terms, z, r)
	v.mul(r, z, r)
	v.mul(f, v.constant(0.5), square)
	v.mul(square, f, square)
	v.add(r, square, r)
	v.mul(r, s, r)
	v.fma(v.constant(ln2Lo), k, r)
	v.sub(square, r, square)
	v.sub(f, square, f)
	v.fma(v.constant(ln2Hi), k, f)
}

// bits is an element as an integer.
func (v vector) bits(x float64) uint64 {
	if v.elem == 4 {
		return uint64(math.Float32bits(float32(x)))
	}
	return math.Float64bits(x)
}
