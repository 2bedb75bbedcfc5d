package kernel

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
