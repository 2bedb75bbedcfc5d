package kernel

import "unsafe"

// Where C has few columns, a panel would leave most lanes idle. Then the rows of C lie across the lanes: the product is
// computed as Cᵀ = Bᵀ·Aᵀ, a piece at a time, and each piece is transposed into C.

const (
	narrowLimit  = 64  // columns of a narrow C are fewer
	narrowPiece  = 256 // rows of C in a piece
	narrowLeastK = 32  // below, transposing C costs more than idle lanes
)

// isNarrow reports whether the product is to be computed as its transpose. In float64 that pays only where A is transposed
// already, since each of its elements takes as long to transpose as a vector of C to compute.
func (g *gemm[T]) isNarrow() bool {
	if g.step == 1 && !is32[T]() {
		return false
	}
	lanes := vectorLanes[T]() // a power of two
	padded := (g.n + lanes - 1) &^ (lanes - 1)
	return g.n < narrowLimit && 4*g.n <= 3*padded && g.m >= 4*lanes && g.k >= narrowLeastK
}

// swapped returns the product Bᵀ·Aᵀ, without C and start.
func (g *gemm[T]) swapped() gemm[T] {
	t := gemm[T]{m: g.n, n: g.m, k: g.k, a: g.b, rowStep: 1, step: g.ldb, b: g.a, ldb: g.step}
	if g.transB {
		t.rowStep, t.step = g.ldb, 1
	}
	if g.step == 1 { // rows of A are columns of Aᵀ
		t.ldb, t.transB = g.rowStep, true
	}
	return t
}

// narrow computes the rows i0 to i1 of C.
func (g *gemm[T]) narrow(i0, i1 int) {
	space := takeSpace()
	defer space.giveBack()
	piece := (*T)(unsafe.Pointer(&space.c[0])) // Cᵀ[j, i-i0] at j·narrowPiece+i-i0
	lanes := vectorLanes[T]()
	t := g.swapped()
	t.c, t.ldc = piece, narrowPiece
	for i := i0; i < i1; i += narrowPiece {
		rows := min(narrowPiece, i1-i)
		c := at(g.c, i*g.ldc)
		g.startPiece(&t, c, rows)
		t.n = rows
		t.b = at(g.a, i*g.rowStep)
		t.block(0, t.m, 0, rows)
		for j := 0; j < g.n; j += lanes {
			transposeVector(at(c, j), g.ldc, at(piece, j*narrowPiece), narrowPiece, min(lanes, g.n-j), rows)
		}
	}
}

// startPiece makes the chains of Cᵀ start from what those of C start from.
func (g *gemm[T]) startPiece(t *gemm[T], c *T, rows int) {
	t.start, t.startStride, t.startStep = t.c, t.ldc, 1
	switch {
	case g.startStep == 0:
		t.start, t.startStride, t.startStep = g.start, 0, 0
	case g.start == g.c:
		lanes := vectorLanes[T]()
		for i := 0; i < rows; i += lanes {
			transposeVector(at(t.c, i), t.ldc, at(c, i*g.ldc), g.ldc, min(lanes, rows-i), g.n)
		}
	default:
		for j, bias := range unsafe.Slice(g.start, g.n) {
			row := unsafe.Slice(at(t.c, j*t.ldc), rows)
			for i := range row {
				row[i] = bias
			}
		}
	}
}
