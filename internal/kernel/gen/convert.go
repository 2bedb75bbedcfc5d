package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func init() { groups["convert"] = convert }

// convert is the kernels that make elements of numbers of other types. All go through float64.
func convert(e *emitter) {
	e.conversion("scaleBytes", "uint8", 1, func(v vector, m operand.Mem, dst reg.VecVirtual) {
		if v.wide() {
			n := v.YMM()
			v.VPMOVZXBD(m, n)
			v.VCVTDQ2PD(n, dst)
		} else {
			n := v.XMM()
			v.VPMOVZXBD(m, n)
			v.VCVTDQ2PD(n, dst)
		}
	}, func(v vector, m operand.Mem, dst reg.VecVirtual) {
		n := v.GP32()
		v.MOVBLZX(m, n)
		v.VXORPS(dst, dst, dst)
		v.VCVTSI2SDL(n, dst, dst)
	})
	e.conversion("scaleSingles", "float32", 4, func(v vector, m operand.Mem, dst reg.VecVirtual) {
		v.VCVTPS2PD(m, dst)
	}, func(v vector, m operand.Mem, dst reg.VecVirtual) {
		v.VXORPS(dst, dst, dst)
		v.VCVTSS2SD(m, dst, dst)
	})
	e.conversion("scaleDoubles", "float64", 8, func(v vector, m operand.Mem, dst reg.VecVirtual) {
		v.VMOVUPD(m, dst)
	}, func(v vector, m operand.Mem, dst reg.VecVirtual) {
		v.VMOVSD(m, dst)
	})
}

// conversion emits dst[i] = T(scale·float64(x[i])) for x of another type of size bytes. load reads as many numbers as a
// vector of float64 holds, loadOne a single one.
func (e *emitter) conversion(name, typ string, size int, load, loadOne func(v vector, m operand.Mem, dst reg.VecVirtual)) {
	e.kernel(name, "dst []T, x []"+typ+", scale float64", "computes dst[i] = T(scale·float64(x[i])).", func(v vector) {
		w := v.double()
		scale := w.scalar("scale")
		n, dst, x := v.length("x"), v.base("dst"), v.base("x")
		for _, count := range []int{4, 1} {
			v.whileAtLeast(n, count*w.lanes(), func() {
				for k := range count {
					r := w.reg()
					load(w, operand.Mem{Base: x, Disp: k * w.lanes() * size}, r)
					w.mul(scale, r, r)
					v.storeDoubles(r, operand.Mem{Base: dst, Disp: k * w.lanes() * v.elem})
				}
				v.ADDQ(operand.I32(count*w.lanes()*size), x)
				v.ADDQ(operand.I32(count*w.lanes()*v.elem), dst)
			})
		}
		v.whileAtLeast(n, 1, func() {
			r := v.XMM()
			loadOne(w, operand.Mem{Base: x}, r)
			v.VMULSD(scale.AsX(), r, r)
			if v.elem == 4 {
				v.VCVTSD2SS(r, r, r)
				v.VMOVSS(r, operand.Mem{Base: dst})
			} else {
				v.VMOVSD(r, operand.Mem{Base: dst})
			}
			v.ADDQ(operand.I32(size), x)
			v.ADDQ(operand.I32(v.elem), dst)
		})
		v.ret()
	})
}

// whileAtLeast emits a loop that runs while n is at least count, and takes count from n each time.
func (v vector) whileAtLeast(n reg.Register, count int, body func()) {
	loop, done := v.label("loop"), v.label("done")
	v.CMPQ(n, operand.I32(count))
	v.JLT(operand.LabelRef(done))
	v.Label(loop)
	body()
	v.SUBQ(operand.I32(count), n)
	v.CMPQ(n, operand.I32(count))
	v.JGE(operand.LabelRef(loop))
	v.Label(done)
}

// storeDoubles stores a vector of float64 as elements.
func (v vector) storeDoubles(src reg.VecVirtual, m operand.Mem) {
	switch {
	case v.elem == 8:
		v.store(src, m)
	case v.wide():
		half := v.YMM()
		v.VCVTPD2PS(src, half)
		v.VMOVUPS(half, m)
	default:
		half := v.XMM()
		v.VCVTPD2PSY(src, half)
		v.VMOVUPS(half, m)
	}
}
