package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func init() { groups["gemm"] = gemm }

// gemm is the micro-kernel of the matrix products, and what brings operands into the shape that it reads well.
func gemm(e *emitter) {
	r := e.record(record{name: "tiling", doc: "A tiling is the work of gemmPanels. Strides and steps count bytes. From panelC on it holds the variables of the\nassembly: addresses may lie behind the matrices, where a pointer must not point.", fields: []field{
		{"c", "unsafe.Pointer", ""},
		{"start", "unsafe.Pointer", "not read where startStride and startStep are 0: zeros"},
		{"a", "unsafe.Pointer", ""},
		{"b", "unsafe.Pointer", ""},
		{"ldc", "int", ""},
		{"startStride", "int", "0 repeats one row"},
		{"rowStep", "int", "between the rows of A"},
		{"step", "int", "between the columns of A"},
		{"ldb", "int", ""},
		{"k", "int", ""},
		{"cols", "int", ""},
		{"startStep", "int", "from one panel of start to the next"},
		{"panelStep", "int", "from one panel of B to the next"},
		{"tiles", "int", "in a panel, at least one"},
		{"taller", "int", "how many of them have a row more than rows"},
		{"rows", "int", "of a tile"},
		{"beyond", "int", "panelStep where another panel of B follows the last, else 0"},
		{"fetch", "int", "the lines of the next panel of B that are fetched, one in each tile"},

		{"panelC", "uintptr", ""},
		{"panelStart", "uintptr", ""},
		{"panelB", "uintptr", ""},
		{"colsLeft", "int", ""},
		{"width", "int", "columns of this panel"},
		{"tileC", "uintptr", ""},
		{"tileStart", "uintptr", ""},
		{"tileA", "uintptr", ""},
		{"tilesLeft", "int", "in this panel"},
		{"tallerLeft", "int", ""},
		{"ahead", "int", "from b to what is fetched"},
		{"fetchLeft", "int", ""},
	}})
	e.kernel("gemmPanels", "t *tiling",
		"computes panels of C, each as wide as two vectors but the last: c[i, j] = start[i, j] + Σ_p a[i, p]·b[p, j] for tiles "+
			"of rows; p ascends and each step is rounded once.",
		func(v vector) { newPanel(v, r).emit() })
	rowKernel(e)
	narrowKernel(e)
	transposeKernel(e)
	copyKernel(e)
}

// maxRows is the height of the tallest tile: its accumulators, two vectors of B and the element of A fill the registers.
func (v vector) maxRows() int {
	if v.wide() {
		return 14
	}
	return 6
}

// A panel emits the micro-kernel. What the inner loop needs is in registers, the rest in a tiling.
type panel struct {
	recordVector
	a, b, step, ldb reg.Register
	multiple        map[int]reg.Register // odd multiples of rowStep
	mask            tail                 // of the last vector of a row; AVX2 loads it in each tile
	next            string
}

func newPanel(v vector, r record) *panel {
	p := &panel{recordVector: v.given("t", r), multiple: map[int]reg.Register{}, next: v.label("next")}
	p.step, p.ldb, p.multiple[1] = p.get("step"), p.get("ldb"), p.get("rowStep")
	step := p.multiple[1]
	for odd := 3; odd < v.maxRows(); odd += 2 {
		r := v.GP64()
		v.LEAQ(at(step, step, 2, 0), r) // 3·step
		if odd > 3 {
			v.LEAQ(at(p.multiple[odd-2], step, 2, 0), r)
		}
		p.multiple[odd] = r
	}
	return p
}

// shift turns a count of elements into bytes.
func (v vector) shift() uint64 {
	if v.elem == 4 {
		return 2
	}
	return 3
}

