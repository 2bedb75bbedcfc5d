package kernel

// multiplyPlain is the product in Go: c[i, j] = start[i, j] + Σ_p a[i·rowStep+p·step]·b[p, j], where b[p, j] is read from
// row j where B is transposed. Products are rounded before they are added.
func (g *gemm[T]) multiplyPlain(c []T, add bool, bias, a, b []T) {
	for i := range g.m {
		ci := c[i*g.ldc : i*g.ldc+g.n]
		switch {
		case add:
		case bias != nil:
			copy(ci, bias)
		default:
			clear(ci)
		}
	}
	if g.k <= 0 {
		return
	}
	if g.transB {
		g.dotRows(c, a, b)
		return
	}
	// Few enough elements of B that a block stays in the cache while it meets every row of C.
	block := max(4, plainBlock/g.n)
	for p := 0; p < g.k; p += block {
		for i := range g.m {
			accumulateRows(c[i*g.ldc:i*g.ldc+g.n], min(block, g.k-p), a, i*g.rowStep+p*g.step, g.step, b[p*g.ldb:], g.ldb)
		}
	}
}

const plainBlock = 1 << 16

// accumulateRows computes c[j] += Σ_p a[a0+p·step]·b[p·ldb+j], in the order of p.
//
// Rows of B stream through the inner loop, four at a time, so that C is read and written once for four of them.
func accumulateRows[T Float](c []T, k int, a []T, a0, step int, b []T, ldb int) {
	n, p := len(c), 0
	for ; p+4 <= k; p += 4 {
		a0p := a0 + p*step
		w0, w1, w2, w3 := a[a0p], a[a0p+step], a[a0p+2*step], a[a0p+3*step]
		b0 := b[p*ldb : p*ldb+n]
		b1 := b[(p+1)*ldb : (p+1)*ldb+n]
		b2 := b[(p+2)*ldb : (p+2)*ldb+n]
		b3 := b[(p+3)*ldb : (p+3)*ldb+n]
		c := c[:len(b0)]
		b1, b2, b3 = b1[:len(b0)], b2[:len(b0)], b3[:len(b0)]
		for j, v := range b0 {
			s := c[j] + T(w0*v)
			s += T(w1 * b1[j])
			s += T(w2 * b2[j])
			c[j] = s + T(w3*b3[j])
		}
	}
	for ; p < k; p++ {
		w := a[a0+p*step]
		for j, v := range b[p*ldb : p*ldb+n] {
			c[j] += T(w * v)
		}
	}
}

// dotRows computes c[i, j] += Σ_p a[i, p]·b[j, p].
//
// Four rows of B are walked at once: four independent chains hide the latency of the additions.
func (g *gemm[T]) dotRows(c, a, b []T) {
	n, k, ldb := g.n, g.k, g.ldb
	for i := range g.m {
		ai := a[i*g.rowStep : i*g.rowStep+k]
		ci := c[i*g.ldc : i*g.ldc+n]
		j := 0
		for ; j+4 <= n; j += 4 {
			b0 := b[j*ldb : j*ldb+k]
			b1 := b[(j+1)*ldb : (j+1)*ldb+k]
			b2 := b[(j+2)*ldb : (j+2)*ldb+k]
			b3 := b[(j+3)*ldb : (j+3)*ldb+k]
			b0, b1, b2, b3 = b0[:len(ai)], b1[:len(ai)], b2[:len(ai)], b3[:len(ai)]
			s0, s1, s2, s3 := ci[j], ci[j+1], ci[j+2], ci[j+3]
			for p, v := range ai {
				s0 += T(v * b0[p])
				s1 += T(v * b1[p])
				s2 += T(v * b2[p])
				s3 += T(v * b3[p])
			}
			ci[j], ci[j+1], ci[j+2], ci[j+3] = s0, s1, s2, s3
		}
		for ; j < n; j++ {
			s := ci[j]
			for p, v := range b[j*ldb : j*ldb+k] {
				s += T(ai[p] * v)
			}
			ci[j] = s
		}
	}
}
