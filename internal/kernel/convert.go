package kernel

// Number is an element type that numbers are kept in before they become elements.
type Number interface{ uint8 | float32 | float64 }

// ScaleNumbers computes dst[i] = T(float64(x[i])·scale), rounded once to float64 and once to T.
func ScaleNumbers[T Float, S Number](dst []T, x []S, scale float64) {
	dst = dst[:len(x)]
	for ; len(x) > piece; dst, x = dst[piece:], x[piece:] {
		scaleNumbers(dst[:piece], x[:piece], scale)
	}
	scaleNumbers(dst, x, scale)
}

func scaleNumbers[T Float, S Number](dst []T, x []S, scale float64) {
	if level == plain {
		scaleNumbersPlain(dst, x, scale)
		return
	}
	switch x := any(x).(type) {
	case []uint8:
		scaleBytesVector(dst, x, scale)
	case []float32:
		scaleSinglesVector(dst, x, scale)
	case []float64:
		scaleDoublesVector(dst, x, scale)
	}
}

func scaleNumbersPlain[T Float, S Number](dst []T, x []S, scale float64) {
	for i, v := range x {
		dst[i] = T(float64(v) * scale)
	}
}
