package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

func TestGemmAgainstGonum(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", func(t *testing.T) { testGonum(t, gonum.Implementation{}.Sgemm) })
		t.Run("float64", func(t *testing.T) { testGonum(t, gonum.Implementation{}.Dgemm) })
	})
}

func testGonum[T Float](t *testing.T, gemm func(ta, tb blas.Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int)) {
	rng := rand.New(rand.NewPCG(5, 6))
	transpose := map[bool]blas.Transpose{false: blas.NoTrans, true: blas.Trans}
	for _, form := range gemmForms[T]()[:3] {
		for _, add := range []bool{false, true} {
			for range 30 {
				p := newProduct(rng, form, 1+rng.IntN(70), 1+rng.IntN(70), 1+rng.IntN(150), [3]int{rng.IntN(3), rng.IntN(3), rng.IntN(3)}, add)
				want := p.c.clone()
				beta := T(0)
				if add {
					beta = 1
				}
				gemm(transpose[p.transA], transpose[p.transB], p.m, p.n, p.k, 1,
					p.a.data(), p.a.stride, p.b.data(), p.b.stride, beta, want.data(), want.stride)
				p.run()
				for i := range p.m {
					for j := range p.n {
						_, bound := p.reference(i, j)
						if got, want := p.c.at(i, j), want.at(i, j); !(math.Abs(float64(got)-float64(want)) <= bound) {
							t.Fatalf("%v: c[%d, %d] = %v, gonum has %v ± %v", p, i, j, got, want, bound)
						}
					}
				}
			}
		}
	}
}
