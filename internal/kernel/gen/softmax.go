package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func init() { groups["softmax"] = softmax }

// softmax is the kernels that need the largest element of a row.
//
// Where the largest is looked for in order to subtract it, NaN is passed over: it turns up in the exponentials.
func softmax(e *emitter) {
	e.kernel("max", "x []T -> T", "returns the largest element, NaN where there is one. x must not be empty.", largest)
	e.kernel("softmax", "dst []T, x []T, n int", "computes e^(x−m)/Σ e^(x−m) of each row, m its largest. Shapes: dst, x [rows n], rows > 0.", softmaxWide)
	e.kernel("softmaxNarrow", "dst []T, x []T, n int", "is softmax for rows of at most 16 elements.", softmaxNarrow)
}

func largest(v vector) {
	x := v.base("x")
	r := v.rowOf(v.length("x").(reg.GPVirtual))
	m := v.copies(r.vectors(), math.Inf(-1))
	nan := v.none()
	r.groups(func(g group) {
		for k := range m {
			x := g.load(x, k, math.Inf(-1))
			v.unite(nan, v.compare(unordered, x, x))
			v.max(x, m[k], m[k])
		}
	})
	clean := v.label("clean")
	v.jumpIfNone(nan, clean)
	v.load(v.constant(math.NaN()), m[0])
	v.result(m[0])
	v.Label(clean)
	v.result(v.joined(m, v.max))
}

// none is a mask of no lane, that grows by unite.
func (v vector) none() mask {
	if v.wide() {
		zero, k := v.GP32(), v.K()
		v.XORL(zero, zero)
		v.KMOVW(zero, k)
		return mask{k}
	}
	return mask{v.filled(0)}
}

// unite adds the lanes of other to m.
func (v vector) unite(m, other mask) {
	if v.wide() {
		v.KORW(other.op, m.op, m.op)
	} else {
		v.or(other.op, m.op, m.op)
	}
}

// jumpIfNone goes to a label if m has no lane.
func (v vector) jumpIfNone(m mask, label string) {
	bits := v.GP32()
	if v.wide() {
		v.KMOVW(m.op, bits)
	} else {
		pick(v, v.VMOVMSKPS, v.VMOVMSKPD)(m.op, bits)
	}
	v.TESTL(bits, bits)
	v.JZ(operand.LabelRef(label))
}

// eachRow emits a loop over the rows at the pointers, which it moves; the first belongs to the slice with that name.
func (r row) eachRow(name string, pointers []reg.Register, body func()) {
	end, stride, loop := r.length(name), r.GP64(), r.label("row")
	r.LEAQ(at(pointers[0], end, uint8(r.elem), 0), end)
	r.IMUL3Q(operand.U8(r.elem), r.n, stride)
	r.Label(loop)
	body()
	for _, p := range pointers {
		r.ADDQ(stride, p)
	}
	r.CMPQ(pointers[0], end)
	r.JLT(operand.LabelRef(loop))
}

// expOfDifference returns e^(x−m) for x ≤ m; low is the least that expReduced takes. It destroys x.
func (v vector) expOfDifference(x, m, low reg.VecVirtual) reg.VecVirtual {
	v.sub(x, m, x)
	v.max(low, x, x)
	p, n := v.expReduced(x)
	v.scale(n, p)
	return p
}

// maxOf returns the largest element of the row at x in every lane.
func (r row) maxOf(x reg.Register) reg.VecVirtual {
	m := r.copies(r.vectors(), math.Inf(-1))
	r.groups(func(g group) {
		for k := range m {
			r.max(g.load(x, k, math.Inf(-1)), m[k], m[k])
		}
	})
	return r.spread(r.joined(m, r.max))
}

// reciprocal returns scale/x of the lowest lane in every lane.
func (v vector) quotient(a operand.Op, x reg.VecVirtual) reg.VecVirtual {
	q := v.XMM()
	pick(v, v.VMOVSS, v.VMOVSD)(a, q)
	pick(v, v.VDIVSS, v.VDIVSD)(x.AsX(), q, q)
	return v.spread(q)
}

func softmaxWide(v vector) {
	x, dst := v.base("x"), v.base("dst")
	r := v.rowOf(v.Load(v.Param("n"), v.GP64()).(reg.GPVirtual))
	lo, _ := v.expRange()
	low := v.filled(lo)
	r.eachRow("x", []reg.Register{x, dst}, func() {
		m := r.maxOf(x)
		sum := v.copies(r.vectors(), 0)
		r.groups(func(g group) {
			for k := range sum {
				p := v.expOfDifference(g.load(x, k, 0), m, low)
				g.clear(p, k)
				g.store(p, dst, k)
				v.add(sum[k], p, sum[k])
			}
		})
		factor := v.quotient(v.constant(1), v.joined(sum, v.add))
		r.groups(func(g group) {
			for k := range r.vectors() {
				p := g.load(dst, k, 0)
				v.mul(factor, p, p)
				g.store(p, dst, k)
			}
		})
	})
	v.ret()
}

func softmaxNarrow(v vector) {
	x, dst := v.base("x"), v.base("dst")
	r := v.narrowRowOf(v.Load(v.Param("n"), v.GP64()).(reg.GPVirtual))
	g := group{r, nil, true}
	lo, _ := v.expRange()
	low := v.filled(lo)
	r.eachRow("x", []reg.Register{x, dst}, func() {
		p := make([]reg.VecVirtual, r.vectors())
		for k := range p {
			p[k] = g.load(x, k, math.Inf(-1))
		}
		m := v.spread(v.joined(p, v.max))
		for k := range p {
			p[k] = v.expOfDifference(p[k], m, low)
			g.clear(p[k], k)
		}
		factor := v.quotient(v.constant(1), v.joined(p, v.add))
		for k := range p {
			v.mul(factor, p[k], p[k])
			g.store(p[k], dst, k)
		}
	})
	v.ret()
}
