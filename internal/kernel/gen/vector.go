package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A vector emits code for one instruction set and element type. Its methods name operations on whole vectors; each
// takes its sources first and its destination last, as the assembler does.
type vector struct {
	*emitter
	isa
}

func (v vector) wide() bool { return v.bytes == 64 }

// lanes is the number of elements of a vector.
func (v vector) lanes() int { return v.bytes / v.elem }

// reg returns a fresh vector register.
func (v vector) reg() reg.VecVirtual {
	if v.wide() {
		return v.ZMM()
	}
	return v.YMM()
}

// regs returns n fresh vector registers.
func (v vector) regs(n int) []reg.VecVirtual {
	all := make([]reg.VecVirtual, n)
	for i := range all {
		all[i] = v.reg()
	}
	return all
}

// pick chooses the instruction for the element type: its float32 and its float64 form.
func pick[F any](v vector, single, double F) F {
	if v.elem == 4 {
		return single
	}
	return double
}

func (v vector) load(m, dst operand.Op) {
	v.emit(pick(v, v.VMOVUPS, v.VMOVUPD), pick(v, v.VBROADCASTSS, v.VBROADCASTSD), m, dst)
}
func (v vector) store(src, m operand.Op) { pick(v, v.VMOVUPS, v.VMOVUPD)(src, m) }
func (v vector) move(src, dst operand.Op) {
	pick(v, v.VMOVAPS, v.VMOVAPD)(src, dst)
}

// add, sub, mul, div compute dst = a OP b.
func (v vector) add(a, b, dst operand.Op) {
	v.emit(pick(v, v.VADDPS, v.VADDPD), pick(v, v.VADDPS_BCST, v.VADDPD_BCST), b, a, dst)
}

func (v vector) sub(a, b, dst operand.Op) {
	v.emit(pick(v, v.VSUBPS, v.VSUBPD), pick(v, v.VSUBPS_BCST, v.VSUBPD_BCST), b, a, dst)
}

func (v vector) mul(a, b, dst operand.Op) {
	v.emit(pick(v, v.VMULPS, v.VMULPD), pick(v, v.VMULPS_BCST, v.VMULPD_BCST), b, a, dst)
}

func (v vector) div(a, b, dst operand.Op) {
	v.emit(pick(v, v.VDIVPS, v.VDIVPD), pick(v, v.VDIVPS_BCST, v.VDIVPD_BCST), b, a, dst)
}

// sqrt computes dst = √a, correctly rounded.
func (v vector) sqrt(a, dst operand.Op) { pick(v, v.VSQRTPS, v.VSQRTPD)(a, dst) }

// fma computes dst = a·b + dst, rounded once; a may be memory.
func (v vector) fma(a, b, dst operand.Op) {
	v.emit(pick(v, v.VFMADD231PS, v.VFMADD231PD), pick(v, v.VFMADD231PS_BCST, v.VFMADD231PD_BCST), a, b, dst)
}

// fnma computes dst = dst − a·b, rounded once.
func (v vector) fnma(a, b, dst operand.Op) {
	v.emit(pick(v, v.VFNMADD231PS, v.VFNMADD231PD), pick(v, v.VFNMADD231PS_BCST, v.VFNMADD231PD_BCST), a, b, dst)
}

// horner computes dst = dst·x + c, rounded once: a step of a polynomial.
func (v vector) horner(c, x, dst operand.Op) {
	v.emit(pick(v, v.VFMADD213PS, v.VFMADD213PD), pick(v, v.VFMADD213PS_BCST, v.VFMADD213PD_BCST), c, x, dst)
}

// zero clears a register.
func (v vector) zero(dst operand.Op) { v.VXORPS(dst, dst, dst) }

// broadcast fills dst with the element at memory m, or with the lowest element of an X register.
func (v vector) broadcast(m, dst operand.Op) { pick(v, v.VBROADCASTSS, v.VBROADCASTSD)(m, dst) }

// scalar loads a scalar parameter into every lane.
func (v vector) scalar(name string) reg.VecVirtual {
	r := v.reg()
	c, err := v.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	v.broadcast(c.Addr, r)
	return r
}

// A tail is the mask of the first n lanes: a K register, or a vector of ones and zeros.
type tail struct{ mask operand.Op }

