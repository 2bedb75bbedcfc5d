package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// TestMixIsSplitMix64 compares with the first outputs of the published generator for the seed 1234567.
func TestMixIsSplitMix64(t *testing.T) {
	state := uint64(1234567)
	for i, want := range []uint64{
		6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
	} {
		state += Gamma
		if got := Mix(state); got != want {
			t.Errorf("output %d is %d, want %d", i, got, want)
		}
	}
}

func TestDropout(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testDropout[float32])
		t.Run("float64", testDropout[float64])
	})
}

func testDropout[T Float](t *testing.T) {
	rates := []float64{0, 5e-324, 0x1p-53, 0.1, 0.25, 0.5, 0.9, math.Nextafter(1, 0), 1}
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 6))
		checkDropout[T](t, rng, rapid.IntRange(0, 150).Draw(t, "n"), rapid.SampledFrom(rates).Draw(t, "rate"))
	})
	checkDropout[T](t, rand.New(rand.NewPCG(21, 22)), 2*piece+7, 0.3)
	// Rates beside the number of an element: the comparison is exact.
	for i := range 20 {
		key := uint64(i) * 977
		u := float64(Mix(key)>>11) * 0x1p-53
		for rate, want := range map[float64]T{math.Nextafter(u, 0): 2, u: 2, math.Nextafter(u, 1): 0} {
			y := []T{1}
			if Dropout(y, y, key, rate, 2); y[0] != want {
				t.Errorf("u = %v at rate %v gives %v", u, rate, y[0])
			}
		}
	}
}

func checkDropout[T Float](t rapid.TB, rng *rand.Rand, n int, rate float64) {
	t.Helper()
	const scale = 1.25
	key := rng.Uint64()
	dst, x := newOutput[T](rng, 1, n, 0), newInput[T](rng, 1, n, 0)
	special := specials[T]()
	for j := range n {
		if rng.IntN(8) == 0 {
			x.set(0, j, special[rng.IntN(len(special))])
		}
	}
	Dropout(dst.data(), x.data(), key, rate, scale)
	x.checkInput(t, "dropout")
	dst.checkOutput(t, "dropout")
	for j := range n {
		factor := T(scale)
		if float64(Mix(key+uint64(j)*Gamma)>>11)*0x1p-53 < rate {
			factor = 0
		}
		if want := factor * x.at(0, j); !sameBits(dst.at(0, j), want) {
			t.Fatalf("element %d of %d at rate %v is %v, want %v", j, n, rate, dst.at(0, j), want)
		}
	}
}
