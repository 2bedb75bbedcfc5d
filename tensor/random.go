package tensor

import (
	"fmt"
	"math"
	"math/bits"
)

// Random is a counter-based source of random numbers: a pure function from a key and a counter to 64 bits. It has no
// state to advance, save or restore, and any element can be drawn first.
//
// The function is the output mixer of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
// generators", OOPSLA 2014) over key + counter·γ.
type Random struct{ key uint64 }

const gamma = 0x9e3779b97f4a7c15 // 2⁶⁴ divided by the golden ratio, odd

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// NewRandom returns the source for a seed.
func NewRandom(seed uint64) Random { return Random{mix(seed + gamma)} }

// With returns an independent source for one more coordinate of the key: a step, a row, an epoch. The key is mixed once
// more before the coordinate enters, so that the order of the coordinates matters, the seed's place among them too:
// seed 1, row 2 is another source than seed 2, row 1.
func (r Random) With(n uint64) Random { return Random{mix(mix(r.key+gamma) ^ mix(n+gamma))} }

// WithName returns an independent source for a name.
func (r Random) WithName(name string) Random {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	return r.With(h)
}

// Uint64 returns the 64 random bits at counter i.
func (r Random) Uint64(i int) uint64 { return mix(r.key + uint64(i)*gamma) }

// Float64 returns a number uniform in [0, 1) at counter i, a multiple of 2⁻⁵³.
func (r Random) Float64(i int) float64 { return float64(r.Uint64(i)>>11) * 0x1p-53 }

// Normal returns a standard normal number at counter i, by the transform of Box and Muller (1958) on the counters 2i
// and 2i+1.
func (r Random) Normal(i int) float64 {
	u := 1 - r.Float64(2*i) // in (0, 1]
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*r.Float64(2*i+1))
}

// IntN returns a whole number in [0, n) at counter i. Its bias is below n/2⁶⁴. It panics when n is not positive.
func (r Random) IntN(i, n int) int {
	if n <= 0 {
		panic(&ShapeError{Op: "int_n", Detail: fmt.Sprintf("the bound must be positive, is %d", n)})
	}
	hi, _ := bits.Mul64(r.Uint64(i), uint64(n))
	return int(hi)
}
