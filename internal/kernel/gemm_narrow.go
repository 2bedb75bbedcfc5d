package kernel

import "unsafe"

// Where C has few columns, a panel would leave most lanes idle. Then the rows of C lie across the lanes: Cᵀ = Bᵀ·Aᵀ is
// computed, a piece at a time, and each piece is transposed into C. Where A lies by rows, gemmNarrow transposes squares of
// it in registers; where it lies by columns, it is the B of an ordinary product.

const (
	narrowLimit  = 64               // columns of a narrow C are fewer
	narrowPiece  = 256              // rows of C in a piece
	narrowStride = narrowPiece + 16 // between the rows of Cᵀ, lest they fall on few sets of the cache
	narrowLeastK = 32               // below, transposing C costs more than idle lanes
)

// isNarrow reports whether the product is to be computed as its transpose. In float64 that pays only where A need not be
// transposed in memory, since to transpose an element takes as long as to compute a vector of C.
func (g *gemm[T]) isNarrow() bool {
	if g.step == 1 && !is32[T]() && !g.takesSquares() {
		return false
	}
	lanes := vectorLanes[T]() // a power of two
	padded := (g.n + lanes - 1) &^ (lanes - 1)
	return g.n < narrowLimit && 4*g.n <= 3*padded && g.m >= 4*lanes && g.k >= narrowLeastK
}

// takesSquares reports whether A is transposed in registers. That needs as many as AVX-512 has, and does not pay where the
// columns of B fall on few sets of the cache, as those of Bᵀ may: they would push each other out.
func (g *gemm[T]) takesSquares() bool {
	return g.step == 1 && level == avx512 && !(g.transB && g.ldb*sizeOf[T]()%(badStride/2) == 0)
}

// narrow computes the rows i0 to i1 of C.
func (g *gemm[T]) narrow(i0, i1 int) {
	space := takeSpace()
	defer space.giveBack()
	piece := (*T)(unsafe.Pointer(&space.c[0])) // Cᵀ[j, i-i0] at j·narrowStride+i-i0
	lanes := vectorLanes[T]()
	squares := g.takesSquares()
	for i := i0; i < i1; i += narrowPiece {
		rows := min(narrowPiece, i1-i)
		c, a := at(g.c, i*g.ldc), at(g.a, i*g.rowStep)
		if g.adds() {
			for r := 0; r < rows; r += lanes {
				transposeVector(at(piece, r), narrowStride, at(c, r*g.ldc), g.ldc, min(lanes, rows-r), g.n)
			}
		}
		if squares {
			g.pieceOfSquares(piece, a, rows)
		} else {
			g.swappedPiece(piece, a, rows)
		}
		for j := 0; j < g.n; j += lanes {
			transposeVector(at(c, j), g.ldc, at(piece, j*narrowStride), narrowStride, min(lanes, g.n-j), rows)
		}
	}
}

// adds reports whether the chains start from C.
func (g *gemm[T]) adds() bool { return g.startStep != 0 && g.start == g.c }

// narrowZero is what chains start from that start from zeros, in either type.
var narrowZero float64

// pieceOfSquares computes a piece with gemmNarrow. A begins at a.
func (g *gemm[T]) pieceOfSquares(piece, a *T, rows int) {
	size := sizeOf[T]()
	var t narrowing
	t.c = unsafe.Pointer(piece)
	t.ldc, t.rowStep, t.ldb, t.colStep = narrowStride*size, g.rowStep*size, g.ldb*size, size
	if g.transB {
		t.ldb, t.colStep = size, g.ldb*size
	}
	t.rows, t.cols = rows, g.n
	switch {
	case g.startStep == 0:
		t.start = unsafe.Pointer(&narrowZero)
	case !g.adds():
		t.start, t.startStep = unsafe.Pointer(g.start), size
	}
	for p := 0; p < g.k; p += blockDepth { // which bounds the work of a call, as callWork does
		t.a, t.b = unsafe.Pointer(at(a, p)), unsafe.Add(unsafe.Pointer(g.b), p*t.ldb)
		t.k = min(blockDepth, g.k-p)
		gemmNarrowVector[T](&t)
		t.start = nil
	}
}

// swappedPiece computes a piece as the product Bᵀ·Aᵀ. A begins at a.
func (g *gemm[T]) swappedPiece(piece, a *T, rows int) {
	t := gemm[T]{m: g.n, n: rows, k: g.k, c: piece, ldc: narrowStride, a: g.b, rowStep: 1, step: g.ldb, b: a, ldb: g.step}
	if g.transB {
		t.rowStep, t.step = g.ldb, 1
	}
	if g.step == 1 { // rows of A are columns of Aᵀ
		t.ldb, t.transB = g.rowStep, true
	}
	if g.startStep != 0 {
		t.start, t.startStride, t.startStep = piece, narrowStride, 1
	}
	if g.startStep != 0 && !g.adds() {
		for j, bias := range unsafe.Slice(g.start, g.n) {
			row := unsafe.Slice(at(piece, j*narrowStride), rows)
			for i := range row {
				row[i] = bias
			}
		}
	}
	t.block(0, t.m, 0, t.n)
}
