package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The operations that functions of an element need beyond arithmetic. As in vector, sources come first and the
// destination last.

// max and min return b where either is NaN or both are 0.
func (v vector) max(a, b, dst operand.Op) {
	v.emit(pick(v, v.VMAXPS, v.VMAXPD), pick(v, v.VMAXPS_BCST, v.VMAXPD_BCST), b, a, dst)
}

func (v vector) min(a, b, dst operand.Op) {
	v.emit(pick(v, v.VMINPS, v.VMINPD), pick(v, v.VMINPS_BCST, v.VMINPD_BCST), b, a, dst)
}

// or combines bits; a may be memory.
func (v vector) or(a, b, dst operand.Op) {
	v.emit(pick(v, v.VORPS, v.VORPD), pick(v, v.VORPS_BCST, v.VORPD_BCST), a, b, dst)
}

// addBits, subBits, left and right are addition, subtraction and shifts of integers.
func (v vector) addBits(a, b, dst operand.Op) {
	v.emit(pick(v, v.VPADDD, v.VPADDQ), pick(v, v.VPADDD_BCST, v.VPADDQ_BCST), b, a, dst)
}

func (v vector) subBits(a, b, dst operand.Op) {
	v.emit(pick(v, v.VPSUBD, v.VPSUBQ), pick(v, v.VPSUBD_BCST, v.VPSUBQ_BCST), b, a, dst)
}

func (v vector) left(n int, a, dst operand.Op) { pick(v, v.VPSLLD, v.VPSLLQ)(operand.U8(n), a, dst) }

func (v vector) right(n int, a, dst operand.Op) {
	pick(v, v.VPSRLD, v.VPSRLQ)(operand.U8(n), a, dst)
}

// mantissa is the number of bits below the exponent, bias what the exponent of 1 is stored as.
func (v vector) mantissa() int { return pick(v, 23, 52) }
func (v vector) bias() int     { return pick(v, 127, 1023) }

// signs and magnitude are masks of the sign and of all other bits.
func (v vector) signs() constant     { return v.constantBits(v.signBit()) }
func (v vector) magnitude() constant { return v.constantBits(v.signBit() - 1) }

// predicates of compare; an unordered pair counts as the name says.
const (
	equal           = 0x00
	notEqual        = 0x04 // true of NaN
	less            = 0x11
	notLess         = 0x15 // true of NaN
	greater         = 0x1e
	notLessEqual    = 0x16 // true of NaN
	notGreaterEqual = 0x19 // true of NaN
	unordered       = 0x03
)

// A mask is a K register, or a vector of ones and zeros.
type mask struct{ op operand.Op }

// compare returns the lanes where a PREDICATE b; b may be memory.
func (v vector) compare(predicate uint8, a, b operand.Op) mask {
	if v.wide() {
		k := v.K()
		v.emit(pick(v, v.VCMPPS, v.VCMPPD), pick(v, v.VCMPPS_BCST, v.VCMPPD_BCST), operand.U8(predicate), b, a, k)
		return mask{k}
	}
	r := v.reg()
	v.emit(pick(v, v.VCMPPS, v.VCMPPD), pick(v, v.VCMPPS_BCST, v.VCMPPD_BCST), operand.U8(predicate), b, a, r)
	return mask{r}
}

// negative returns the lanes whose sign bit is set.
func (v vector) negative(a operand.Op) mask {
	if v.wide() {
		k := v.K()
		pick(v, v.VPMOVD2M, v.VPMOVQ2M)(a, k)
		return mask{k}
	}
	return mask{a}
}

// blend computes dst = a in the lanes of m.
func (v vector) blend(m mask, a, dst operand.Op) {
	if v.wide() {
		pick(v, v.VMOVAPS, v.VMOVAPD)(a, m.op, dst)
	} else {
		pick(v, v.VBLENDVPS, v.VBLENDVPD)(m.op, a, dst, dst)
	}
}

// keep computes dst = a in the lanes of m, 0 in the others.
func (v vector) keep(m mask, a, dst operand.Op) {
	if v.wide() {
		pick(v, v.VMOVAPS_Z, v.VMOVAPD_Z)(a, m.op, dst)
	} else {
		v.and(m.op, a, dst)
	}
}

// polynomial computes dst = c₀ + c₁x + c₂x² + …, by Horner's rule with one rounding for each step.
func (v vector) polynomial(c []float64, x, dst operand.Op) {
	v.load(v.constant(c[len(c)-1]), dst)
	for i := len(c) - 2; i >= 0; i-- {
		v.horner(v.constant(c[i]), x, dst)
	}
}

