package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transposeKernel turns rows into columns, a square of registers at a time.
func transposeKernel(e *emitter) {
	e.kernel("transpose", "dst *T, ldd int, src *T, lds int, rows int, cols int",
		"writes dst[p·ldd+j] = src[j·lds+p] for p < cols and j < rows. There are no more rows than lanes, and at least one.",
		func(v vector) {
			t := transposer{vector: v}
			t.dst, t.ldd = v.Load(v.Param("dst"), v.GP64()), v.Load(v.Param("ldd"), v.GP64())
			t.src, t.lds = v.Load(v.Param("src"), v.GP64()), v.Load(v.Param("lds"), v.GP64())
			t.rows, t.cols = v.Load(v.Param("rows"), v.GP64()), v.Load(v.Param("cols"), v.GP64())
			v.SHLQ(operand.U8(v.shift()), t.ldd)
			v.SHLQ(operand.U8(v.shift()), t.lds)
			few := v.label("few")
			v.CMPQ(t.rows, operand.I32(v.lanes()))
			v.JL(operand.LabelRef(few))
			t.squares(func(columns []reg.VecVirtual, left reg.Register) { t.put(columns, left, v.store) })
			v.Label(few)
			t.squares(func(columns []reg.VecVirtual, left reg.Register) {
				n := v.GP64()
				v.MOVQ(t.rows, n)
				mask := v.tailOf(n)
				t.put(columns, left, func(src, dst operand.Op) { v.storeTail(src, mask, dst) })
			})
		})
}

// A transposer emits transposeKernel.
type transposer struct {
	vector
	dst, ldd, src, lds, rows, cols reg.Register
}

// squares walks the columns to the end of the function. put writes the columns of a square: all, or as many as left
// says.
func (t transposer) squares(put func(columns []reg.VecVirtual, left reg.Register)) {
	loop, last, done := t.label("loop"), t.label("last"), t.label("done")
	t.Label(loop)
	t.CMPQ(t.cols, operand.I32(t.lanes()))
	t.JL(operand.LabelRef(last))
	put(t.transposed(t.rowsOf(t.src, t.lds, t.rows, t.load)), nil)
	t.ADDQ(operand.I32(t.bytes), t.src)
	t.SUBQ(operand.I32(t.lanes()), t.cols)
	t.JMP(operand.LabelRef(loop))
	t.Label(last)
	t.TESTQ(t.cols, t.cols)
	t.JZ(operand.LabelRef(done))
	left := t.GP64()
	t.MOVQ(t.cols, left)
	mask := t.tailOf(t.cols)
	square := t.rowsOf(t.src, t.lds, t.rows, func(m, dst operand.Op) { t.loadTail(m, mask, dst) })
	put(t.transposed(square)[:t.lanes()-1], left)
	t.Label(done)
	t.ret()
}

// put writes columns below each other, and stops after left of them unless that is nil.
func (t transposer) put(columns []reg.VecVirtual, left reg.Register, store func(src, dst operand.Op)) {
	done := t.label("put")
	for _, column := range columns {
		store(column, at(t.dst, nil, 1, 0))
		t.ADDQ(t.ldd, t.dst)
		if left != nil {
			t.DECQ(left)
			t.JZ(operand.LabelRef(done))
		}
	}
	t.Label(done)
}

// rowsOf loads one vector of each row. The last row stands in for those that are not there, whose lanes nobody stores.
func (v vector) rowsOf(src, stride, rows reg.Register, load func(m, dst operand.Op)) []reg.VecVirtual {
	square := v.regs(v.lanes())
	row, below := v.GP64(), v.GP64()
	v.MOVQ(src, row)
	for i, r := range square {
		load(at(row, nil, 1, 0), r)
		if i+1 < len(square) {
			v.LEAQ(at(row, stride, 1, 0), below)
			v.CMPQ(rows, operand.I32(i+1))
			v.CMOVQGT(below, row)
		}
	}
	return square
}

