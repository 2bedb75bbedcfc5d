package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func init() { groups["rows"] = rows }

// rows is the kernels of a matrix and a row of it.
func rows(e *emitter) {
	e.kernel("addRow", "y []T, b []T, rows int", "computes y[i, j] = y[i, j] + b[j]. Shapes: y [rows n], b [n].", addRow)
	e.kernel("sumRows", "db []T, dy []T, rows int", "computes db[j] = db[j] + Σ dy[i, j], row after row. Shapes: dy [rows n], db [n].", sumRows)
}

// addRow emits row after row, so that memory is walked in order.
func addRow(v vector) {
	n, b, y := v.length("b"), v.base("b"), v.base("y")
	rows := v.Load(v.Param("rows"), v.GP64())
	loop, narrow, done := v.label("rows"), v.label("narrow"), v.label("done")
	v.TESTQ(rows, rows)
	v.JZ(operand.LabelRef(done))
	v.CMPQ(n, operand.I32(v.lanes()))
	v.JLT(operand.LabelRef(narrow))
	v.Label(loop)
	p, left := v.GP64(), v.GP64()
	v.MOVQ(b, p)
	v.MOVQ(n, left)
	v.each(left, []reg.Register{y, p}, []reg.Register{y}, 4, func(in []reg.VecVirtual) []reg.VecVirtual {
		v.add(in[0], in[1], in[0])
		return in[:1]
	})
	// each leaves the pointers before the elements that its mask covers
	v.MOVQ(n, left)
	v.ANDQ(operand.I32(v.lanes()-1), left)
	v.LEAQ(operand.Mem{Base: y, Index: left, Scale: uint8(v.elem)}, y)
	v.DECQ(rows)
	v.JNZ(operand.LabelRef(loop))
	v.JMP(operand.LabelRef(done))

	v.Label(narrow)
	stride, count, row, x := v.GP64(), v.GP64(), v.reg(), v.reg()
	v.MOVQ(n, count)
	v.IMUL3Q(operand.U8(v.elem), n, stride)
	t := v.tailOf(count)
	v.loadTail(operand.Mem{Base: b}, t, row)
	next := v.label("next")
	v.Label(next)
	v.loadTail(operand.Mem{Base: y}, t, x)
	v.add(x, row, x)
	v.storeTail(x, t, operand.Mem{Base: y})
	v.ADDQ(stride, y)
	v.DECQ(rows)
	v.JNZ(operand.LabelRef(next))
	v.Label(done)
	v.ret()
}

// sumRows emits walks down the rows with the sums in registers: of eight vectors of columns, of one, of the rest.
func sumRows(v vector) {
	n, db, dy := v.length("db"), v.base("db"), v.base("dy")
	rows := v.Load(v.Param("rows"), v.GP64())
	stride := v.GP64()
	v.IMUL3Q(operand.U8(v.elem), n, stride)
	// columns sums count vectors of columns over all rows.
	columns := func(count int, load func(m, dst operand.Op), store func(src, m operand.Op)) {
		sum, p, left := v.regs(count), v.GP64(), v.GP64()
		for k, s := range sum {
			load(operand.Mem{Base: db, Disp: k * v.bytes}, s)
		}
		loop, done := v.label("rows"), v.label("summed")
		v.MOVQ(dy, p)
		v.MOVQ(rows, left)
		v.TESTQ(left, left)
		v.JZ(operand.LabelRef(done))
		v.Label(loop)
		for k, s := range sum {
			x := v.reg()
			load(operand.Mem{Base: p, Disp: k * v.bytes}, x)
			v.add(s, x, s)
		}
		v.ADDQ(stride, p)
		v.DECQ(left)
		v.JNZ(operand.LabelRef(loop))
		v.Label(done)
		for k, s := range sum {
			store(s, operand.Mem{Base: db, Disp: k * v.bytes})
		}
	}
	for _, count := range []int{8, 1} {
		loop, done := v.label("columns"), v.label("done")
		v.Label(loop)
		v.CMPQ(n, operand.I32(count*v.lanes()))
		v.JLT(operand.LabelRef(done))
		columns(count, v.load, v.store)
		v.ADDQ(operand.I32(count*v.bytes), db)
		v.ADDQ(operand.I32(count*v.bytes), dy)
		v.SUBQ(operand.I32(count*v.lanes()), n)
		v.JMP(operand.LabelRef(loop))
		v.Label(done)
	}
	end := v.label("end")
	v.TESTQ(n, n)
	v.JZ(operand.LabelRef(end))
	t := v.tailOf(n)
	columns(1, func(m, dst operand.Op) { v.loadTail(m, t, dst) }, func(src, m operand.Op) { v.storeTail(src, t, m) })
	v.Label(end)
	v.ret()
}
