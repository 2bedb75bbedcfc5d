package tensor

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/strata-ml/strata/internal/kernel"
)

// Random is a counter-based source of random numbers: a pure function from a key and a counter to 64 bits. It has no
// state to advance, save or restore, and any element can be drawn first.
//
// The function is the output mixer of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
// generators", OOPSLA 2014) over key + counter·γ.
type Random struct{ key uint64 }

// NewRandom returns the source for a seed.
func NewRandom(seed uint64) Random { return Random{kernel.Mix(seed + kernel.Gamma)} }

// With returns an independent source for one more coordinate of the key: a step, a row, an epoch. The key is mixed once
// more before the coordinate enters, so that the order of the coordinates matters, the seed's place among them too:
// seed 1, row 2 is another source than seed 2, row 1.
func (r Random) With(n uint64) Random {
	return Random{kernel.Mix(kernel.Mix(r.key+kernel.Gamma) ^ kernel.Mix(n+kernel.Gamma))}
}

// WithName returns an independent source for a name.
func (r Random) WithName(name string) Random {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	return r.With(h)
}

// Uint64 returns the 64 random bits at counter i.
func (r Random) Uint64(i int) uint64 { return kernel.Mix(r.key + uint64(i)*kernel.Gamma) }

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

// Dropout computes dst[i] = 0·x[i] where r.Float64(i) < rate, else scale·x[i]. A dropped NaN or infinity becomes NaN.
// Shapes: dst, x [n]; dst may be x. It panics unless rate is in [0, 1].
func Dropout[T Float](dst, x []T, r Random, rate float64, scale T) {
	checkLen("dropout", len(dst), len(x))
	if !(rate >= 0 && rate <= 1) {
		panic(&ShapeError{Op: "dropout", Detail: fmt.Sprintf("the rate must be in [0, 1], is %v", rate)})
	}
	kernel.Dropout(dst, x, r.key, rate, scale)
}
