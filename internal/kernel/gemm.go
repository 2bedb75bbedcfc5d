package kernel

// The products of matrices. Matrices are row-major, with the stride of a row given beside each; C must not overlap A
// or B.
//
// An element of C is one chain of sums over p = 0..k-1 that starts from 0, from the element of C when add is set, or
// from a bias. Where vector code runs, each step is fused: s = a·b + s, rounded once. Blocks over k hand the chains on
// through C, which loses nothing, so neither blocks nor packing, tiles, workers or instruction sets show in the result.

// GemmNN computes C = A·B, or C += A·B when add is set. Shapes: C [m n], A [m k], B [k n].
func GemmNN[T Float](m, n, k int, c []T, ldc int, add bool, a []T, lda int, b []T, ldb int) {
	var g gemm[T]
	g.m, g.n, g.k, g.ldc, g.rowStep, g.step, g.ldb = m, n, k, ldc, lda, 1, ldb
	g.multiply(c, add, nil, a, b)
}

// GemmBias computes C = A·B + bias, where the chains of a column start from its bias. Shapes: C [m n], A [m k],
// B [k n], bias [n].
func GemmBias[T Float](m, n, k int, c []T, ldc int, bias, a []T, lda int, b []T, ldb int) {
	var g gemm[T]
	g.m, g.n, g.k, g.ldc, g.rowStep, g.step, g.ldb = m, n, k, ldc, lda, 1, ldb
	g.multiply(c, false, bias[:n], a, b)
}

// GemmNT computes C = A·Bᵀ, or C += A·Bᵀ when add is set. Shapes: C [m n], A [m k], B [n k].
func GemmNT[T Float](m, n, k int, c []T, ldc int, add bool, a []T, lda int, b []T, ldb int) {
	var g gemm[T]
	g.m, g.n, g.k, g.ldc, g.rowStep, g.step, g.ldb, g.transB = m, n, k, ldc, lda, 1, ldb, true
	g.multiply(c, add, nil, a, b)
}

// GemmTN computes C = Aᵀ·B, or C += Aᵀ·B when add is set. Shapes: C [m n], A [k m], B [k n].
func GemmTN[T Float](m, n, k int, c []T, ldc int, add bool, a []T, lda int, b []T, ldb int) {
	var g gemm[T]
	g.m, g.n, g.k, g.ldc, g.rowStep, g.step, g.ldb = m, n, k, ldc, 1, lda, ldb
	g.multiply(c, add, nil, a, b)
}

// A gemm is a product of any form. Element (i, p) of A is a[i·rowStep+p·step]. Its fields are assigned one by one: a
// literal would be copied as a whole while its parts are still on their way to memory, which takes longer than all else
// that comes before the first multiplication.
type gemm[T Float] struct {
	m, n, k       int
	c             *T
	ldc           int
	start         *T // what the chains start from: like C, or with stride 0 one row for all rows of C
	startStride   int
	startStep     int // 1, or 0 where the chains start from zeros: there is no start then
	a             *T
	rowStep, step int
	b             *T
	ldb           int
	transB        bool
}

// multiply runs the product on slices, whose lengths it checks.
func (g *gemm[T]) multiply(c []T, add bool, bias, a, b []T) {
	if g.m <= 0 || g.n <= 0 {
		return
	}
	c = c[:(g.m-1)*g.ldc+g.n]
	if g.k <= 0 || level == plain {
		g.multiplyPlain(c, add, bias, a, b)
		return
	}
	rows, cols := g.k, g.n
	if g.transB {
		rows, cols = cols, rows
	}
	g.a = &a[:(g.m-1)*g.rowStep+(g.k-1)*g.step+1][0]
	g.b = &b[:(rows-1)*g.ldb+cols][0]
	g.c = &c[0]
	switch {
	case add:
		g.start, g.startStride, g.startStep = g.c, g.ldc, 1
	case bias != nil:
		g.start, g.startStep = &bias[0], 1
	}
	g.run()
}
