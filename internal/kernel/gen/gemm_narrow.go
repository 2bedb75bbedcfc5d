package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// narrowKernel is the product of a row-major A and a B with few columns. The rows of C lie across the lanes: a square of A
// is transposed in registers, and then multiplied with the elements of B one by one.
func narrowKernel(e *emitter) {
	r := e.record(record{name: "narrowing", doc: "A narrowing is the work of gemmNarrow. Strides and steps count bytes. From stripA on it holds the variables of the\nassembly: addresses may lie behind the matrices, where a pointer must not point.", fields: []field{
		{"c", "unsafe.Pointer", "of Cᵀ, whose rows have room for whole vectors"},
		{"start", "unsafe.Pointer", "what the first row of Cᵀ starts from; nil where all start from what they hold"},
		{"startStep", "int", "to that of the next row"},
		{"a", "unsafe.Pointer", ""},
		{"b", "unsafe.Pointer", ""},
		{"ldc", "int", "from one row of Cᵀ to the next"},
		{"rowStep", "int", "between the rows of A"},
		{"ldb", "int", "between the elements of a column of B"},
		{"colStep", "int", "between the columns of B"},
		{"rows", "int", "of C, at least one"},
		{"cols", "int", "of C, at least one"},
		{"k", "int", ""},

		{"stripA", "uintptr", ""},
		{"stripC", "uintptr", ""},
		{"rowsLeft", "int", ""},
		{"square", "int", "from the beginning of a row of A to the square"},
		{"squareB", "uintptr", "where the elements of B begin that it meets"},
		{"squareStart", "uintptr", "start for the first square of a strip, then 0"},
		{"columnB", "uintptr", "where those of a column begin"},
		{"columnStart", "uintptr", "what its row of Cᵀ starts from"},
		{"kLeft", "int", ""},
		{"row", "[32]uintptr", "the rows of A in the strip; the last stands in for those that are not there"},
	}})
	e.wideKernel("gemmNarrow", "t *narrowing",
		"computes cᵀ[j, i] = start[j] + Σ_p a[i, p]·b[p, j], or adds the sum to cᵀ[j, i]; p ascends and each step is rounded once.",
		func(v vector) { newNarrow(v, r).emit() })
}

// The extents of the squares.
const (
	squareDepth = 8 // columns; there is a row for each lane
	below       = 2 // squares below each other: an element of B is read once for them
	together    = 4 // columns of B at once, whose chains overlap
)

// A narrow emits narrowKernel.
type narrow struct {
	recordVector
	ldb map[int]reg.Register // odd multiples
}

func newNarrow(v vector, r record) *narrow {
	n := &narrow{recordVector: v.given("t", r), ldb: map[int]reg.Register{}}
	n.ldb[1] = n.get("ldb")
	for odd := 3; odd < squareDepth; odd += 2 {
		n.ldb[odd] = v.GP64()
		v.LEAQ(at(n.ldb[max(1, odd-2)], n.ldb[1], 2, 0), n.ldb[odd])
	}
	return n
}

// strip is the number of rows that are worked on at once.
func (n *narrow) strip() int { return below * n.lanes() }

// emit walks the rows by as many as the squares have, and in each strip the squares, of which the last may be cut off.
func (n *narrow) emit() {
	strip, whole, last, next := n.label("strip"), n.label("whole"), n.label("last"), n.label("next")
	n.set("stripA", "a")
	n.set("stripC", "c")
	n.set("rowsLeft", "rows")
	n.Label(strip)
	n.MOVQ(operand.I32(0), n.slot("square"))
	n.set("squareB", "b")
	n.set("squareStart", "start")
	n.set("kLeft", "k")
	n.findRows()

	n.Label(whole)
	n.CMPQ(n.slot("kLeft"), operand.I32(squareDepth))
	n.JL(operand.LabelRef(last))
	n.columns(n.transposedSquares(nil), false)
	n.MOVQ(operand.I32(0), n.slot("squareStart"))
	n.ADDQ(operand.I32(squareDepth*n.elem), n.slot("square"))
	step := n.GP64()
	n.IMUL3Q(operand.I32(squareDepth), n.ldb[1], step)
	n.ADDQ(step, n.slot("squareB"))
	n.SUBQ(operand.I32(squareDepth), n.slot("kLeft"))
	n.JMP(operand.LabelRef(whole))

	n.Label(last)
	left := n.get("kLeft")
	n.TESTQ(left, left)
	n.JZ(operand.LabelRef(next))
	mask := n.tailOf(left)
	n.columns(n.transposedSquares(&mask), true)

	n.Label(next)
	strips := n.GP64()
	n.IMUL3Q(operand.I32(n.strip()), n.slot("rowStep"), strips)
	n.ADDQ(strips, n.slot("stripA"))
	n.ADDQ(operand.I32(below*n.bytes), n.slot("stripC"))
	n.SUBQ(operand.I32(n.strip()), n.slot("rowsLeft"))
	n.JG(operand.LabelRef(strip))
	n.ret()
}

// findRows finds the rows of a strip.
func (n *narrow) findRows() {
	row, next, rowStep, rows := n.get("stripA"), n.GP64(), n.get("rowStep"), n.get("rowsLeft")
	for i := range n.strip() {
		n.MOVQ(row, n.row(i))
		n.LEAQ(at(row, rowStep, 1, 0), next)
		n.CMPQ(rows, operand.I32(i+1))
		n.CMOVQGT(next, row)
	}
}

// row is the memory that holds where a row of the strip begins.
func (n *narrow) row(i int) operand.Mem { return n.slot("row").Offset(8 * i) }