// expTerms are the coefficients of (eʳ − 1 − r)/r² for |r| ≤ ½ ln 2: minimax, so that r + r²·p(r) is eʳ − 1 within
// 2⁻³² and 2⁻⁶¹ of itself.
func (v vector) expTerms() []float64 {
	return pick(v, []float64{
		0x1.000000p-1, 0x1.555556p-3, 0x1.5554aep-5, 0x1.111090p-7, 0x1.6d7486p-10, 0x1.a1a164p-13,
	}, []float64{
		0x1.0000000000000p-1, 0x1.5555555555559p-3, 0x1.555555555555ap-5, 0x1.111111110f6aep-7, 0x1.6c16c16c14463p-10,
		0x1.a01a01afe54a3p-13, 0x1.a01a01b0b1a5bp-16, 0x1.71ddf853494ddp-19, 0x1.27e4c5abb370ap-22,
		0x1.af5ebf94e92e4p-26, 0x1.1f955369a280fp-29,
	})
}

// A power is 2ⁿ for an integer n in each lane.
type power struct {
	n    reg.VecVirtual // as a number
	bits reg.VecVirtual // n + offset in the lowest bits; twelve zeros above them
}

// reduceLn2 computes r = x − n·ln 2 in the place of x, with n the integer next to x/ln 2.
//
// n·hi is exact, since hi ends in as many zeros as n has bits (Cody and Waite, "Software manual for the elementary
// functions", 1980). Adding 3·2^(mantissa−1) leaves the integer in the lowest bits.
func (v vector) reduceLn2(x reg.VecVirtual, offset int) power {
	hi := pick(v, 0x1.62e4p-1, 0x1.62e42fefa0000p-1)
	lo := pick(v, 0x1.7f7d1cp-20, 0x1.cf79abc9e3b3ap-40)
	shift := v.constant(1.5*math.Exp2(float64(v.mantissa())) + float64(offset))
	p := power{v.reg(), v.reg()}
	v.load(shift, p.bits)
	v.fma(v.constant(math.Log2E), x, p.bits)
	v.sub(p.bits, shift, p.n)
	v.fnma(v.constant(hi), p.n, x)
	v.fnma(v.constant(lo), p.n, x)
	return p
}

// expm1Reduced returns eʳ − 1 for |r| ≤ ½ ln 2.
func (v vector) expm1Reduced(r reg.VecVirtual) reg.VecVirtual {
	q, square := v.reg(), v.reg()
	v.polynomial(v.expTerms(), r, q)
	v.mul(r, r, square)
	v.horner(r, square, q)
	return q
}

// expm1 returns eˣ − 1 for x in a range in which 2ⁿ is a normal number. It destroys x.
func (v vector) expm1(x reg.VecVirtual) reg.VecVirtual {
	n := v.reduceLn2(x, v.bias())
	p, t := v.expm1Reduced(x), v.reg()
	v.left(v.mantissa(), n.bits, n.bits) // 2ⁿ
	v.sub(n.bits, v.constant(1), t)
	v.fma(n.bits, p, t)
	return t
}

// expReduced returns p and 2ⁿ with eˣ = p·2ⁿ and ½ < p < 2; x lies in a range of expRange. It destroys x.
func (v vector) expReduced(x reg.VecVirtual) (p reg.VecVirtual, n power) {
	n = v.reduceLn2(x, 2*v.bias())
	p = v.expm1Reduced(x)
	v.add(p, v.constant(1), p)
	return p, n
}

// expRange is where eˣ leaves the numbers: below lo it rounds to 0, above hi to ∞, and 2ⁿ is good for both.
func (v vector) expRange() (lo, hi float64) { return pick(v, -104.0, -746.0), pick(v, 89.0, 710.0) }

// scale computes p·2ⁿ, rounded once, for n from expReduced.
//
// Without the instruction of AVX-512, 2ⁿ is the product of two powers that both are normal numbers, the first of which
// is exact in p. Their stored exponents add up to n + 2·bias, which is what reduceLn2 left in the lowest bits.
func (v vector) scale(n power, p reg.VecVirtual) {
	if v.wide() {
		pick(v, v.VSCALEFPS, v.VSCALEFPD)(n.n, p, p)
		return
	}
	half, rest := v.reg(), v.reg()
	v.right(1, n.bits, half)
	v.subBits(n.bits, half, rest)
	v.left(v.mantissa(), half, half)
	v.left(v.mantissa(), rest, rest)
	v.mul(p, half, p)
	v.mul(p, rest, p)
}
