package kernel

import (
	"math/rand/v2"
	"testing"
)

// benchProducts are products of training: squares, the layers of dense networks and a convolution with their gradients
// (dX is NT, dW is TN), one row and few, narrow outputs, and sums over many rows.
var benchProducts = []struct {
	name, form string
	m, n, k    int
}{
	{"sq64", "NN", 64, 64, 64},
	{"sq128", "NN", 128, 128, 128},
	{"sq256", "NN", 256, 256, 256},
	{"sq512", "NN", 512, 512, 512},
	{"sq1024", "NN", 1024, 1024, 1024},
	{"sq2048", "NN", 2048, 2048, 2048},
	{"fcA.fwd", "NN", 128, 512, 784},
	{"fcA.dX", "NT", 128, 784, 512},
	{"fcA.dW", "TN", 784, 512, 128},
	{"small.fwd", "NN", 32, 64, 64},
	{"small.dX", "NT", 32, 64, 64},
	{"small.dW", "TN", 64, 64, 32},
	{"big.fwd", "NN", 512, 4096, 4096},
	{"big.dX", "NT", 512, 4096, 4096},
	{"big.dW", "TN", 4096, 4096, 512},
	{"conv.fwd", "NN", 2304, 64, 288},
	{"conv.dX", "NT", 2304, 288, 64},
	{"conv.dW", "TN", 288, 64, 2304},
	{"gemv1", "NN", 1, 512, 784},
	{"gemv8", "NN", 8, 512, 784},
	{"out10.fwd", "NN", 128, 10, 512},
	{"out10.dX", "NT", 128, 512, 10},
	{"out10.dW", "TN", 512, 10, 128},
	{"tall.dW", "TN", 64, 32, 60000},
	{"tallWide.dW", "TN", 64, 1024, 16384},
}

func BenchmarkGemm(b *testing.B) {
	b.Run("float32", benchProductsOf[float32])
	b.Run("float64", benchProductsOf[float64])
}

func benchProductsOf[T Float](b *testing.B) {
	for _, s := range benchProducts {
		for _, form := range gemmForms[T]() {
			if form.name == s.form {
				b.Run(s.name, func(b *testing.B) { benchGemm(b, form, s.m, s.n, s.k) })
			}
		}
	}
}

func benchGemm[T Float](b *testing.B, form gemmForm[T], m, n, k int) {
	rng := rand.New(rand.NewPCG(1, 2))
	ar, ac, br, bc := form.extents(m, n, k)
	x, y, z := randomFloats[T](rng, ar*ac), randomFloats[T](rng, br*bc), make([]T, m*n)
	b.ReportAllocs()
	for b.Loop() {
		form.gemm(m, n, k, z, n, false, x, ac, y, bc)
	}
	b.ReportMetric(2*float64(m)*float64(n)*float64(k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

func randomFloats[T Float](rng *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(rng.NormFloat64())
	}
	return x
}
