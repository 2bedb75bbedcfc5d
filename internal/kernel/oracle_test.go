package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// eachLevel runs a test with every kind of code that this machine has, one after the other.
func eachLevel(t *testing.T, test func(t *testing.T)) {
	best := level
	defer func() { level = best }()
	for l := plain; l <= best; l++ {
		level = l
		t.Run(l.String(), test)
	}
}

// eachVectorLevel is eachLevel without the loops in Go. It skips on a machine that has nothing else.
func eachVectorLevel(t *testing.T, test func(t *testing.T)) {
	if level == plain {
		t.Skip("needs a processor with AVX2 and FMA")
	}
	best := level
	defer func() { level = best }()
	for l := avx2; l <= best; l++ {
		level = l
		t.Run(l.String(), test)
	}
}

// mulAdd is a·b + c in the arithmetic of the level: the product rounded first, or the whole rounded once. A c that is a
// product is rounded, too.
func mulAdd[T Float](a, b, c T) T {
	if level == plain {
		return T(a*b) + T(c)
	}
	return fused(a, b, c)
}

// fused is a·b + c rounded once.
//
// The product of two float32 is exact in float64. Its sum with c is rounded to odd: a sum that is not exact gets an odd
// last bit, so that the rounding to float32 cannot take it for a tie (Boldo and Melquiond, "Emulation of FMA and
// correctly rounded sums: proved algorithms using rounding to odd", IEEE Transactions on Computers 57, 2008).
func fused[T Float](a, b, c T) T {
	if !is32[T]() {
		return T(math.FMA(float64(a), float64(b), float64(c)))
	}
	p, s := float64(a)*float64(b), float64(c)
	sum := p + s
	if math.IsNaN(sum) || math.IsInf(sum, 0) {
		return T(sum)
	}
	virtual := sum - p
	if e := (p - (sum - virtual)) + (s - virtual); e != 0 && math.Float64bits(sum)&1 == 0 {
		sum = math.Nextafter(sum, math.Copysign(math.Inf(1), e))
	}
	return T(sum)
}

func TestFused(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	word := func() float32 {
		for {
			if v := math.Float32frombits(rng.Uint32()&^(0x7f<<23) | uint32(100+rng.IntN(54))<<23&0x7f800000); v-v == 0 {
				return v
			}
		}
	}
	for range 200_000 {
		a, b, c := word(), word(), word()
		if rng.IntN(2) == 0 {
			c = -a * b * (1 + float32(rng.IntN(9)-4)*0x1p-23) // near cancellation
		}
		exact := new(big.Float).SetPrec(500).Mul(big.NewFloat(float64(a)), big.NewFloat(float64(b)))
		want, _ := exact.Add(exact, big.NewFloat(float64(c))).Float32()
		if got := fused(a, b, c); got != want {
			t.Fatalf("%v · %v + %v = %v, want %v", a, b, c, got, want)
		}
	}
}
