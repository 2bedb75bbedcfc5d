package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// The products of a dense layer: forward (NN), gradient of the input (NT), gradient of the weights (TN).
var benchProducts = []struct {
	name    string
	m, n, k int
}{
	{"fcA", 128, 512, 784},
	{"sq256", 256, 256, 256},
	{"out10", 128, 10, 512},
	{"row1", 1, 512, 784},
}

// tallProducts have the shape of a weight gradient over many rows; B of the second has 64 MiB. Their cost per operation
// should be that of the products above.
var tallProducts = []struct {
	name    string
	m, n, k int
}{
	{"tall", 64, 32, 60000},
	{"tallWide", 64, 1024, 16384},
}

func BenchmarkGemm(b *testing.B) {
	for _, form := range gemmForms[float32]() {
		for _, s := range append(benchProducts, tallProducts...) {
			b.Run(fmt.Sprintf("%s/%s/float32", form.name, s.name), func(b *testing.B) { benchGemm(b, form, s.m, s.n, s.k) })
		}
	}
	for _, form := range gemmForms[float64]() {
		s := benchProducts[0]
		b.Run(fmt.Sprintf("%s/%s/float64", form.name, s.name), func(b *testing.B) { benchGemm(b, form, s.m, s.n, s.k) })
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
