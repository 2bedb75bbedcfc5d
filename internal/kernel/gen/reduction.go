package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func init() { groups["reduction"] = reduction }

// chains is the number of parallel chains of a sum: kernel.Lanes.
const chains = 16

// reduction is the kernels that make one number of a slice.
func reduction(e *emitter) {
	e.kernel("sum", "x []T -> T", "returns Σ x in 16 chains.", func(v vector) {
		v.reduce([]string{"x"}, v.isa, func(in []reg.VecVirtual, sum []reg.VecVirtual) {
			v.add(sum[0], in[0], sum[0])
		})
	})
	e.kernel("dot", "x []T, y []T -> T", "returns Σ x·y in 16 chains.", func(v vector) {
		v.reduce([]string{"x", "y"}, v.isa, func(in []reg.VecVirtual, sum []reg.VecVirtual) {
			v.fma(in[0], in[1], sum[0])
		})
	})
	e.kernel("sumSquares", "x []T -> float64", "returns Σ x² in 16 chains of float64.", func(v vector) {
		d := v.double()
		v.reduce([]string{"x"}, d.isa, func(in []reg.VecVirtual, sum []reg.VecVirtual) {
			for i, w := range v.widen(in[0]) {
				d.fma(w, w, sum[i])
			}
		})
	})
	e.kernel("sumSquaresHalves", "x []T -> float64", "returns Σ x² over the first half of x plus that over the second, each in 16 chains of float64. A half is a multiple of 16.", func(v vector) {
		d := v.double()
		v.reduceHalves("x", d.isa, func(x reg.VecVirtual, sum []reg.VecVirtual) {
			for i, w := range v.widen(x) {
				d.fma(w, w, sum[i])
			}
		})
	})
	e.kernel("sumZeros", "x []T -> T", "returns Σ 0·x, which is NaN where an x is NaN or infinite.", func(v vector) {
		x, n, zero, sums := v.base("x"), v.length("x"), v.reg(), v.regs(4)
		v.zero(zero)
		for _, r := range sums {
			v.zero(r)
		}
		next := 0
		v.each(n, []reg.Register{x}, nil, len(sums), func(in []reg.VecVirtual) []reg.VecVirtual {
			v.fma(zero, in[0], sums[next%len(sums)])
			next++
			return nil
		})
		for len(sums) > chains/v.lanes() {
			half := len(sums) / 2
			for i := range half {
				v.add(sums[i], sums[i+half], sums[i])
			}
			sums = sums[:half]
		}
		v.result(v.joined(sums, v.add))
	})
	e.kernel("sumAbs", "x []T -> float64", "returns Σ |x| in 16 chains of float64.", func(v vector) {
		d := v.double()
		v.reduce([]string{"x"}, d.isa, func(in []reg.VecVirtual, sum []reg.VecVirtual) {
			v.and(v.constantBits(v.signBit()-1), in[0], in[0])
			for i, w := range v.widen(in[0]) {
				d.add(sum[i], w, sum[i])
			}
		})
	})
	e.kernel("penalizedSumSquares", "w []T, g []T, l1 T, l2 T -> float64", "returns Σ (g + l1·sign(w) + l2·w)² in 16 chains of float64.", func(v vector) {
		d, c := v.double(), v.coefficients("l1 l2")
		v.reduce([]string{"w", "g"}, d.isa, func(in []reg.VecVirtual, sum []reg.VecVirtual) {
			v.penalize(c, in[0], in[1])
			for i, w := range v.widen(in[1]) {
				d.fma(w, w, sum[i])
			}
		})
	})
}

// double is the vector of the same width with float64 elements.
func (v vector) double() vector { v.elem = 8; return v }

// widen converts a vector to float64: two registers of its lower and its upper lanes, or itself.
func (v vector) widen(x reg.VecVirtual) []reg.VecVirtual {
	if v.elem == 8 {
		return []reg.VecVirtual{x}
	}
	low, high := v.reg(), v.reg()
	if v.wide() {
		upper := v.YMM()
		v.VEXTRACTF64X4(operand.U8(1), x, upper)
		v.VCVTPS2PD(upper, high)
		v.VCVTPS2PD(x.AsY(), low)
	} else {
		upper := v.XMM()
		v.VEXTRACTF128(operand.U8(1), x, upper)
		v.VCVTPS2PD(upper, high)
		v.VCVTPS2PD(x.AsX(), low)
	}
	return []reg.VecVirtual{low, high}
}

