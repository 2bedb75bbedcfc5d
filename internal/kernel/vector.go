package kernel

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
