package kernel

import "math"

// Axpy computes y += α·x.
func Axpy[T Float](alpha T, x, y []T) {
	if level == plain {
		axpyPlain(alpha, x, y)
		return
	}
	axpyVector(alpha, x, y[:len(x)])
}

func axpyPlain[T Float](alpha T, x, y []T) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += T(alpha * v)
	}
}

// AddTo computes dst += x.
func AddTo[T Float](dst, x []T) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] += v
	}
}

// Scale computes x *= α.
func Scale[T Float](alpha T, x []T) {
	for i := range x {
		x[i] *= alpha
	}
}

// Mul computes dst = x ⊙ y.
func Mul[T Float](dst, x, y []T) {
	dst, y = dst[:len(x)], y[:len(x)]
	for i, v := range x {
		dst[i] = v * y[i]
	}
}

// Dot returns Σ x[i]·y[i], in Lanes chains.
func Dot[T Float](x, y []T) T {
	var lane [Lanes]T
	y = y[:len(x)]
	for i, v := range x {
		lane[i%Lanes] += T(v * y[i])
	}
	return joinLanes(&lane)
}

// Sum returns Σ x[i], in Lanes chains.
func Sum[T Float](x []T) T {
	var lane [Lanes]T
	for i, v := range x {
		lane[i%Lanes] += v
	}
	return joinLanes(&lane)
}

// SumSquares returns Σ x[i]², in Lanes chains of float64: the sum of float32 squares neither overflows nor drifts.
func SumSquares[T Float](x []T) float64 {
	var lane [Lanes]float64
	for i, v := range x {
		w := float64(v)
		lane[i%Lanes] += float64(w * w)
	}
	return joinLanes(&lane)
}

// joinLanes adds the lanes in a binary tree: halves onto halves.
func joinLanes[T Float](lane *[Lanes]T) T {
	for half := Lanes / 2; half > 0; half /= 2 {
		for i := range half {
			lane[i] += lane[i+half]
		}
	}
	return lane[0]
}

// AddRow computes y[i, j] += b[j] for every row i. Shapes: y [rows n], b [n].
func AddRow[T Float](y, b []T) {
	for n := len(b); len(y) >= n && n > 0; y = y[n:] {
		AddTo(y[:n], b)
	}
}

// SumRows computes db[j] += Σ_i dy[i, j], row after row. Shapes: dy [rows n], db [n].
func SumRows[T Float](db, dy []T) {
	for n := len(db); len(dy) >= n && n > 0; dy = dy[n:] {
		AddTo(db, dy[:n])
	}
}

// Exp computes dst = eˣ.
func Exp[T Float](dst, x []T) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = T(math.Exp(float64(v)))
	}
}

// Log computes dst = ln x.
func Log[T Float](dst, x []T) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = T(math.Log(float64(v)))
	}
}

// Tanh computes dst = tanh x.
func Tanh[T Float](dst, x []T) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = T(math.Tanh(float64(v)))
	}
}

// Sigmoid computes dst = 1/(1+e⁻ˣ), with the exponential of −|x| so that nothing overflows.
func Sigmoid[T Float](dst, x []T) {
	dst = dst[:len(x)]
	for i, v := range x {
		e := math.Exp(-math.Abs(float64(v)))
		if v >= 0 {
			dst[i] = T(1 / (1 + e))
		} else {
			dst[i] = T(e / (1 + e))
		}
	}
}

// Max returns the largest element, NaN when there is one. x must not be empty.
func Max[T Float](x []T) T {
	m := x[0]
	for _, v := range x {
		if v > m || v != v {
			m = v
		}
		if m != m {
			break
		}
	}
	return m
}

// Softmax computes dst[i, j] = e^(x[i,j]−mᵢ) / Σ_l e^(x[i,l]−mᵢ) with mᵢ the row's maximum. Shapes: dst, x [rows n].
func Softmax[T Float](dst, x []T, n int) {
	for ; len(x) >= n && n > 0; dst, x = dst[n:], x[n:] {
		m := Max(x[:n])
		for j, v := range x[:n] {
			dst[j] = v - m
		}
		Exp(dst[:n], dst[:n])
		Scale(1/Sum(dst[:n]), dst[:n])
	}
}