// emit walks the panels, and in each the tiles: each takes the rows that it was given, by a branch to the code of its height
// and width.
func (p *panel) emit() {
	panels, loop := p.label("panel"), p.label("tile")
	p.set("panelC", "c")
	p.set("panelStart", "start")
	p.set("panelB", "b")
	p.set("colsLeft", "cols")
	p.Label(panels)
	p.begin()
	p.Label(loop)
	rows, taller := p.get("rows"), p.get("tallerLeft")
	p.DECQ(taller)
	p.MOVQ(taller, p.slot("tallerLeft"))
	p.SARQ(operand.U8(63), taller)
	p.LEAQ(at(rows, taller, 1, 1), rows) // a row more, unless taller became negative
	p.DECQ(p.slot("tilesLeft"))
	single, masked := p.label("single"), p.label("masked")
	p.CMPQ(p.slot("width"), operand.I32(p.lanes()))
	p.JLE(operand.LabelRef(single))
	if !p.wide() {
		p.CMPQ(p.slot("width"), operand.I32(2*p.lanes()))
		p.JL(operand.LabelRef(masked))
		p.choose(rows, 1, p.maxRows(), func(m int) { p.tile(m, 2, false) })
	}
	p.Label(masked)
	p.choose(rows, 1, p.maxRows(), func(m int) { p.tile(m, 2, true) })
	p.Label(single)
	p.choose(rows, 1, p.maxRows(), func(m int) { p.tile(m, 1, true) })
	p.Label(p.next)
	p.CMPQ(p.slot("tilesLeft"), operand.I32(0))
	p.JG(operand.LabelRef(loop))

	p.ADDQ(operand.I32(2*p.bytes), p.slot("panelC"))
	p.ADDQ(p.get("startStep"), p.slot("panelStart"))
	p.ADDQ(p.get("panelStep"), p.slot("panelB"))
	p.SUBQ(operand.I32(2*p.lanes()), p.slot("colsLeft"))
	p.JG(operand.LabelRef(panels))
	p.ret()
}

// begin prepares a panel.
func (p *panel) begin() {
	p.set("tilesLeft", "tiles")
	p.set("tallerLeft", "taller")
	p.set("tileC", "panelC")
	p.set("tileStart", "panelStart")
	p.set("tileA", "a")
	width, ahead, most := p.get("colsLeft"), p.get("panelStep"), p.GP64()
	p.MOVQ(operand.I32(2*p.lanes()), most)
	p.CMPQ(width, most)
	p.CMOVQLE(p.slot("beyond"), ahead)
	p.CMOVQGT(most, width)
	p.MOVQ(ahead, p.slot("ahead"))
	p.MOVQ(width, p.slot("width"))
	p.set("fetchLeft", "fetch")
	if p.wide() {
		rest := p.GP64()
		p.MOVQ(width, rest)
		p.SUBQ(operand.I32(p.lanes()), rest)
		p.CMOVQGT(rest, width)
		p.mask = p.tailOf(width)
	}
}

// choose emits the code of each height from low to high, and a tree of branches to it.
func (p *panel) choose(rows reg.Register, low, high int, code func(m int)) {
	if low == high {
		code(low)
		p.JMP(operand.LabelRef(p.next))
		return
	}
	middle, upper := (low+high+1)/2, p.label("rows")
	p.CMPQ(rows, operand.I32(middle))
	p.JGE(operand.LabelRef(upper))
	p.choose(rows, low, middle-1, code)
	p.Label(upper)
	p.choose(rows, middle, high, code)
}

// tile computes m rows of width vectors, of which the last is masked.
func (p *panel) tile(m, width int, masked bool) {
	if masked && !p.wide() {
		p.mask = p.tailOfColumns(width)
	}
	load := func(k int, base reg.Register, dst operand.Op) {
		if src := at(base, nil, 1, k*p.bytes); masked && k == width-1 {
			p.loadTail(src, p.mask, dst)
		} else {
			p.load(src, dst)
		}
	}
	sum := p.loadStart(m, width, load)
	p.accumulate(m, width, sum, load)
	ldc, c := p.get("ldc"), p.get("tileC")
	for i := range m {
		for k := range width {
			if dst := at(c, nil, 1, k*p.bytes); masked && k == width-1 {
				p.storeTail(sum[i][k], p.mask, dst)
			} else {
				p.store(sum[i][k], dst)
			}
		}
		p.ADDQ(ldc, c)
	}
	p.MOVQ(c, p.slot("tileC"))
}

// tailOfColumns is the mask of the last of width vectors.
func (p *panel) tailOfColumns(width int) tail {
	cols := p.get("width")
	if width > 1 {
		p.SUBQ(operand.I32((width-1)*p.lanes()), cols)
	}
	return p.tailOf(cols)
}