// transposedSquares returns the columns of the squares. The mask, unless nil, says which of them there are.
func (n *narrow) transposedSquares(mask *tail) [][]reg.VecVirtual {
	square := n.get("square")
	load := func(row int, dst operand.Op) {
		begin := n.GP64()
		n.MOVQ(n.row(row), begin)
		if m := at(begin, square, 1, 0); mask == nil {
			n.load(m, dst)
		} else {
			n.loadTail(m, *mask, dst)
		}
	}
	all := make([][]reg.VecVirtual, below)
	for s := range all {
		first := s * n.lanes()
		if squareDepth < n.lanes() {
			all[s] = n.transposedPairs(func(row int, dst operand.Op) { load(first+row, dst) })
			continue
		}
		rows := n.regs(n.lanes())
		for i, r := range rows {
			load(first+i, r)
		}
		all[s] = n.transposed(rows)
	}
	return all
}

// transposedPairs is transposed for 16 rows of 8 elements. A register holds two rows, four apart, so that its quarters lie
// where the last step wants them.
func (n *narrow) transposedPairs(load func(row int, dst operand.Op)) []reg.VecVirtual {
	var rows []reg.VecVirtual
	for _, i := range []int{0, 1, 2, 3, 8, 9, 10, 11} {
		low, high, pair := n.YMM(), n.YMM(), n.reg()
		load(i, low)
		load(i+4, high)
		n.VINSERTF32X8(operand.U8(1), high, low.AsZ(), pair)
		rows = append(rows, pair)
	}
	rows = n.interleaved(rows, 1, n.VUNPCKLPS, n.VUNPCKHPS)
	rows = n.interleaved(rows, 2, n.VUNPCKLPD, n.VUNPCKHPD)
	out := make([]reg.VecVirtual, len(rows))
	for c := range 4 {
		out[c], out[4+c] = n.quarters(rows[c], rows[4+c], n.shuffleQuarters, 0x88, 0xdd)
	}
	return out
}

// columns adds the products of the squares to all rows of Cᵀ; cut says that they have kLeft columns.
func (n *narrow) columns(squares [][]reg.VecVirtual, cut bool) {
	c, cols := n.get("stripC"), n.get("cols")
	n.set("columnB", "squareB")
	n.set("columnStart", "squareStart")
	loop, one, done := n.label("columns"), n.label("column"), n.label("added")
	n.Label(loop)
	n.SUBQ(operand.I32(together), cols)
	n.JL(operand.LabelRef(one))
	n.addColumns(together, squares, cut, c)
	n.JMP(operand.LabelRef(loop))
	n.Label(one)
	n.CMPQ(cols, operand.I32(-together))
	n.JE(operand.LabelRef(done))
	n.DECQ(cols)
	n.addColumns(1, squares, cut, c)
	n.JMP(operand.LabelRef(one))
	n.Label(done)
}

// addColumns adds the products with some columns of B to as many rows of Cᵀ, and moves on.
func (n *narrow) addColumns(count int, squares [][]reg.VecVirtual, cut bool, c reg.Register) {
	sums := n.startColumns(count, c)
	b := []reg.Register{n.get("columnB")}
	for i := range count {
		next := n.GP64()
		n.MOVQ(b[i], next)
		n.ADDQ(n.slot("colStep"), next)
		b = append(b, next)
	}
	n.MOVQ(b[count], n.slot("columnB"))
	b = b[:count]
	element, done := n.reg(), n.label("summed")
	for p := range squareDepth {
		if cut && p > 0 {
			n.CMPQ(n.slot("kLeft"), operand.I32(p))
			n.JLE(operand.LabelRef(done))
		}
		for i := range b {
			n.broadcast(n.elementB(b[i], p), element)
			for s, sum := range sums[i] {
				n.fma(squares[s][p], element, sum)
			}
		}
	}
	n.Label(done)
	for i := range sums {
		for s, sum := range sums[i] {
			n.store(sum, at(c, nil, 1, s*n.bytes))
		}
		n.ADDQ(n.slot("ldc"), c)
	}
}

// startColumns returns what some rows of Cᵀ start from.
func (n *narrow) startColumns(count int, c reg.Register) [][]reg.VecVirtual {
	sums := make([][]reg.VecVirtual, count)
	for i := range sums {
		sums[i] = n.regs(below)
	}
	start, row := n.get("columnStart"), n.GP64()
	goesOn, started := n.label("goesOn"), n.label("started")
	n.TESTQ(start, start)
	n.JZ(operand.LabelRef(goesOn))
	for i := range sums {
		for _, sum := range sums[i] {
			n.broadcast(at(start, nil, 1, 0), sum)
		}
		n.ADDQ(n.slot("startStep"), start)
	}
	n.MOVQ(start, n.slot("columnStart"))
	n.JMP(operand.LabelRef(started))
	n.Label(goesOn)
	n.MOVQ(c, row)
	for i := range sums {
		for s, sum := range sums[i] {
			n.load(at(row, nil, 1, s*n.bytes), sum)
		}
		n.ADDQ(n.slot("ldc"), row)
	}
	n.Label(started)
	return sums
}

// elementB is the memory of element p < 8 of a column of B from b on, with p an odd number times 1, 2 or 4.
func (n *narrow) elementB(b reg.Register, p int) operand.Mem {
	if p == 0 {
		return at(b, nil, 1, 0)
	}
	scale := p & -p
	return at(b, n.ldb[p/scale], uint8(scale), 0)
}
