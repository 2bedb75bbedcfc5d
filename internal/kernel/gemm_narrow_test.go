package kernel

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
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
	for _, form := range gemmForms[T]() {
		narrow := 0
		rapid.Check(t, func(t *rapid.T) {
			gap := rapid.SampledFrom([]int{0, 1, 5, 16})
			m, n := rapid.IntRange(4, narrowPiece+40).Draw(t, "m"), rapid.IntRange(1, 34).Draw(t, "n")
			k := rapid.IntRange(narrowLeastK-1, narrowLeastK+17).Draw(t, "k")
			gaps := [3]int{gap.Draw(t, "gap of c"), gap.Draw(t, "gap of a"), gap.Draw(t, "gap of b")}
			rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			p := newProduct(rng, form, m, n, k, gaps, rapid.Bool().Draw(t, "add"))
			g := gemm[T]{m: m, n: n, k: k, step: 1, ldb: p.b.stride, transB: form.transB}
			if form.transA {
				g.step = p.a.stride
			}
			if g.isNarrow() && g.takesSquares() == (level == avx512 && !form.transA) {
				narrow++
			}
			p.check(t)
		})
		if level == avx512 && narrow < 20 {
			t.Errorf("%s: only %d products were narrow, and took the way that they were to take", form.name, narrow)
		}
	}
}
