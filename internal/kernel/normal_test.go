package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestGELUBackward compares with math/big. The derivative crosses 0 near −0.75: errors count against a quarter at least,
// but in the lower tail against the derivative itself.
func TestGELUBackward(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testGELUBackward[float32])
		t.Run("float64", testGELUBackward[float64])
	})
}

func testGELUBackward[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	const n = 2000
	x, dx, one := make([]T, n), make([]T, n), make([]T, n)
	for i := range x {
		x[i], one[i] = T(12*(2*rng.Float64()-1)), 1
		if i%2 == 0 {
			x[i] = T(rng.NormFloat64())
		}
	}
	for _, f := range []struct {
		name   string
		kernel func(dx, x, dy []T)
		exact  func(x *big.Float) *big.Float
	}{
		{"gelu", GELUBackward[T], exactGELUSlope},
		{"gelu tanh", GELUTanhBackward[T], exactGELUTanhSlope},
	} {
		f.kernel(dx, x, one)
		worst := worstError{}
		for i, v := range x {
			want := f.exact(exactNumber(float64(v)))
			e := ulps(dx[i], want)
			if w, _ := want.Float64(); v > -1.5 && math.Abs(w) < 0.25 {
				e *= math.Ldexp(1, want.MantExp(nil)+1)
			}
			if level == plain && v < -1.5 { // math.Exp of −x²/2 does not know the rounding of x²
				e *= 0x1p-6
			}
			worst.observe(float64(v), e)
		}
		worst.check(t, f.name, 6)
	}
}

func TestGELULimits(t *testing.T) {
	inf := math.Inf(1)
	eachLevel(t, func(t *testing.T) {
		for _, f := range []struct {
			name     string
			backward func(dx, x, dy []float64)
		}{{"gelu", GELUBackward[float64]}, {"gelu tanh", GELUTanhBackward[float64]}} {
			x, dx := []float64{-inf, -1e300, 0, 1e300, inf, math.NaN()}, make([]float64, 6)
			f.backward(dx, x, []float64{1, 1, 1, 1, 1, 1})
			for i, want := range []float64{0, 0, 0.5, 1, 1, math.NaN()} {
				if dx[i] != want && want == want || want != want && dx[i] == dx[i] {
					t.Errorf("%s: slope %v at %v, want %v", f.name, dx[i], x[i], want)
				}
			}
		}
	})
}

// TestGELUBackwardAgrees: both instruction sets give the same bits, and dy is a factor.
func TestGELUBackwardAgrees(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	x, dy := anyNumbers[float32](rng, 10_007), randomFloats[float32](rng, 10_007)
	for _, backward := range []func(dx, x, dy []float32){GELUBackward[float32], GELUTanhBackward[float32]} {
		var first []float32
		eachVectorLevel(t, func(t *testing.T) {
			dx, slope, one := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
			for i := range one {
				one[i] = 1
			}
			backward(dx, x, dy)
			backward(slope, x, one)
			if first == nil {
				first = dx
			}
			for i := range dx {
				if !sameBits(dx[i], first[i]) || !sameBits(dx[i], dy[i]*slope[i]) {
					t.Fatalf("x, dy = %v, %v: %v, with AVX2 %v, from the slope %v", x[i], dy[i], dx[i], first[i], dy[i]*slope[i])
				}
			}
		})
	}
}
