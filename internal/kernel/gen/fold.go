package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// and, xor combine bits.
func (v vector) and(a, b, dst operand.Op) {
	v.emit(pick(v, v.VANDPS, v.VANDPD), pick(v, v.VANDPS_BCST, v.VANDPD_BCST), a, b, dst)
}

func (v vector) xor(a, b, dst operand.Op) {
	v.emit(pick(v, v.VXORPS, v.VXORPD), pick(v, v.VXORPS_BCST, v.VXORPD_BCST), a, b, dst)
}

// signBit is the sign of an element as an integer.
func (v vector) signBit() uint64 {
	if v.elem == 4 {
		return 1 << 31
	}
	return 1 << 63
}

// penalize computes g = l2·w + (g + l1·sign(w)), the last step rounded once. sign(±0) is 0; a NaN in w reaches g
// through its product with l2.
func (v vector) penalize(c coefficients, w, g reg.VecVirtual) {
	const notEqual = 4
	term, zero := v.reg(), v.reg()
	v.zero(zero)
	v.and(v.constantBits(v.signBit()), w, term)
	v.xor(c("l1"), term, term)
	if v.wide() {
		k := v.K()
		pick(v, v.VCMPPS, v.VCMPPD)(operand.U8(notEqual), zero, w, k)
		pick(v, v.VMOVAPS_Z, v.VMOVAPD_Z)(term, k, term)
	} else {
		pick(v, v.VCMPPS, v.VCMPPD)(operand.U8(notEqual), zero, w, zero)
		v.and(zero, term, term)
	}
	v.add(g, term, g)
	v.fma(c("l2"), w, g)
}

// fold computes g = factor·(l2·w + (g + l1·sign(w))).
func (v vector) fold(c coefficients, w, g reg.VecVirtual) {
	v.penalize(c, w, g)
	v.mul(c("factor"), g, g)
}
