package kernel

// piece is the number of elements that one call of vector code takes: few enough that the collector, which cannot
// preempt assembly, waits for some microseconds only. An elementwise kernel may be cut anywhere.
const piece = 1 << 13

// Axpy computes y += α·x.
func Axpy[T Float](alpha T, x, y []T) {
	y = y[:len(x)]
	if level == plain {
		axpyPlain(alpha, x, y)
		return
	}
	for ; len(x) > piece; x, y = x[piece:], y[piece:] {
		axpyVector(alpha, x[:piece], y)
	}
	axpyVector(alpha, x, y)
}

func axpyPlain[T Float](alpha T, x, y []T) {
	for i, v := range x {
		y[i] += T(alpha * v)
	}
}

// Copy computes dst = x, bit for bit. The slices are the same or do not overlap.
func Copy[T Float](dst, x []T) {
	dst = dst[:len(x)]
	if level == plain {
		copy(dst, x)
		return
	}
	for ; len(x) > piece; x, dst = x[piece:], dst[piece:] {
		copyVector(dst, x[:piece])
	}
	copyVector(dst, x)
}

// Scale computes x *= α.
func Scale[T Float](alpha T, x []T) { ScaleTo(x, alpha, x) }

// ScaleTo computes dst = α·x.
func ScaleTo[T Float](dst []T, alpha T, x []T) {
	dst = dst[:len(x)]
	if level == plain {
		scalePlain(alpha, x, dst)
		return
	}
	for ; len(x) > piece; x, dst = x[piece:], dst[piece:] {
		scaleVector(alpha, x[:piece], dst)
	}
	scaleVector(alpha, x, dst)
}

func scalePlain[T Float](alpha T, x, dst []T) {
	for i, v := range x {
		dst[i] = alpha * v
	}
}

// AddTo computes dst += x.
func AddTo[T Float](dst, x []T) { Add(dst, dst[:len(x)], x) }

// Add computes dst = x + y.
func Add[T Float](dst, x, y []T) {
	dst, y = dst[:len(x)], y[:len(x)]
	if level == plain {
		addPlain(dst, x, y)
		return
	}
	for ; len(x) > piece; dst, x, y = dst[piece:], x[piece:], y[piece:] {
		addVector(dst, x[:piece], y)
	}
	addVector(dst, x, y)
}

func addPlain[T Float](dst, x, y []T) {
	for i, v := range x {
		dst[i] = v + y[i]
	}
}

// Sub computes dst = x − y.
func Sub[T Float](dst, x, y []T) {
	dst, y = dst[:len(x)], y[:len(x)]
	if level == plain {
		subPlain(dst, x, y)
		return
	}
	for ; len(x) > piece; dst, x, y = dst[piece:], x[piece:], y[piece:] {
		subVector(dst, x[:piece], y)
	}
	subVector(dst, x, y)
}

func subPlain[T Float](dst, x, y []T) {
	for i, v := range x {
		dst[i] = v - y[i]
	}
}

// Mul computes dst = x ⊙ y.
func Mul[T Float](dst, x, y []T) {
	dst, y = dst[:len(x)], y[:len(x)]
	if level == plain {
		mulPlain(dst, x, y)
		return
	}
	for ; len(x) > piece; dst, x, y = dst[piece:], x[piece:], y[piece:] {
		mulVector(dst, x[:piece], y)
	}
	mulVector(dst, x, y)
}

func mulPlain[T Float](dst, x, y []T) {
	for i, v := range x {
		dst[i] = v * y[i]
	}
}

// MulAdd computes dst += x ⊙ y.
func MulAdd[T Float](dst, x, y []T) {
	dst, y = dst[:len(x)], y[:len(x)]
	if level == plain {
		mulAddPlain(dst, x, y)
		return
	}
	for ; len(x) > piece; dst, x, y = dst[piece:], x[piece:], y[piece:] {
		mulAddVector(dst, x[:piece], y)
	}
	mulAddVector(dst, x, y)
}

func mulAddPlain[T Float](dst, x, y []T) {
	for i, v := range x {
		dst[i] += T(v * y[i])
	}
}

// Clamp computes x = min(max(x, −limit), limit), limit > 0. NaN stays.
func Clamp[T Float](limit T, x []T) {
	if level == plain {
		clampPlain(limit, x)
		return
	}
	for ; len(x) > piece; x = x[piece:] {
		clampVector(limit, x[:piece])
	}
	clampVector(limit, x)
}

func clampPlain[T Float](limit T, x []T) {
	for i, v := range x {
		x[i] = min(max(v, -limit), limit)
	}
}