// tailOf returns the mask of the first n lanes, 0 < n < lanes. It destroys n.
func (v vector) tailOf(n reg.Register) tail {
	if v.wide() {
		ones, k := v.GP64(), v.K()
		v.MOVQ(operand.I64(-1), ones)
		v.BZHIQ(n, ones, ones)
		v.KMOVW(ones.As32(), k)
		return tail{k}
	}
	r, table := v.YMM(), v.GP64()
	v.LEAQ(v.maskTable(), table)
	v.IMUL3Q(operand.U8(v.elem), n, n)
	v.SUBQ(n, table)
	v.VMOVUPS(operand.Mem{Base: table, Disp: 32}, r)
	return tail{r}
}

// loadTail loads the lanes of the mask and clears the others; it reads nothing beyond them.
func (v vector) loadTail(m operand.Op, t tail, dst operand.Op) {
	if v.wide() {
		pick(v, v.VMOVUPS_Z, v.VMOVUPD_Z)(m, t.mask, dst)
	} else {
		pick(v, v.VMASKMOVPS, v.VMASKMOVPD)(m, t.mask, dst)
	}
}

// storeTail writes the lanes of the mask and nothing beyond them.
func (v vector) storeTail(src operand.Op, t tail, m operand.Op) {
	if v.wide() {
		pick(v, v.VMOVUPS, v.VMOVUPD)(src, t.mask, m)
	} else {
		pick(v, v.VMASKMOVPS, v.VMASKMOVPD)(src, t.mask, m)
	}
}

// each emits the loop of an elementwise kernel over n elements, n in a register that it destroys: unroll vectors at a
// time, then one, then the tail. step computes unroll results from what load gave: it is called with the registers of
// the inputs, one slice per vector of the iteration, and leaves the result in the registers that it returns, one per
// output. Each pointer is advanced in the loop, so no index is needed.
func (v vector) each(n reg.Register, inputs, outputs []reg.Register, unroll int, step func(in []reg.VecVirtual) []reg.VecVirtual) {
	pass := func(count int, load func(k int, p reg.Register, dst operand.Op), store func(k int, src operand.Op, p reg.Register)) {
		for k := range count {
			in := v.regs(len(inputs))
			for i, p := range inputs {
				load(k, p, in[i])
			}
			for i, r := range step(in) {
				store(k, r, outputs[i])
			}
		}
	}
	whole := func(count int) {
		pass(count,
			func(k int, p reg.Register, dst operand.Op) { v.load(operand.Mem{Base: p, Disp: k * v.bytes}, dst) },
			func(k int, src operand.Op, p reg.Register) { v.store(src, operand.Mem{Base: p, Disp: k * v.bytes}) })
		for _, p := range distinct(inputs, outputs) {
			v.ADDQ(operand.I32(count*v.bytes), p)
		}
		v.SUBQ(operand.I32(count*v.lanes()), n)
	}
	counts := []int{unroll, 1}
	if unroll == 1 {
		counts = counts[:1]
	}
	for _, count := range counts {
		loop, done := v.label("loop"), v.label("done")
		v.CMPQ(n, operand.I32(count*v.lanes()))
		v.JLT(operand.LabelRef(done))
		v.Label(loop)
		whole(count)
		v.CMPQ(n, operand.I32(count*v.lanes()))
		v.JGE(operand.LabelRef(loop))
		v.Label(done)
	}
	end := v.label("end")
	v.TESTQ(n, n)
	v.JZ(operand.LabelRef(end))
	t := v.tailOf(n)
	pass(1,
		func(_ int, p reg.Register, dst operand.Op) { v.loadTail(operand.Mem{Base: p}, t, dst) },
		func(_ int, src operand.Op, p reg.Register) { v.storeTail(src, t, operand.Mem{Base: p}) })
	v.Label(end)
}

func distinct(lists ...[]reg.Register) []reg.Register {
	var all []reg.Register
	for _, list := range lists {
		for _, r := range list {
			seen := false
			for _, s := range all {
				seen = seen || s == r
			}
			if !seen {
				all = append(all, r)
			}
		}
	}
	return all
}

// ret leaves the function in a state in which older vector code runs at full speed.
func (v vector) ret() {
	v.VZEROUPPER()
	v.RET()
}
