package kernel

// Max returns the largest element, NaN when there is one. x must not be empty. Of −0 and +0 it returns either.
func Max[T Float](x []T) T {
	if level == plain {
		return maxPlain(x)
	}
	m := maxVector(x[:min(len(x), sumPiece)])
	for x = x[min(len(x), sumPiece):]; len(x) > 0; x = x[min(len(x), sumPiece):] {
		if v := maxVector(x[:min(len(x), sumPiece)]); v > m || v != v {
			m = v
		}
		if m != m {
			break
		}
	}
	return m
}

func maxPlain[T Float](x []T) T {
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

// Softmax computes dst[i, j] = e^(x[i,j]−mᵢ) / Σ_l e^(x[i,l]−mᵢ) with mᵢ the row's maximum. The sum is that of Sum.
// Shapes: dst, x [rows n].
func Softmax[T Float](dst, x []T, n int) {
	if n <= 0 {
		return
	}
	x = x[:len(x)/n*n]
	dst = dst[:len(x)]
	if !shared(softmaxRows, 0, &settings[T]{}, dst, x, nil, n) {
		softmaxPart(dst, x, n)
	}
}

func softmaxPart[T Float](dst, x []T, n int) {
	if level == plain || n > sumPiece {
		softmaxPlain(dst, x, n)
		return
	}
	for step := max(1, piece/n) * n; len(x) > 0; {
		part := min(step, len(x))
		if n <= Lanes {
			softmaxNarrowVector(dst[:part], x[:part], n)
		} else {
			softmaxVector(dst[:part], x[:part], n)
		}
		dst, x = dst[part:], x[part:]
	}
}

func softmaxPlain[T Float](dst, x []T, n int) {
	for ; len(x) > 0; dst, x = dst[n:], x[n:] {
		m := Max(x[:n])
		for j, v := range x[:n] {
			dst[j] = v - m
		}
		applyPart(expFunction, &settings[T]{}, dst[:n], dst[:n])
		Scale(1/Sum(dst[:n]), dst[:n])
	}
}

// SoftmaxBackward computes dx[i, j] = y[i, j]·(dy[i, j] − Σ_l dy[i, l]·y[i, l]) from the softmax y. The sum is that of Dot.
// Shapes: dx, y, dy [rows n]; dx may be y or dy.
func SoftmaxBackward[T Float](dx, y, dy []T, n int) {
	if n <= 0 {
		return
	}
	y = y[:len(y)/n*n]
	dx, dy = dx[:len(y)], dy[:len(y)]
	if !shared(softmaxGradients, 0, &settings[T]{}, dx, y, dy, n) {
		softmaxBackwardPart(dx, y, dy, n)
	}
}

func softmaxBackwardPart[T Float](dx, y, dy []T, n int) {
	if level == plain || n > sumPiece {
		softmaxBackwardPlain(dx, y, dy, n)
		return
	}
	for step := max(1, piece/n) * n; len(y) > 0; {
		part := min(step, len(y))
		softmaxBackwardVector(dx[:part], y[:part], dy[:part], n)
		dx, y, dy = dx[part:], y[part:], dy[part:]
	}
}

func softmaxBackwardPlain[T Float](dx, y, dy []T, n int) {
	for ; len(y) > 0; dx, y, dy = dx[n:], y[n:], dy[n:] {
		s := Dot(dy[:n], y[:n])
		for j, v := range y[:n] {
			dx[j] = v * (dy[j] - s)
		}
	}
}
