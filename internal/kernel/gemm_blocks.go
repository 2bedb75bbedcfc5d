package kernel

import "unsafe"

// The loops around the micro-kernel, from the outside: blocks of p, so that a panel of B stays in the first-level cache
// and a block of A in the second; blocks of rows; panels of columns, which gemmPanel walks tile by tile.

const (
	blockDepth = 2048 // bytes of a row of A in a block
	blockRows  = 168  // rows of a block
)

// sizeOf is the size of an element in bytes.
func sizeOf[T Float]() int {
	var zero T
	return int(unsafe.Sizeof(zero))
}

// tileExtents returns the rows of the tallest tile and the columns of a panel, which is two vectors wide.
func tileExtents[T Float]() (rows, cols int) {
	if level == avx512 {
		return 14, 2 * 64 / sizeOf[T]()
	}
	return 6, 2 * 32 / sizeOf[T]()
}

// at returns the element i places after p.
func at[T Float](p *T, i int) *T {
	return (*T)(unsafe.Add(unsafe.Pointer(p), i*int(unsafe.Sizeof(*p))))
}

// block computes C[i0:i1, j0:j1].
func (g *gemm[T]) block(i0, i1, j0, j1 int, s *packSpace) {
	tall, wide := tileExtents[T]()
	depth := blockDepth / sizeOf[T]()
	packA := g.packsA(j1 - j0)
	packB := g.packsB(i1 - i0)
	start, startStride, startStep := g.start, g.startStride, g.startStep
	for p := 0; p < g.k; p += depth {
		k := min(depth, g.k-p)
		for i := i0; i < i1; i += blockRows {
			rows := min(blockRows, i1-i)
			a, rowStep, step := at(g.a, i*g.rowStep+p*g.step), g.rowStep, g.step
			if packA {
				a, rowStep, step = g.packA(a, rows, k, s)
			}
			tiles := (rows + tall - 1) / tall
			for j := j0; j < j1; j += wide {
				cols := min(wide, j1-j)
				b, ldb, ahead := at(g.b, p*g.ldb+j), g.ldb, cols
				if j+cols >= j1 {
					ahead = 0
				}
				if packB {
					b, ldb, ahead = g.packB(p, k, j, cols, s), wide, 0
				}
				gemmPanelVector(at(g.c, i*g.ldc+j), g.ldc, at(start, i*startStride+j*startStep), startStride,
					a, rowStep, step, b, ldb, k, tiles, rows%tiles, rows/tiles, cols, ahead)
			}
		}
		start, startStride, startStep = g.c, g.ldc, 1
	}
}
