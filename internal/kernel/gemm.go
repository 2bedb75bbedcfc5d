package kernel

// blockElements is how many elements of B a block holds: few enough that a block stays in the cache while it meets
// every row of C. Blocks follow each other in the order of k, so that they do not show in the result.
const blockElements = 1 << 16

// GemmNN computes C = A·B, or C += A·B when add is set. Shapes: C [m n], A [m k], B [k n], row-major with strides
// ldc, lda, ldb. Each element is one chain over p = 0..k-1 that starts from 0 or from C.
func GemmNN[T Float](m, n, k int, c []T, ldc int, add bool, a []T, lda int, b []T, ldb int) {
	gemmRows(m, n, k, c, ldc, add, a, lda, 1, b, ldb)
}

// GemmTN computes C = Aᵀ·B, or C += Aᵀ·B when add is set. Shapes: C [m n], A [k m], B [k n].
func GemmTN[T Float](m, n, k int, c []T, ldc int, add bool, a []T, lda int, b []T, ldb int) {
	gemmRows(m, n, k, c, ldc, add, a, 1, lda, b, ldb)
}

// gemmRows computes c[i, j] = Σ_p a[i·rowStep+p·step]·b[p, j], or adds it to c.
func gemmRows[T Float](m, n, k int, c []T, ldc int, add bool, a []T, rowStep, step int, b []T, ldb int) {
	if !add {
		for i := range m {
			clear(c[i*ldc : i*ldc+n])
		}
	}
	block := max(4, blockElements/max(n, 1))
	for p := 0; p < k; p += block {
		for i := range m {
			accumulateRows(c[i*ldc:i*ldc+n], n, min(block, k-p), a, i*rowStep+p*step, step, b[p*ldb:], ldb)
		}
	}
}

// accumulateRows computes c[j] += Σ_p a[a0+p·step]·b[p·ldb+j], in the order of p.
//
// Rows of B stream through the inner loop, four at a time, so that C is read and written once for four of them.
func accumulateRows[T Float](c []T, n, k int, a []T, a0, step int, b []T, ldb int) {
	p := 0
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

// GemmNT computes C = A·Bᵀ, or C += A·Bᵀ when add is set. Shapes: C [m n], A [m k], B [n k].
//
// Four rows of B are walked at once: four independent chains hide the latency of the additions.
func GemmNT[T Float](m, n, k int, c []T, ldc int, add bool, a []T, lda int, b []T, ldb int) {
	for i := range m {
		ai := a[i*lda : i*lda+k]
		ci := c[i*ldc : i*ldc+n]
		if !add {
			clear(ci)
		}
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
