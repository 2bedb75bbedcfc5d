package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestScaleNumbers(t *testing.T) {
	skipUnderRace(t)
	eachLevel(t, func(t *testing.T) {
		t.Run("uint8 to float32", func(t *testing.T) { testScaleNumbers[float32](t, randomBytes) })
		t.Run("uint8 to float64", func(t *testing.T) { testScaleNumbers[float64](t, randomBytes) })
		t.Run("float32 to float32", func(t *testing.T) { testScaleNumbers[float32](t, special[float32]) })
		t.Run("float32 to float64", func(t *testing.T) { testScaleNumbers[float64](t, special[float32]) })
		t.Run("float64 to float32", func(t *testing.T) { testScaleNumbers[float32](t, special[float64]) })
		t.Run("float64 to float64", func(t *testing.T) { testScaleNumbers[float64](t, special[float64]) })
	})
}

func randomBytes(rng *rand.Rand) uint8 { return uint8(rng.UintN(256)) }

// special is a number of which every other is one of those where floating point is not like real numbers.
func special[T Float](rng *rand.Rand) T {
	if all := specials[T](); rng.IntN(2) == 0 {
		return all[rng.IntN(len(all))]
	}
	return T(rng.NormFloat64())
}

func testScaleNumbers[T Float, S Number](t *testing.T, draw func(*rand.Rand) S) {
	rng := rand.New(rand.NewPCG(23, 24))
	for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 784, 2*piece + 7} {
		for _, scale := range []float64{1, 1. / 255, -3.7, 1e300} {
			for offset := range 3 {
				all := make([]S, offset+n+1)
				for i := range all {
					all[i] = draw(rng)
				}
				x, dst := all[offset:offset+n], newOutput[T](rng, 1, n, 0)
				ScaleNumbers(dst.data(), x, scale)
				dst.checkOutput(t, "scale numbers")
				for i, v := range x {
					if want := T(float64(v) * scale); !sameBits(dst.at(0, i), want) {
						t.Fatalf("element %d of %d: %v · %v is %v, want %v", i, n, v, scale, dst.at(0, i), want)
					}
				}
			}
		}
	}
}

// TestScaleNumbersOfEveryByte looks at each value that a pixel can have.
func TestScaleNumbersOfEveryByte(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		x, dst := make([]uint8, 256), make([]float32, 256)
		for i := range x {
			x[i] = uint8(i)
		}
		ScaleNumbers(dst, x, 1./255)
		for i, got := range dst {
			if want := float32(float64(i) * (1. / 255)); math.Float32bits(got) != math.Float32bits(want) {
				t.Errorf("byte %d is %v, want %v", i, got, want)
			}
		}
	})
}

func TestScaleNumbersAllocatesNothing(t *testing.T) {
	x, dst := make([]uint8, 100), make([]float32, 100)
	if n := testing.AllocsPerRun(10, func() { ScaleNumbers(dst, x, 0.5) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
