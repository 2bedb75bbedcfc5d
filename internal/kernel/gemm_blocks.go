package kernel

import "unsafe"

// The loops around the micro-kernel, from the outside: blocks of columns; blocks of p; blocks of rows; panels of columns.
// gemmPanels walks the tiles of a panel. A block of A, a panel of B and the one that is fetched meanwhile take 512 KiB with
// AVX-512, half of a second-level cache of 1 MiB: with more they push each other out. A block of B lies in the third. The
// deeper the blocks, the less often C is read and written.
const (
	blockDepth  = 1024
	blockRows   = 1024      // at most, of A
	blockABytes = 256 << 10 // at most, of a block of A
	blockWidth  = 4 << 10   // bytes of a row of a block of B

	// shallow is the depth below which writing C takes longer than computing it.
	shallow = 32
)

// sizeOf is the size of an element in bytes.
func sizeOf[T Float]() int {
	var zero T
	return int(unsafe.Sizeof(zero))
}

// vectorLanes is the number of elements of a vector.
func vectorLanes[T Float]() int {
	if level == avx512 {
		return 64 / sizeOf[T]()
	}
	return 32 / sizeOf[T]()
}

// The rows of the tallest tile.
const (
	tallest512 = 14 // AVX-512
	tallest256 = 6  // AVX2

	// conflicting is the rows of the tallest tile where those of A fall on one set of the cache, which has eight ways or
	// more.
	conflicting = 8
)

// tileExtents returns the rows of the tallest tile and the columns of a panel, which is two vectors wide.
func tileExtents[T Float]() (rows, cols int) {
	if level == avx512 {
		return tallest512, 2 * vectorLanes[T]()
	}
	return tallest256, 2 * vectorLanes[T]()
}

// at returns the element i places after p.
func at[T Float](p *T, i int) *T {
	return (*T)(unsafe.Add(unsafe.Pointer(p), i*int(unsafe.Sizeof(*p))))
}

// part computes C[i0:i1, j0:j1] in the way that suits the shape.
func (g *gemm[T]) part(i0, i1, j0, j1 int) {
	switch {
	case g.m == 1 && !g.transB:
		g.row(j0, j1)
	case g.isNarrow():
		g.narrow(i0, i1)
	default:
		columns := blockWidth / sizeOf[T]()
		for j := j0; j < j1; j += columns {
			g.block(i0, i1, j, min(j+columns, j1))
		}
	}
}

// block computes C[i0:i1, j0:j1], no wider than a block of B.
func (g *gemm[T]) block(i0, i1, j0, j1 int) {
	depth, height := g.k, i1-i0
	if rowBytes := depth * sizeOf[T](); depth > blockDepth || height > blockRows || height*rowBytes > blockABytes {
		depth = evenShare(g.k, blockDepth)
		height = evenShare(height, min(blockRows, blockABytes/(depth*sizeOf[T]())))
	}
	if g.k < shallow && g.ldc*sizeOf[T]()%badStride == 0 {
		// The rows of C fall on one set of the cache: few at a time, so that writing goes along them.
		tall, _ := tileExtents[T]()
		height = min(height, 2*tall)
	}
	var w walk[T]
	w.gemm, w.i0, w.j0, w.j1 = g, i0, j0, j1
	w.packA, w.packB = g.packsA(j1-j0), g.packsB(i1-i0)
	var space *packSpace // not in walk, or g would escape with it
	if w.packA || w.packB {
		space = takeSpace()
	}
	w.start, w.startStride, w.startStep = g.start, g.startStride, g.startStep
	for p := 0; p < g.k; p += depth {
		for i := i0; i < i1; i += height {
			w.rows(i, min(height, i1-i), p, min(depth, g.k-p), space)
		}
		w.start, w.startStride, w.startStep = g.c, g.ldc, 1
	}
	if space != nil {
		space.giveBack()
	}
}

// evenShare is the size of the parts of n, none of them larger than limit, that makes them even.
func evenShare(n, limit int) int {
	parts := (n + limit - 1) / limit
	return (n + parts - 1) / parts
}

// A walk is the state of block.
type walk[T Float] struct {
	*gemm[T]
	i0, j0, j1   int
	packA, packB bool

	start                  *T // of the block of p
	startStride, startStep int
}

// callWork is the multiplications that a call of assembly is given at most, if it has more than one panel: nothing stops
// a goroutine there, for whom the collector has to wait.
const callWork = 1 << 24

// rows adds the products of k elements from p on to a block of rows from i on.
func (w *walk[T]) rows(i, rows, p, k int, space *packSpace) {
	size := sizeOf[T]()
	_, wide := tileExtents[T]()
	var t tiling
	t.k, t.ldc, t.startStride, t.startStep = k, w.ldc*size, w.startStride*size, w.startStep*wide*size
	a, rowStep, step := at(w.a, i*w.rowStep+p*w.step), w.rowStep, w.step
	if w.packA {
		a, rowStep, step = w.copyA(a, rows, k, space)
	}
	t.a, t.rowStep, t.step = unsafe.Pointer(a), rowStep*size, step*size
	t.cut(rows)
	t.ldb, t.panelStep, t.fetch = w.ldb*size, wide*size, 3 // the next panel begins behind this one, at any place in a line
	if w.packB {
		t.ldb, t.panelStep, t.fetch = wide*size, panelBytes[T](), wide*size/64
	}
	fills := w.packB && i == w.i0 // for this block of rows and those below
	cols := w.j1 - w.j0
	if fills || rows*k*cols > callWork {
		cols = wide
	}
	for j := w.j0; j < w.j1; j += cols {
		t.cols, t.beyond = min(cols, w.j1-j), t.panelStep
		if fills || j+cols >= w.j1 {
			t.beyond = 0
		}
		if w.packB {
			panel := panelOf[T](space, (j-w.j0)/wide)
			if fills {
				w.fillPanel(panel, p, k, j, t.cols)
			}
			t.b = unsafe.Pointer(panel)
		} else {
			t.b = unsafe.Pointer(at(w.b, p*w.ldb+j))
		}
		t.c, t.start = unsafe.Pointer(at(w.c, i*w.ldc+j)), unsafe.Pointer(at(w.start, i*w.startStride+j*w.startStep))
		gemmPanelsVector[T](&t)
	}
}

// cut cuts rows into tiles as even as can be. Division by a constant, or of 32 bits, takes a part of the time.
func (t *tiling) cut(rows int) {
	tiles := (rows + tallest256 - 1) / tallest256
	switch {
	case level != avx512:
	case t.rowStep%badStride == 0:
		tiles = (rows + conflicting - 1) / conflicting
	default:
		tiles = (rows + tallest512 - 1) / tallest512
	}
	t.tiles, t.rows = tiles, int(uint32(rows)/uint32(tiles))
	t.taller = rows - t.rows*tiles
}

// rowWork is how many elements of B a call of assembly reads at most.
const rowWork = 1 << 16

// row computes C[0, j0:j1] of a product with one row.
func (g *gemm[T]) row(j0, j1 int) {
	n := j1 - j0
	c := unsafe.Slice(at(g.c, j0), n)
	switch {
	case g.startStep == 0:
		clear(c)
	case g.start != g.c:
		copy(c, unsafe.Slice(at(g.start, j0), n))
	}
	const group = 8 // rows of B that the kernel takes at once
	depth := max(group, rowWork/n/group*group)
	for p := 0; p < g.k; p += depth {
		gemmRowVector(c, at(g.a, p*g.step), g.step, at(g.b, p*g.ldb+j0), g.ldb, min(depth, g.k-p))
	}
}