// loadStart fills the accumulators, and fetches the rows of C that the next tile will write. Zeros are made, not copied: a
// copy of a register takes the place of a multiplication.
func (p *panel) loadStart(m, width int, load func(k int, base reg.Register, dst operand.Op)) [][]reg.VecVirtual {
	sum := make([][]reg.VecVirtual, m)
	for i := range sum {
		sum[i] = p.regs(width)
	}
	start, stride := p.get("tileStart"), p.get("startStride")
	each, row, done := p.label("each"), p.label("row"), p.label("started")
	p.TESTQ(stride, stride)
	p.JNZ(operand.LabelRef(each))
	p.CMPQ(p.slot("startStep"), operand.I32(0))
	p.JNE(operand.LabelRef(row))
	for i := range m {
		for k := range width {
			p.zero(sum[i][k])
		}
	}
	p.JMP(operand.LabelRef(done))
	p.Label(row)
	for k := range width {
		load(k, start, sum[0][k])
		for i := 1; i < m; i++ {
			p.move(sum[0][k], sum[i][k])
		}
	}
	p.JMP(operand.LabelRef(done))
	p.Label(each)
	for i := range m {
		for k := range width {
			load(k, start, sum[i][k])
		}
		p.ADDQ(stride, start)
	}
	p.MOVQ(start, p.slot("tileStart"))
	p.Label(done)
	p.fetchC(m, width)
	return sum
}

// leastFetchK is the depth of the products that have time to fetch C. Less is done before the lines are pushed out again,
// where the rows of C lie a multiple of a page apart.
const leastFetchK = 64

// fetchC fetches the rows of C that the next tile will write into the second-level cache: in the first they may share a
// set with each other. Where there is no next tile, it fetches this one's again: what lies behind C may have no page, which
// takes long to find out.
func (p *panel) fetchC(m, width int) {
	shallow := p.label("shallow")
	p.CMPQ(p.slot("k"), operand.I32(leastFetchK))
	p.JL(operand.LabelRef(shallow))
	c, ldc, next := p.get("tileC"), p.get("ldc"), p.GP64()
	p.IMUL3Q(operand.I32(m), ldc, next)
	p.ADDQ(c, next)
	p.CMPQ(p.slot("tilesLeft"), operand.I32(0))
	p.CMOVQEQ(c, next)
	for range m {
		for line := 0; line < width*p.bytes; line += 64 {
			p.PREFETCHT1(at(next, nil, 1, line))
		}
		p.ADDQ(ldc, next)
	}
	p.Label(shallow)
}

// accumulate is the loop over p. It leaves the tiling at the rows of A of the next tile.
func (p *panel) accumulate(m, width int, sum [][]reg.VecVirtual, load func(k int, base reg.Register, dst operand.Op)) {
	loop, done := p.label("loop"), p.label("stored")
	p.a = p.get("tileA")
	below := p.GP64()
	p.IMUL3Q(operand.I32(m), p.multiple[1], below)
	p.ADDQ(p.a, below)
	p.MOVQ(below, p.slot("tileA"))
	next := p.get("ahead")
	p.b = p.get("panelB")
	p.ADDQ(p.b, next)
	p.ADDQ(operand.I8(64), p.slot("ahead"))
	p.DECQ(p.slot("fetchLeft"))
	fetched := p.label("fetch")
	p.JG(operand.LabelRef(fetched))
	p.MOVQ(operand.I32(0), p.slot("ahead"))
	p.Label(fetched)
	k := p.get("k")
	p.TESTQ(k, k)
	p.JZ(operand.LabelRef(done))
	p.Label(loop)
	b := p.regs(width)
	for i := range b {
		load(i, p.b, b[i])
	}
	p.PREFETCHT1(at(next, nil, 1, 0))
	for i := range m {
		a := p.reg()
		p.broadcast(p.elementA(i), a)
		for k := range b {
			p.fma(b[k], a, sum[i][k])
		}
	}
	p.ADDQ(p.step, p.a)
	p.ADDQ(p.ldb, p.b)
	p.ADDQ(p.ldb, next)
	p.DECQ(k)
	p.JNZ(operand.LabelRef(loop))
	p.Label(done)
}

// elementA is the memory of a[i·rowStep], with i an odd number times 1, 2, 4 or 8.
func (p *panel) elementA(i int) operand.Mem {
	if i == 0 {
		return at(p.a, nil, 1, 0)
	}
	scale := i & -i
	return at(p.a, p.multiple[i/scale], uint8(scale), 0)
}
