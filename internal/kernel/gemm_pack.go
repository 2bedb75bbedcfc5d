package kernel

import (
	"sync/atomic"
	"unsafe"
)

// Operands are read where they lie, with these exceptions. The transposed B is turned into panels. A matrix whose rows
// lie a power of two apart falls on a few sets of the cache: if its elements are used often enough to pay for it, blocks
// of it are copied to another stride.

const (
	badStride = 4096 // bytes
	padding   = 64   // bytes between the rows of a copy of A

	panelShift = 128 // bytes between the panels of a block of B
)

// panelBytes lie from one panel of a block of B to the next.
func panelBytes[T Float]() int {
	_, wide := tileExtents[T]()
	return blockDepth*wide*sizeOf[T]() + panelShift
}

// packing overrides the choice to pack, for tests.
var packing packingChoice

type packingChoice int

const (
	packWherePays packingChoice = iota
	packNever                   // but for transposing
	packAlways
)

// A packSpace holds a block of A, a block of B, and a piece of Cᵀ.
type packSpace struct{ a, b, c []float64 }

// spaces holds those that are not in use, so that products allocate only while more of them run at once than ever before.
var spaces [16]atomic.Pointer[packSpace]

func takeSpace() *packSpace {
	for i := range spaces {
		if spaces[i].Load() == nil {
			continue
		}
		if s := spaces[i].Swap(nil); s != nil {
			return s
		}
	}
	const (
		a = (blockABytes + max(blockRows, blockDepth)*padding) / 8
		b = blockWidth / 64 * (blockDepth*64 + panelShift) / 8 // panels are narrowest on AVX2
		c = narrowLimit * narrowStride
	)
	whole := Make[float64](a + b + c)
	return &packSpace{b: whole[:b], a: whole[b : a+b], c: whole[a+b:]}
}

func (s *packSpace) giveBack() {
	for i := range spaces {
		if spaces[i].CompareAndSwap(nil, s) {
			return
		}
	}
}

// panelOf is the place of a panel of B.
func panelOf[T Float](s *packSpace, i int) *T { return (*T)(unsafe.Pointer(&s.b[i*panelBytes[T]()/8])) }

func (g *gemm[T]) packsA(cols int) bool {
	_, wide := tileExtents[T]()
	stride := max(g.rowStep, g.step) * sizeOf[T]()
	return packing == packAlways || packing == packWherePays && stride%badStride == 0 && cols > 3*wide
}

func (g *gemm[T]) packsB(rows int) bool {
	tall, _ := tileExtents[T]()
	return g.transB || packing == packAlways || packing == packWherePays && g.ldb*sizeOf[T]()%badStride == 0 && rows > 3*tall
}

// copyA copies rows of k elements of A, at a, and returns the copy with the steps between its elements. It keeps the
// order of A, so that reading and writing are along rows.
func (g *gemm[T]) copyA(a *T, rows, k int, s *packSpace) (packed *T, rowStep, step int) {
	packed = (*T)(unsafe.Pointer(&s.a[0]))
	if g.step == 1 {
		stride := k + padding/sizeOf[T]()
		copyBlockVector(packed, stride, a, g.rowStep, rows, k)
		return packed, stride, 1
	}
	stride := rows + padding/sizeOf[T]()
	copyBlockVector(packed, stride, a, g.step, k, rows)
	return packed, 1, stride
}

// fillPanel brings b[p:p+k, j:j+cols] into a panel without gaps between its rows.
func (g *gemm[T]) fillPanel(panel *T, p, k, j, cols int) {
	_, wide := tileExtents[T]()
	if !g.transB {
		copyBlockVector(panel, wide, at(g.b, p*g.ldb+j), g.ldb, k, cols)
		return
	}
	for t := 0; t < cols; t += wide / 2 {
		transposeVector(at(panel, t), wide, at(g.b, (j+t)*g.ldb+p), g.ldb, min(wide/2, cols-t), k)
	}
}
