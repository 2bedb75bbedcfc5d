package kernel

// The rules that divide by the root of what the squared gradients of an element have been. Take, C1 and C2 are what a
// mean takes of a gradient; it keeps Rho, Beta1 and Beta2 of itself.

// An AdagradStep holds the numbers of a step of Adagrad.
type AdagradStep[T Float] struct{ LR, Eps, Initial T }

// Adagrad computes, with g folded:
//
//	sum = sum + g²
//	w   = w − LR·(g/(√(Initial + sum) + Eps))
func Adagrad[T Float](w, g, sum []T, s *AdagradStep[T], f *Fold[T]) {
	g, sum = g[:len(w)], sum[:len(w)]
	if t := shareUpdate[T](len(w)); t != nil {
		t.rule, t.adagrad = adagradRule, *s
		t.share(w, g, f, sum)
		return
	}
	adagrad(w, g, sum, s, f)
}

func adagrad[T Float](w, g, sum []T, s *AdagradStep[T], f *Fold[T]) {
	for i := 0; i < len(w); i += piece {
		w, g, sum := cut(w, i), cut(g, i), cut(sum, i)
		switch {
		case level == plain:
			adagradPlain(w, g, sum, s, f)
		case f == nil:
			adagradVector(w, g, sum, s.LR, s.Eps, s.Initial)
		default:
			foldedAdagradVector(w, g, sum, s.LR, s.Eps, s.Initial, f.Factor, f.L1, f.L2)
		}
	}
}

func adagradPlain[T Float](w, g, sum []T, s *AdagradStep[T], f *Fold[T]) {
	for i := range w {
		gi := f.of(w[i], g[i])
		sum[i] += T(gi * gi)
		w[i] -= T(s.LR * (gi / (sqrt(s.Initial+sum[i]) + s.Eps)))
	}
}

// An AdadeltaStep holds the numbers of a step of Adadelta.
type AdadeltaStep[T Float] struct{ LR, Rho, Take, Eps T }

// Adadelta computes, with g folded:
//
//	v = Rho·v + Take·g²
//	d = √(u + Eps)/√(v + Eps)·g
//	u = Rho·u + Take·d²
//	w = w − LR·d
func Adadelta[T Float](w, g, v, u []T, s *AdadeltaStep[T], f *Fold[T]) {
	g, v, u = g[:len(w)], v[:len(w)], u[:len(w)]
	if t := shareUpdate[T](len(w)); t != nil {
		t.rule, t.adadelta = adadeltaRule, *s
		t.share(w, g, f, v, u)
		return
	}
	adadelta(w, g, v, u, s, f)
}

func adadelta[T Float](w, g, v, u []T, s *AdadeltaStep[T], f *Fold[T]) {
	for i := 0; i < len(w); i += piece {
		w, g, v, u := cut(w, i), cut(g, i), cut(v, i), cut(u, i)
		switch {
		case level == plain:
			adadeltaPlain(w, g, v, u, s, f)
		case f == nil:
			adadeltaVector(w, g, v, u, s.LR, s.Rho, s.Take, s.Eps)
		default:
			foldedAdadeltaVector(w, g, v, u, s.LR, s.Rho, s.Take, s.Eps, f.Factor, f.L1, f.L2)
		}
	}
}

func adadeltaPlain[T Float](w, g, v, u []T, s *AdadeltaStep[T], f *Fold[T]) {
	for i := range w {
		gi := f.of(w[i], g[i])
		v[i] = T(s.Rho*v[i]) + T(s.Take*gi*gi)
		d := sqrt(u[i]+s.Eps) / sqrt(v[i]+s.Eps) * gi
		u[i] = T(s.Rho*u[i]) + T(s.Take*d*d)
		w[i] -= T(s.LR * d)
	}
}

// An RMSpropStep holds the numbers of a step of RMSprop.
type RMSpropStep[T Float] struct{ LR, Rho, Take, Eps, Mu T }

// RMSprop computes, with g folded:
//
//	v = Rho·v + Take·g²
//	m = Rho·m + Take·g               where there is m
//	d = g/(√v + Eps)                 with m: g/(√max(v − m², 0) + Eps)
//	b = Mu·b + d                     without b, d in its place
//	w = w − LR·b
//
// A nil m or b is not there.
func RMSprop[T Float](w, g, v, m, b []T, s *RMSpropStep[T], f *Fold[T]) {
	g, v = g[:len(w)], v[:len(w)]
	if m != nil {
		m = m[:len(w)]
	}
	if b != nil {
		b = b[:len(w)]
	}
	if t := shareUpdate[T](len(w)); t != nil {
		t.rule, t.rmsprop = rmspropRule, *s
		t.share(w, g, f, v, m, b)
		return
	}
	rmsprop(w, g, v, m, b, s, f)
}

