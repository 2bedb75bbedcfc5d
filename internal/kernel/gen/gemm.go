package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func init() { groups["gemm"] = gemm }

// gemm is the micro-kernel of the matrix products, and what brings operands into the shape that it reads well.
func gemm(e *emitter) {
	e.kernel("gemmPanel",
		"c *T, ldc int, start *T, startStride int, a *T, rowStep int, step int, b *T, ldb int, k int, tiles int, taller int, rows int, cols int, ahead int, lines int",
		"computes a column panel of C: c[i, j] = start[i, j] + Σ_p a[i·rowStep+p·step]·b[p·ldb+j] for tiles of rows, the "+
			"first of them taller by one row; p ascends and each step is rounded once. Strides count elements, a startStride of 0 "+
			"repeats one row, cols is at most two vectors. Memory ahead of b by so many elements is fetched into the cache.",
		func(v vector) { newPanel(v).emit() })
	rowKernel(e)
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

// A panel emits the micro-kernel. What the inner loop needs is in registers, the rest stays in the arguments.
type panel struct {
	vector
	startStride, ldc  reg.Register
	a, b, step, ldb   reg.Register
	multiple          map[int]reg.Register // odd multiples of rowStep
	rowsLeft, columns reg.Register
	mask              tail // of the last vector of a row; AVX2 loads it in each tile
	next              string
}

func newPanel(v vector) *panel {
	p := &panel{vector: v, multiple: map[int]reg.Register{}, next: v.label("next")}
	for _, name := range []string{"ldc", "startStride", "ahead", "step", "ldb"} {
		r := p.argument(name)
		v.SHLQ(operand.U8(p.shift()), r)
		switch name {
		case "step":
			p.step = r
		case "ldb":
			p.ldb = r
		default:
			v.MOVQ(r, p.slot(name))
		}
	}
	step := p.argument("rowStep")
	v.SHLQ(operand.U8(p.shift()), step)
	p.multiple[1] = step
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

// slot is the memory of an argument, which serves as its variable.
func (p *panel) slot(name string) operand.Mem {
	c, err := p.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return c.Addr
}

func (p *panel) argument(name string) reg.Register { return p.Load(p.Param(name), p.GP64()) }

// emit walks the tiles: each takes the rows that it was given, by a branch to the code of its height and width.
func (p *panel) emit() {
	loop, single, done := p.label("tile"), p.label("single"), p.label("done")
	if p.wide() {
		cols := p.argument("cols")
		rest := p.GP64()
		p.MOVQ(cols, rest)
		p.SUBQ(operand.I32(p.lanes()), rest)
		p.CMOVQGT(rest, cols)
		p.mask = p.tailOf(cols)
	}
	p.Label(loop)
	p.CMPQ(p.slot("tiles"), operand.I32(0))
	p.JLE(operand.LabelRef(done))
	p.DECQ(p.slot("tiles"))
	rows, taller := p.argument("rows"), p.argument("taller")
	p.DECQ(taller)
	p.MOVQ(taller, p.slot("taller"))
	p.SARQ(operand.U8(63), taller)
	p.LEAQ(at(rows, taller, 1, 1), rows) // a row more, unless taller became negative
	p.CMPQ(p.slot("cols"), operand.I32(p.lanes()))
	p.JLE(operand.LabelRef(single))
	if p.wide() {
		p.choose(rows, 1, p.maxRows(), func(m int) { p.tile(m, 2, true) })
	} else {
		masked := p.label("masked")
		p.CMPQ(p.slot("cols"), operand.I32(2*p.lanes()))
		p.JL(operand.LabelRef(masked))
		p.choose(rows, 1, p.maxRows(), func(m int) { p.tile(m, 2, false) })
		p.Label(masked)
		p.choose(rows, 1, p.maxRows(), func(m int) { p.tile(m, 2, true) })
	}
	p.Label(single)
	p.choose(rows, 1, p.maxRows(), func(m int) { p.tile(m, 1, true) })
	p.Label(p.next)
	p.JMP(operand.LabelRef(loop))
	p.Label(done)
	p.ret()
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
	ldc, c := p.argument("ldc"), p.argument("c")
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
	p.MOVQ(c, p.slot("c"))
}

// tailOfColumns is the mask of the last of width vectors.
func (p *panel) tailOfColumns(width int) tail {
	cols := p.argument("cols")
	if width > 1 {
		p.SUBQ(operand.I32((width-1)*p.lanes()), cols)
	}
	return p.tailOf(cols)
}

// loadStart fills the accumulators, and fetches the rows of C that the next tile will write.
func (p *panel) loadStart(m, width int, load func(k int, base reg.Register, dst operand.Op)) [][]reg.VecVirtual {
	sum := make([][]reg.VecVirtual, m)
	for i := range sum {
		sum[i] = p.regs(width)
	}
	start, stride := p.argument("start"), p.argument("startStride")
	each, done := p.label("each"), p.label("started")
	for k := range width {
		load(k, start, sum[0][k])
	}
	p.TESTQ(stride, stride)
	p.JNZ(operand.LabelRef(each))
	for i := 1; i < m; i++ {
		for k := range width {
			p.move(sum[0][k], sum[i][k])
		}
	}
	p.JMP(operand.LabelRef(done))
	p.Label(each)
	for i := 1; i < m; i++ {
		p.ADDQ(stride, start)
		for k := range width {
			load(k, start, sum[i][k])
		}
	}
	p.ADDQ(stride, start)
	p.MOVQ(start, p.slot("start"))
	p.Label(done)
	p.fetchC(m, width)
	return sum
}

// leastFetchK is the depth of the products that have time to fetch C. Less is done before the lines are pushed out again,
// where the rows of C lie a multiple of a page apart.
const leastFetchK = 64

// fetchC fetches the rows of C that the next tile will write. Where there is none, it fetches this tile's again: what
// lies behind C may have no page, which takes long to find out.
func (p *panel) fetchC(m, width int) {
	shallow := p.label("shallow")
	p.CMPQ(p.slot("k"), operand.I32(leastFetchK))
	p.JL(operand.LabelRef(shallow))
	c, ldc, next := p.argument("c"), p.argument("ldc"), p.GP64()
	p.IMUL3Q(operand.I32(m), ldc, next)
	p.ADDQ(c, next)
	p.CMPQ(p.slot("tiles"), operand.I32(0))
	p.CMOVQEQ(c, next)
	for range m {
		for line := 0; line < width*p.bytes; line += 64 {
			p.PREFETCHT0(at(next, nil, 1, line))
		}
		p.ADDQ(ldc, next)
	}
	p.Label(shallow)
}

// accumulate is the loop over p. It leaves the argument a at the rows of the next tile.
func (p *panel) accumulate(m, width int, sum [][]reg.VecVirtual, load func(k int, base reg.Register, dst operand.Op)) {
	loop, done := p.label("loop"), p.label("stored")
	k, next := p.argument("k"), p.argument("ahead")
	p.a, p.b = p.argument("a"), p.argument("b")
	p.ADDQ(p.b, next)
	p.ADDQ(operand.I8(64), p.slot("ahead"))
	p.DECQ(p.slot("lines"))
	fetched := p.label("fetch")
	p.JG(operand.LabelRef(fetched))
	p.MOVQ(operand.I32(0), p.slot("ahead"))
	p.Label(fetched)
	below := p.GP64()
	p.IMUL3Q(operand.I32(m), p.multiple[1], below)
	p.ADDQ(p.a, below)
	p.MOVQ(below, p.slot("a"))
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
