package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowKernel is the product of one row and a matrix. It is bound by reading the matrix, which it does once, in order,
// several rows at a time.
func rowKernel(e *emitter) {
	e.kernel("gemmRow", "c []T, a *T, step int, b *T, ldb int, k int",
		"computes c[j] += Σ_p a[p·step]·b[p·ldb+j]; p ascends and each step is rounded once.",
		func(v vector) {
			r := rowProduct{vector: v, c: v.base("c"), a: v.Load(v.Param("a"), v.GP64()), b: v.Load(v.Param("b"), v.GP64())}
			r.step, r.ldb = v.Load(v.Param("step"), v.GP64()), v.Load(v.Param("ldb"), v.GP64())
			v.SHLQ(operand.U8(v.shift()), r.step)
			v.SHLQ(operand.U8(v.shift()), r.ldb)
			k := v.Load(v.Param("k"), v.GP64())
			for _, odd := range []uint8{2, 4} {
				m := v.GP64()
				v.LEAQ(at(r.ldb, r.ldb, odd, 0), m)
				r.odd = append(r.odd, m)
			}
			seven := v.GP64()
			v.LEAQ(at(r.odd[0], r.ldb, 4, 0), seven)
			r.odd = append([]reg.Register{r.ldb}, append(r.odd, seven)...)
			for _, rows := range []int{8, 1} {
				loop, done := v.label("rows"), v.label("done")
				v.Label(loop)
				v.CMPQ(k, operand.I32(rows))
				v.JL(operand.LabelRef(done))
				r.addRows(rows)
				v.SUBQ(operand.I32(rows), k)
				v.JMP(operand.LabelRef(loop))
				v.Label(done)
			}
			v.ret()
		})
}

// A rowProduct emits steps of rowKernel. odd holds 1, 3, 5 and 7 times ldb.
type rowProduct struct {
	vector
	c, a, step, b, ldb reg.Register
	odd                []reg.Register
}

// addRows adds the next rows of B to c, and moves on.
func (r rowProduct) addRows(rows int) {
	scale := r.regs(rows)
	for i := range rows {
		r.broadcast(at(r.a, nil, 1, 0), scale[i])
		r.ADDQ(r.step, r.a)
	}
	n, c, b := r.length("c"), r.GP64(), r.GP64()
	r.MOVQ(r.c, c)
	r.MOVQ(r.b, b)
	loop, last, done := r.label("vector"), r.label("last"), r.label("done")
	r.Label(loop)
	r.CMPQ(n, operand.I32(r.lanes()))
	r.JL(operand.LabelRef(last))
	sum := r.reg()
	r.load(at(c, nil, 1, 0), sum)
	for i := range rows {
		r.fma(r.element(b, i), scale[i], sum)
	}
	r.store(sum, at(c, nil, 1, 0))
	r.ADDQ(operand.I32(r.bytes), c)
	r.ADDQ(operand.I32(r.bytes), b)
	r.SUBQ(operand.I32(r.lanes()), n)
	r.JMP(operand.LabelRef(loop))
	r.Label(last)
	r.TESTQ(n, n)
	r.JZ(operand.LabelRef(done))
	mask, x := r.tailOf(n), r.reg()
	r.loadTail(at(c, nil, 1, 0), mask, sum)
	for i := range rows {
		r.loadTail(r.element(b, i), mask, x)
		r.fma(x, scale[i], sum)
	}
	r.storeTail(sum, mask, at(c, nil, 1, 0))
	r.Label(done)
	for range rows {
		r.ADDQ(r.ldb, r.b)
	}
}

// element is the memory of row i below b.
func (r rowProduct) element(b reg.Register, i int) operand.Mem {
	if i == 0 {
		return at(b, nil, 1, 0)
	}
	scale := i & -i
	return at(b, r.odd[i/scale/2], uint8(scale), 0)
}