func rmsprop[T Float](w, g, v, m, b []T, s *RMSpropStep[T], f *Fold[T]) {
	for i := 0; i < len(w); i += piece {
		w, g, v := cut(w, i), cut(g, i), cut(v, i)
		var mi, bi []T
		if m != nil {
			mi = cut(m, i)
		}
		if b != nil {
			bi = cut(b, i)
		}
		switch {
		case level == plain:
			rmspropPlain(w, g, v, mi, bi, s, f)
		case f == nil:
			rmspropPiece(w, g, v, mi, bi, s)
		default:
			foldedRMSpropPiece(w, g, v, mi, bi, s, f)
		}
	}
}

func rmspropPiece[T Float](w, g, v, m, b []T, s *RMSpropStep[T]) {
	switch {
	case m == nil && b == nil:
		rmspropVector(w, g, v, s.LR, s.Rho, s.Take, s.Eps)
	case m == nil:
		rmspropMovingVector(w, g, v, b, s.LR, s.Rho, s.Take, s.Eps, s.Mu)
	case b == nil:
		centeredVector(w, g, v, m, s.LR, s.Rho, s.Take, s.Eps)
	default:
		centeredMovingVector(w, g, v, m, b, s.LR, s.Rho, s.Take, s.Eps, s.Mu)
	}
}

func foldedRMSpropPiece[T Float](w, g, v, m, b []T, s *RMSpropStep[T], f *Fold[T]) {
	switch {
	case m == nil && b == nil:
		foldedRmspropVector(w, g, v, s.LR, s.Rho, s.Take, s.Eps, f.Factor, f.L1, f.L2)
	case m == nil:
		foldedRmspropMovingVector(w, g, v, b, s.LR, s.Rho, s.Take, s.Eps, s.Mu, f.Factor, f.L1, f.L2)
	case b == nil:
		foldedCenteredVector(w, g, v, m, s.LR, s.Rho, s.Take, s.Eps, f.Factor, f.L1, f.L2)
	default:
		foldedCenteredMovingVector(w, g, v, m, b, s.LR, s.Rho, s.Take, s.Eps, s.Mu, f.Factor, f.L1, f.L2)
	}
}

func rmspropPlain[T Float](w, g, v, m, b []T, s *RMSpropStep[T], f *Fold[T]) {
	for i := range w {
		gi := f.of(w[i], g[i])
		v[i] = T(s.Rho*v[i]) + T(s.Take*gi*gi)
		square := v[i]
		if m != nil {
			m[i] = settled(T(s.Rho*m[i]) + T(s.Take*gi))
			square = max(square-T(m[i]*m[i]), 0)
		}
		d := gi / (sqrt(square) + s.Eps)
		if b != nil {
			b[i] = settled(T(s.Mu*b[i]) + d)
			d = b[i]
		}
		w[i] -= T(s.LR * d)
	}
}

// An AdamaxStep holds the numbers of a step of Adamax: Step is η/(1−β₁ᵗ).
type AdamaxStep[T Float] struct{ Beta1, C1, Beta2, Eps, Step T }

// Adamax computes, with g folded:
//
//	m = Beta1·m + C1·g
//	u = max(Beta2·u, |g| + Eps)
//	w = w − Step·(m/u)
func Adamax[T Float](w, g, m, u []T, s *AdamaxStep[T], f *Fold[T]) {
	g, m, u = g[:len(w)], m[:len(w)], u[:len(w)]
	if t := shareUpdate[T](len(w)); t != nil {
		t.rule, t.adamax = adamaxRule, *s
		t.share(w, g, f, m, u)
		return
	}
	adamax(w, g, m, u, s, f)
}

func adamax[T Float](w, g, m, u []T, s *AdamaxStep[T], f *Fold[T]) {
	for i := 0; i < len(w); i += piece {
		w, g, m, u := cut(w, i), cut(g, i), cut(m, i), cut(u, i)
		switch {
		case level == plain:
			adamaxPlain(w, g, m, u, s, f)
		case f == nil:
			adamaxVector(w, g, m, u, s.Beta1, s.C1, s.Beta2, s.Eps, s.Step)
		default:
			foldedAdamaxVector(w, g, m, u, s.Beta1, s.C1, s.Beta2, s.Eps, s.Step, f.Factor, f.L1, f.L2)
		}
	}
}

func adamaxPlain[T Float](w, g, m, u []T, s *AdamaxStep[T], f *Fold[T]) {
	for i := range w {
		gi := f.of(w[i], g[i])
		m[i] = settled(T(s.Beta1*m[i]) + T(s.C1*gi))
		u[i] = max(T(s.Beta2*u[i]), max(gi, -gi)+s.Eps)
		w[i] -= T(s.Step * (m[i] / u[i]))
	}
}
