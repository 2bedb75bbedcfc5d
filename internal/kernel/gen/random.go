package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func init() { groups["random"] = random }

// The numbers of SplitMix64, as in kernel.Mix.
const (
	gamma = 0x9e3779b97f4a7c15
	mix1  = 0xbf58476d1ce4e5b9
	mix2  = 0x94d049bb133111eb
)

// random is the kernels that draw from the counter-based generator.
func random(e *emitter) {
	e.kernel("dropout", "dst []T, x []T, key uint64, dropped int64, scale T",
		"computes dst[i] = 0·x[i] where the upper 53 bits of Mix(key + i·γ) are at most dropped, else scale·x[i].", func(v vector) {
			w := v.double() // of the random words
			last, scale, step := w.word("dropped"), v.scalar("scale"), w.reg()
			counters := v.counters("key")
			w.load(w.constantBits(gammaTimes(v.lanes())), step)
			v.elements([]string{"x"}, []string{"dst"}, func(in []reg.VecVirtual) []reg.VecVirtual {
				factor := v.survivors(counters, last, scale)
				for _, c := range counters {
					v.VPADDQ(step, c, c)
				}
				v.mul(factor, in[0], in[0])
				return in
			})
		})
}

// word loads a parameter of 8 bytes into every lane.
func (v vector) word(name string) reg.VecVirtual {
	r := v.reg()
	c, err := v.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	v.VPBROADCASTQ(c.Addr, r)
	return r
}

// counters returns key + i·γ for as many i as a vector has lanes, in one register or two.
func (v vector) counters(key string) []reg.VecVirtual {
	words := make([]operand.Constant, 16)
	for i := range words {
		words[i] = operand.U64(gammaTimes(i))
	}
	table := v.data("counters", words)
	w := v.double()
	first := w.word(key)
	all := w.regs(v.lanes() / w.lanes())
	for k, r := range all {
		v.VPADDQ(table.Offset(k*v.bytes), first, r)
	}
	return all
}

// survivors returns scale in the lanes whose random word, without its lowest 11 bits, is greater than last, else 0.
func (v vector) survivors(counters []reg.VecVirtual, last, scale reg.VecVirtual) reg.VecVirtual {
	w, factor := v.double(), v.reg()
	var masks []reg.Register
	for _, c := range counters {
		z := w.mix(c)
		w.VPSRLQ(operand.U8(11), z, z)
		if w.wide() {
			k := w.K()
			w.VPCMPGTQ(last, z, k)
			masks = append(masks, k)
		} else {
			w.VPCMPGTQ(last, z, z)
			masks = append(masks, z)
		}
	}
	if v.wide() {
		mask := masks[0]
		if len(masks) == 2 {
			mask = v.K()
			v.KUNPCKBW(masks[0], masks[1], mask)
		}
		pick(v, v.VMOVAPS_Z, v.VMOVAPD_Z)(scale, mask, factor)
		return factor
	}
	mask := masks[0]
	if len(masks) == 2 { // of each mask of 8 bytes, the lower 4
		mask = v.YMM()
		v.VSHUFPS(operand.U8(0x88), masks[1], masks[0], mask)
		v.VPERMQ(operand.U8(0xd8), mask, mask)
	}
	v.and(mask, scale, factor)
	return factor
}

// mix returns the output mixer of SplitMix64 of z.
func (v vector) mix(z reg.VecVirtual) reg.VecVirtual {
	a, b := v.reg(), v.reg()
	shifted := func(bits uint64, from, dst reg.VecVirtual) { // dst = from ^ from>>bits
		t := v.reg()
		v.VPSRLQ(operand.U8(bits), from, t)
		v.xor(t, from, dst)
	}
	shifted(30, z, a)
	v.mul64(mix1, a, b)
	shifted(27, b, a)
	v.mul64(mix2, a, b)
	shifted(31, b, a)
	return a
}

// mul64 computes dst = c·a modulo 2⁶⁴. AVX2 multiplies halves: c₀a₀ + 2³²(c₀a₁ + c₁a₀).
func (v vector) mul64(c uint64, a, dst reg.VecVirtual) {
	if v.wide() {
		v.emit(v.VPMULLQ, v.VPMULLQ_BCST, v.constantBits(c), a, dst)
		return
	}
	high, part := v.reg(), v.reg()
	v.VPSRLQ(operand.U8(32), a, high)
	v.VPMULUDQ(v.constantBits(c).Mem, high, high)
	v.VPMULUDQ(v.constantBits(c>>32).Mem, a, part)
	v.VPADDQ(part, high, high)
	v.VPSLLQ(operand.U8(32), high, high)
	v.VPMULUDQ(v.constantBits(c).Mem, a, dst)
	v.VPADDQ(high, dst, dst)
}

// gammaTimes returns n·γ modulo 2⁶⁴.
func gammaTimes(n int) uint64 {
	g := uint64(gamma)
	return uint64(n) * g
}
