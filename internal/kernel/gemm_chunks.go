package kernel

import "unsafe"

// chunkWork is the multiplications of the least chunk that is worth another worker's while.
const chunkWork = 1 << 17

// A gemmTask is a product cut into chunks along the rows or the columns of C, never along k.
type gemmTask[T Float] struct {
	gemm[T]
	height, width int // of a chunk
}

func (t *gemmTask[T]) run(chunk int) {
	i, j := chunk*t.height, 0
	if t.height >= t.m {
		i, j = 0, chunk*t.width
	}
	t.part(i, min(i+t.height, t.m), j, min(j+t.width, t.n))
}

func (t *gemmTask[T]) forget() { *t = gemmTask[T]{} }

var (
	gemmTask32 gemmTask[float32]
	gemmTask64 gemmTask[float64]
)

// sharedGemm is the task of the pool's holder.
func sharedGemm[T Float]() *gemmTask[T] {
	if is32[T]() {
		return (*gemmTask[T])(unsafe.Pointer(&gemmTask32))
	}
	return (*gemmTask[T])(unsafe.Pointer(&gemmTask64))
}

// run computes C, in chunks that workers share where that pays.
func (g *gemm[T]) run() {
	if g.m*g.n*g.k >= 2*chunkWork { // else the number of workers, which takes a lock, does not matter
		if height, width, chunks := g.split(Workers()); chunks > 1 && holdPool() {
			t := sharedGemm[T]()
			t.gemm, t.height, t.width = *g, height, width
			runTask(t, chunks)
			return
		}
	}
	g.part(0, g.m, 0, g.n)
}

// split returns the extents of the chunks for a number of workers: whole tiles or whole panels, along the longer side of C.
// Four for a worker even out the load; two where each chunk copies the whole of the operand that all share.
func (g *gemm[T]) split(all int) (height, width, chunks int) {
	pieces := g.m * g.n * g.k / chunkWork
	if pieces < 2 || all < 2 {
		return g.m, g.n, 1
	}
	tall, wide := tileExtents[T]()
	if g.m > g.n && !g.transB || g.n <= wide || g.isNarrow() {
		height = share(g.m, tall, min(pieces, chunksFor(all, g.packsB(g.m))))
		return height, g.n, (g.m + height - 1) / height
	}
	width = share(g.n, wide, min(pieces, chunksFor(all, g.packsA(g.n))))
	return g.m, width, (g.n + width - 1) / width
}

func chunksFor(all int, copies bool) int {
	if copies {
		return 2 * all
	}
	return 4 * all
}

// share is the least multiple of unit of which no more than pieces make up n.
func share(n, unit, pieces int) int {
	units := (n + unit - 1) / unit
	return (units + pieces - 1) / pieces * unit
}
