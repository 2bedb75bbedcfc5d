package kernel

import (
	"math/rand/v2"
	"testing"
)

// TestGemmNarrow runs products whose C is narrow, or nearly so, with random tails of rows, columns and k.
func TestGemmNarrow(t *testing.T) {
	skipUnderRace(t)
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testGemmNarrow[float32])
		t.Run("float64", testGemmNarrow[float64])
	})
}

func testGemmNarrow[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	gap := func() int { return []int{0, 1, 5, 16}[rng.IntN(4)] }
	for _, form := range gemmForms[T]() {
		narrow := 0
		for range 250 {
			m, n, k := 4+rng.IntN(narrowPiece+40), 1+rng.IntN(34), narrowLeastK-1+rng.IntN(18)
			p := newProduct(rng, form, m, n, k, [3]int{gap(), gap(), gap()}, rng.IntN(2) == 0)
			g := gemm[T]{m: m, n: n, k: k, step: 1, ldb: p.b.stride, transB: form.transB}
			if form.transA {
				g.step = p.a.stride
			}
			if g.isNarrow() && g.takesSquares() == (level == avx512 && !form.transA) {
				narrow++
			}
			p.check(t)
		}
		if level == avx512 && narrow < 50 {
			t.Errorf("%s: only %d products were narrow, and took the way that they were to take", form.name, narrow)
		}
	}
}
