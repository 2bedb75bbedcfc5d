package main

import (
	"fmt"
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
	e.kernel("softmaxBackward", "dx []T, y []T, dy []T, n int", "computes dx = y·(dy − Σ dy·y) of each row. Shapes: dx, y, dy [rows n], rows > 0.", softmaxBackward)
	e.kernel("crossEntropy", "dx []T, x []T, class []int32, stats []T, n int, scale T",
		"computes dx = scale·(softmax(x) − [j = class]) of each row, and what its loss is made of. Shapes: dx, x [rows n], class [rows], stats [rows 3].",
		func(v vector) { crossEntropy(v, true) })
	e.kernel("crossEntropyLoss", "x []T, class []int32, stats []T, n int", "is crossEntropy without dx.",
		func(v vector) { crossEntropy(v, false) })
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
		factor := v.quotient(v.constant(1).Mem, v.joined(sum, v.add))
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
		factor := v.quotient(v.constant(1).Mem, v.joined(p, v.add))
		for k := range p {
			v.mul(factor, p[k], p[k])
			g.store(p[k], dst, k)
		}
	})
	v.ret()
}

func softmaxBackward(v vector) {
	dx, y, dy := v.base("dx"), v.base("y"), v.base("dy")
	r := v.rowOf(v.Load(v.Param("n"), v.GP64()).(reg.GPVirtual))
	r.eachRow("y", []reg.Register{y, dx, dy}, func() {
		dot := v.copies(r.vectors(), 0)
		r.groups(func(g group) {
			for k := range dot {
				v.fma(g.load(dy, k, 0), g.load(y, k, 0), dot[k])
			}
		})
		s := v.spread(v.joined(dot, v.add))
		r.groups(func(g group) {
			for k := range dot {
				d := g.load(dy, k, 0)
				v.sub(d, s, d)
				v.mul(d, g.load(y, k, 0), d)
				g.store(d, dx, k)
			}
		})
	})
	v.ret()
}

// crossEntropy emits the loss of each row, and with gradient dx too; stats holds three numbers of each row:
//
//	Σ e^(x_j−m) over j ≠ k, e^(x_k−m) and m
//
// with k the class of the row and m its largest element. The term of k stays apart, so that neither the loss nor the
// gradient of a prediction that is nearly right is the difference of numbers near 1.
func crossEntropy(v vector, gradient bool) {
	x, class, stats := v.base("x"), v.base("class"), v.base("stats")
	pointers := []reg.Register{x}
	var dx reg.Register
	if gradient {
		dx = v.base("dx")
		pointers = append(pointers, dx)
	}
	r := v.rowOf(v.Load(v.Param("n"), v.GP64()).(reg.GPVirtual))
	lo, _ := v.expRange()
	low := v.filled(lo)
	r.eachRow("x", pointers, func() {
		m := r.maxOf(x)
		k := v.GP64()
		v.MOVLQSX(operand.Mem{Base: class}, k)
		v.ADDQ(operand.I32(4), class)
		others, own, target := v.copies(r.vectors(), 0), v.filled(0), v.fromInteger(k)
		r.groups(func(g group) {
			for i := range others {
				p := v.expOfDifference(g.load(x, i, 0), m, low)
				g.clear(p, i)
				if gradient {
					g.store(p, dx, i)
				}
				other := v.reg()
				v.keep(v.compare(notEqual, target, v.counting(i)), p, other)
				v.add(others[i], other, others[i])
				v.sub(p, other, p)
				v.add(own, p, own)
			}
			v.sub(target, v.constant(chains), target)
		})
		rest, one, total := v.joined(others, v.add), v.joined([]reg.VecVirtual{own}, v.add), v.XMM()
		v.storeLowest(rest, operand.Mem{Base: stats})
		v.storeLowest(one, operand.Mem{Base: stats, Disp: v.elem})
		v.storeLowest(m, operand.Mem{Base: stats, Disp: 2 * v.elem})
		v.ADDQ(operand.I32(3*v.elem), stats)
		if !gradient {
			return
		}
		v.add(rest, one, total)
		factor := v.quotient(v.address("scale"), total)
		r.groups(func(g group) {
			for i := range others {
				p := g.load(dx, i, 0)
				v.mul(factor, p, p)
				g.store(p, dx, i)
			}
		})
		v.mul(rest, factor.AsX(), rest)
		v.xor(v.signs(), rest, rest)
		v.storeLowest(rest, at(dx, k, uint8(v.elem), 0))
	})
	v.ret()
}

// storeLowest stores the lowest lane.
func (v vector) storeLowest(x reg.VecVirtual, m operand.Op) { pick(v, v.VMOVSS, v.VMOVSD)(x.AsX(), m) }

// fromInteger fills a vector with an integer.
func (v vector) fromInteger(k reg.Register) reg.VecVirtual {
	x := v.XMM()
	v.VXORPS(x, x, x)
	pick(v, v.VCVTSI2SSQ, v.VCVTSI2SDQ)(k, x, x)
	return v.spread(x)
}

// counting is the numbers of the lanes of vector i of a group, from 0 in its first.
func (v vector) counting(i int) operand.Mem {
	words := make([]operand.Constant, v.lanes())
	for l := range words {
		words[l], _ = v.bitsOf(float64(i*v.lanes() + l))
	}
	return v.data(fmt.Sprintf("counting%d%s%d", v.elem*8, v.name, i), words)
}

// address is where a scalar parameter lies.
func (e *emitter) address(name string) operand.Mem {
	c, err := e.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return c.Addr
}