// transposed turns a square of rows into its columns: first within 128 bits, where neighbouring rows are interleaved in
// ever larger units, then the 128-bit quarters are brought to their rows.
func (v vector) transposed(rows []reg.VecVirtual) []reg.VecVirtual {
	group := 16 / v.elem // elements of 128 bits
	if v.elem == 4 {
		rows = v.interleaved(rows, 1, v.VUNPCKLPS, v.VUNPCKHPS)
		rows = v.interleaved(rows, 2, v.VUNPCKLPD, v.VUNPCKHPD)
	} else {
		rows = v.interleaved(rows, 1, v.VUNPCKLPD, v.VUNPCKHPD)
	}
	out := make([]reg.VecVirtual, len(rows))
	for c := range group { // rows[g·group+c] holds columns c, group+c, 2·group+c, … of the rows of g
		if !v.wide() {
			out[c], out[group+c] = v.quarters(rows[c], rows[group+c], v.VPERM2F128, 0x20, 0x31)
			continue
		}
		even1, odd1 := v.quarters(rows[c], rows[group+c], v.shuffleQuarters, 0x88, 0xdd)
		even2, odd2 := v.quarters(rows[2*group+c], rows[3*group+c], v.shuffleQuarters, 0x88, 0xdd)
		out[c], out[2*group+c] = v.quarters(even1, even2, v.shuffleQuarters, 0x88, 0xdd)
		out[group+c], out[3*group+c] = v.quarters(odd1, odd2, v.shuffleQuarters, 0x88, 0xdd)
	}
	return out
}

// interleaved replaces each pair of rows that are distance apart by their interleaved lower and upper halves, which
// takes the columns of a unit to neighbouring rows.
func (v vector) interleaved(rows []reg.VecVirtual, distance int, lower, upper func(...operand.Op)) []reg.VecVirtual {
	out := v.regs(len(rows))
	for first := 0; first < len(rows); first += 2 * distance {
		for i := range distance {
			x, y := rows[first+i], rows[first+i+distance]
			lower(y, x, out[first+2*i])
			upper(y, x, out[first+2*i+1])
		}
	}
	return out
}

func (v vector) quarters(x, y reg.VecVirtual, shuffle func(i, y, x, dst operand.Op), first, second uint64) (a, b reg.VecVirtual) {
	a, b = v.reg(), v.reg()
	shuffle(operand.U8(first), y, x, a)
	shuffle(operand.U8(second), y, x, b)
	return a, b
}

func (v vector) shuffleQuarters(i, y, x, dst operand.Op) { v.VSHUFF32X4(i, y, x, dst) }

// copyKernel copies a block to another stride.
func copyKernel(e *emitter) {
	e.kernel("copyBlock", "dst *T, ldd int, src *T, lds int, rows int, cols int",
		"writes dst[i·ldd+j] = src[i·lds+j] for i < rows, j < cols.",
		func(v vector) {
			dst, ldd := v.Load(v.Param("dst"), v.GP64()), v.Load(v.Param("ldd"), v.GP64())
			src, lds := v.Load(v.Param("src"), v.GP64()), v.Load(v.Param("lds"), v.GP64())
			rows, cols := v.Load(v.Param("rows"), v.GP64()), v.Load(v.Param("cols"), v.GP64())
			v.SHLQ(operand.U8(v.shift()), ldd)
			v.SHLQ(operand.U8(v.shift()), lds)
			row, done := v.label("row"), v.label("done")
			v.Label(row)
			v.DECQ(rows)
			v.JL(operand.LabelRef(done))
			from, to, n := v.GP64(), v.GP64(), v.GP64()
			v.MOVQ(src, from)
			v.MOVQ(dst, to)
			v.MOVQ(cols, n)
			v.each(n, []reg.Register{from}, []reg.Register{to}, 2, func(in []reg.VecVirtual) []reg.VecVirtual { return in })
			v.ADDQ(ldd, dst)
			v.ADDQ(lds, src)
			v.JMP(operand.LabelRef(row))
			v.Label(done)
			v.ret()
		})
}
