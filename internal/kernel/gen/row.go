package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A row is n elements that a kernel walks in groups of 16, the chains of a sum; the last group may be in part.
type row struct {
	vector
	n     reg.GPVirtual // elements
	whole reg.GPVirtual // bytes of whole groups
	rest  reg.GPVirtual // elements of the last group
	masks []mask        // of the vectors of the last group, with AVX-512
	table reg.GPVirtual // where their masks lie, with AVX2: one after the other
}

// rowOf prepares to walk rows of n elements.
func (v vector) rowOf(n reg.GPVirtual) row {
	r := row{vector: v, n: n, whole: v.GP64(), rest: v.GP64()}
	v.MOVQ(n, r.rest)
	v.ANDQ(operand.I32(chains-1), r.rest)
	v.MOVQ(n, r.whole)
	v.SUBQ(r.rest, r.whole)
	v.IMUL3Q(operand.U8(v.elem), r.whole, r.whole)
	r.maskRest(r.rest)
	return r
}

// narrowRowOf prepares for rows of at most 16 elements: a row is one last group.
func (v vector) narrowRowOf(n reg.GPVirtual) row {
	r := row{vector: v, n: n, rest: n}
	r.maskRest(n)
	return r
}

// vectors is the number of vectors in a group.
func (r row) vectors() int { return chains / r.lanes() }

func (r *row) maskRest(rest reg.GPVirtual) {
	if r.wide() {
		ones := r.GP64()
		r.MOVQ(operand.I64(-1), ones)
		r.BZHIQ(rest, ones, ones)
		for range r.vectors() {
			k := r.K()
			r.KMOVW(ones.As32(), k)
			r.SHRQ(operand.U8(r.lanes()), ones)
			r.masks = append(r.masks, mask{k})
		}
		return
	}
	bytes := r.GP64()
	r.table = r.GP64()
	r.LEAQ(r.groupMaskTable(), r.table)
	r.IMUL3Q(operand.U8(r.elem), rest, bytes)
	r.SUBQ(bytes, r.table)
}

// groupMaskTable is 16 elements of ones and 16 of zeros.
func (r row) groupMaskTable() operand.Mem {
	words := make([]operand.Constant, 2*chains)
	for i := range words {
		ones := uint64(0)
		if i < chains {
			ones = math.MaxUint64
		}
		words[i] = pick[operand.Constant](r.vector, operand.U32(uint32(ones)), operand.U64(ones))
	}
	return r.data(pick(r.vector, "singleMasks", "doubleMasks"), words)
}

// restMask is the mask of vector k of the last group.
func (r row) restMask(k int) mask {
	if r.wide() {
		return r.masks[k]
	}
	m := r.reg()
	r.VMOVUPS(operand.Mem{Base: r.table, Disp: chains*r.elem + k*r.bytes}, m)
	return mask{m}
}

// A group is 16 elements of a row, or its last.
type group struct {
	row
	index reg.Register // bytes before it; nil where it is the whole row
	part  bool
}

// groups emits a loop over the groups of a row.
func (r row) groups(body func(g group)) {
	i := r.GP64()
	loop, rest, end := r.label("group"), r.label("rest"), r.label("end")
	r.XORQ(i, i)
	r.CMPQ(i, r.whole)
	r.JGE(operand.LabelRef(rest))
	r.Label(loop)
	body(group{r, i, false})
	r.ADDQ(operand.I32(chains*r.elem), i)
	r.CMPQ(i, r.whole)
	r.JLT(operand.LabelRef(loop))
	r.Label(rest)
	r.TESTQ(r.rest, r.rest)
	r.JZ(operand.LabelRef(end))
	body(group{r, i, true})
	r.Label(end)
}

func (g group) at(base reg.Register, k int) operand.Mem { return at(base, g.index, 1, k*g.bytes) }

// load returns vector k of the group of the row at base, with fill where the row has ended.
func (g group) load(base reg.Register, k int, fill float64) reg.VecVirtual {
	x := g.reg()
	if !g.part {
		g.vector.load(g.at(base, k), x)
		return x
	}
	m := g.restMask(k)
	g.loadTail(g.at(base, k), tail{m.op}, x)
	if fill == 0 {
		return x
	}
	filled := g.filled(fill)
	g.blend(m, x, filled)
	return filled
}

// clear sets what lies beyond the row to 0.
func (g group) clear(x reg.VecVirtual, k int) {
	if g.part {
		g.keep(g.restMask(k), x, x)
	}
}

func (g group) store(x reg.VecVirtual, base reg.Register, k int) {
	if g.part {
		g.storeTail(x, tail{g.restMask(k).op}, g.at(base, k))
	} else {
		g.vector.store(x, g.at(base, k))
	}
}

// joined returns the 16 lanes of chain joined by op in a binary tree, halves onto halves, in the lowest lane.
func (v vector) joined(chain []reg.VecVirtual, op func(a, b, dst operand.Op)) reg.VecVirtual {
	for len(chain) > 1 {
		next := v.regs(len(chain) / 2)
		for i, r := range next {
			op(chain[i], chain[i+len(next)], r)
		}
		chain = next
	}
	half := v.YMM()
	if v.wide() {
		v.VEXTRACTF64X4(operand.U8(1), chain[0], half)
		op(chain[0].AsY(), half, half)
	} else {
		half = chain[0].(reg.VecVirtual).AsY().(reg.VecVirtual)
	}
	quarter, eighth := v.XMM(), v.XMM()
	v.VEXTRACTF128(operand.U8(1), half, quarter)
	op(half.AsX(), quarter, quarter)
	if v.elem == 8 {
		v.VUNPCKHPD(quarter, quarter, eighth)
		op(quarter, eighth, eighth)
		return eighth
	}
	last := v.XMM()
	v.VMOVHLPS(quarter, quarter, eighth)
	op(quarter, eighth, eighth)
	v.VMOVSHDUP(eighth, last)
	op(eighth, last, last)
	return last
}

// spread fills a vector with its lowest lane.
func (v vector) spread(x reg.VecVirtual) reg.VecVirtual {
	r := v.reg()
	v.broadcast(x.AsX(), r)
	return r
}

// result returns from the function with the lowest lane of x.
func (v vector) result(x reg.VecVirtual) {
	c, err := v.ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	pick(v, v.VMOVSS, v.VMOVSD)(x.AsX(), c.Addr)
	v.ret()
}

// copies fills n registers with x.
func (v vector) copies(n int, x float64) []reg.VecVirtual {
	all := make([]reg.VecVirtual, n)
	for i := range all {
		all[i] = v.filled(x)
	}
	return all
}
