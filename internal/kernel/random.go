package kernel

import "math"

// Gamma is the step of the counter of SplitMix64: 2⁶⁴ divided by the golden ratio, odd.
const Gamma = 0x9e3779b97f4a7c15

// Mix is the output mixer of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA
// 2014).
func Mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Dropout computes dst[i] = 0·x[i] where the number u_i = Mix(key + i·γ)/2⁶⁴, rounded down to a multiple of 2⁻⁵³, is less
// than rate, else scale·x[i]. 0 ≤ rate ≤ 1.
func Dropout[T Float](dst, x []T, key uint64, rate float64, scale T) {
	dst = dst[:len(x)]
	last := int64(math.Ceil(rate*(1<<53))) - 1 // u_i < rate means that its 53 bits are at most this
	if level == plain {
		dropoutPlain(dst, x, key, last, scale)
		return
	}
	drawn := uint64(piece)
	for ; len(x) > piece; dst, x = dst[piece:], x[piece:] {
		dropoutVector(dst, x[:piece], key, last, scale)
		key += drawn * Gamma
	}
	dropoutVector(dst, x, key, last, scale)
}

func dropoutPlain[T Float](dst, x []T, key uint64, last int64, scale T) {
	for i, v := range x {
		m := scale
		if int64(Mix(key+uint64(i)*Gamma)>>11) <= last {
			m = 0
		}
		dst[i] = m * v
	}
}