// reduce is the whole of a kernel that sums terms of slices of one length, that of the first. The chains of 16 elements lie
// in registers of the type of sums; step adds the terms of one vector of inputs to those that hold their chains.
func (v vector) reduce(inputs []string, sums isa, step func(in, sum []reg.VecVirtual)) {
	n := v.length(inputs[0])
	var bases []reg.Register
	for _, name := range inputs {
		bases = append(bases, v.base(name))
	}
	s := v
	s.isa = sums
	chain := s.regs(chains / s.lanes())
	for _, r := range chain {
		s.zero(r)
	}
	perVector := v.lanes() / s.lanes() // registers of chains for one vector of elements
	group := chains / v.lanes()        // vectors in 16 elements
	pass := func(k int, load func(p reg.Register, dst operand.Op)) {
		in := v.regs(len(inputs))
		for i, p := range bases {
			load(p, in[i])
		}
		step(in, chain[k*perVector:(k+1)*perVector])
	}
	loop, rest, end := v.label("loop"), v.label("rest"), v.label("end")
	v.CMPQ(n, operand.I32(chains))
	v.JLT(operand.LabelRef(rest))
	v.Label(loop)
	for k := range group {
		pass(k, func(p reg.Register, dst operand.Op) { v.load(operand.Mem{Base: p, Disp: k * v.bytes}, dst) })
	}
	for _, p := range bases {
		v.ADDQ(operand.I32(chains*v.elem), p)
	}
	v.SUBQ(operand.I32(chains), n)
	v.CMPQ(n, operand.I32(chains))
	v.JGE(operand.LabelRef(loop))
	v.Label(rest)
	for k := range group { // fewer than 16 elements: whole vectors while there are, then one in part
		part := v.label("part")
		if k < group-1 {
			v.CMPQ(n, operand.I32(v.lanes()))
			v.JLT(operand.LabelRef(part))
			pass(k, func(p reg.Register, dst operand.Op) { v.load(operand.Mem{Base: p}, dst) })
			for _, p := range bases {
				v.ADDQ(operand.I32(v.bytes), p)
			}
			v.SUBQ(operand.I32(v.lanes()), n)
			next := v.label("next")
			v.JMP(operand.LabelRef(next))
			v.Label(part)
			v.reduceTail(n, end, func(t tail) {
				pass(k, func(p reg.Register, dst operand.Op) { v.loadTail(operand.Mem{Base: p}, t, dst) })
			})
			v.JMP(operand.LabelRef(end))
			v.Label(next)
			continue
		}
		v.reduceTail(n, end, func(t tail) {
			pass(k, func(p reg.Register, dst operand.Op) { v.loadTail(operand.Mem{Base: p}, t, dst) })
		})
	}
	v.Label(end)
	s.result(s.joined(chain, s.add))
}

// reduceTail runs body with the mask of the last n elements, or goes to end when there are none.
func (v vector) reduceTail(n reg.Register, end string, body func(t tail)) {
	v.TESTQ(n, n)
	v.JZ(operand.LabelRef(end))
	body(v.tailOf(n))
}

// reduceHalves is the whole of a kernel that sums terms of the halves of a slice side by side: twice as many chains wait
// for twice as many additions. step adds the terms of one vector to the registers that hold their chains.
func (v vector) reduceHalves(input string, sums isa, step func(x reg.VecVirtual, sum []reg.VecVirtual)) {
	n, base, second := v.length(input), v.base(input), v.GP64()
	v.SHRQ(operand.U8(1), n)
	v.LEAQ(operand.Mem{Base: base, Index: n, Scale: uint8(v.elem)}, second)
	s := v
	s.isa = sums
	var chain [2][]reg.VecVirtual
	for half := range chain {
		chain[half] = s.regs(chains / s.lanes())
		for _, r := range chain[half] {
			s.zero(r)
		}
	}
	perVector := v.lanes() / s.lanes()
	v.whileAtLeast(n, chains, func() {
		for half, p := range []reg.Register{base, second} {
			for k := range chains / v.lanes() {
				x := v.reg()
				v.load(operand.Mem{Base: p, Disp: k * v.bytes}, x)
				step(x, chain[half][k*perVector:(k+1)*perVector])
			}
			v.ADDQ(operand.I32(chains*v.elem), p)
		}
	})
	first, last := s.joined(chain[0], s.add), s.joined(chain[1], s.add)
	s.add(first.AsX(), last.AsX(), first.AsX())
	s.result(first)
}
