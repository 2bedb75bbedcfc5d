package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// and, xor combine bits.
func (v vector) and(a, b, dst operand.Op) { pick(v, v.VANDPS, v.VANDPD)(a, b, dst) }
func (v vector) xor(a, b, dst operand.Op) { pick(v, v.VXORPS, v.VXORPD)(a, b, dst) }

// signBit is the sign of an element as an integer.
func (v vector) signBit() uint64 {
	if v.elem == 4 {
		return 1 << 31
	}
	return 1 << 63
}

// A penalty is the parameters l1 and l2 of a kernel: g + l1·sign(w) + l2·w.
type penalty struct {
	vector
	l1, l2 reg.VecVirtual
}

func (v vector) penalties() penalty { return penalty{v, v.scalar("l1"), v.scalar("l2")} }

// apply computes g = l2·w + (g + l1·sign(w)), the last step rounded once. sign(±0) is 0; a NaN in w reaches g through
// its product with l2.
func (p penalty) apply(w, g reg.VecVirtual) {
	const notEqual = 4
	term, zero := p.reg(), p.reg()
	p.zero(zero)
	p.and(p.constantBits(p.signBit()), w, term)
	p.xor(p.l1, term, term)
	if p.wide() {
		k := p.K()
		pick(p.vector, p.VCMPPS, p.VCMPPD)(operand.U8(notEqual), zero, w, k)
		pick(p.vector, p.VMOVAPS_Z, p.VMOVAPD_Z)(term, k, term)
	} else {
		pick(p.vector, p.VCMPPS, p.VCMPPD)(operand.U8(notEqual), zero, w, zero)
		p.and(zero, term, term)
	}
	p.add(g, term, g)
	p.fma(p.l2, w, g)
}
