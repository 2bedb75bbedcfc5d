package kernel

// The rules that keep Adam's running means.

// AMSGrad computes, with g folded and without Keep:
//
//	m = Beta1·m + C1·g
//	v = Beta2·v + C2·g²
//	h = max(h, v)
//	w = w − Step·(m/(√h·Correction + Eps))
func AMSGrad[T Float](w, g, m, v, h []T, s *AdamStep[T], f *Fold[T]) {
	g, m, v, h = g[:len(w)], m[:len(w)], v[:len(w)], h[:len(w)]
	if t := shareUpdate[T](len(w)); t != nil {
		t.rule, t.adam = amsgradRule, *s
		t.share(w, g, f, m, v, h)
		return
	}
	amsgrad(w, g, m, v, h, s, f)
}

func amsgrad[T Float](w, g, m, v, h []T, s *AdamStep[T], f *Fold[T]) {
	for i := 0; i < len(w); i += piece {
		w, g, m, v, h := cut(w, i), cut(g, i), cut(m, i), cut(v, i), cut(h, i)
		switch {
		case level == plain:
			amsgradPlain(w, g, m, v, h, s, f)
		case f == nil:
			amsgradVector(w, g, m, v, h, s.Beta1, s.C1, s.Beta2, s.C2, s.Correction, s.Eps, s.Step)
		default:
			foldedAmsgradVector(w, g, m, v, h, s.Beta1, s.C1, s.Beta2, s.C2, s.Correction, s.Eps, s.Step, f.Factor, f.L1, f.L2)
		}
	}
}

func amsgradPlain[T Float](w, g, m, v, h []T, s *AdamStep[T], f *Fold[T]) {
	for i := range w {
		gi := f.of(w[i], g[i])
		m[i] = settled(T(s.Beta1*m[i]) + T(s.C1*gi))
		v[i] = T(s.Beta2*v[i]) + T(s.C2*gi*gi)
		h[i] = max(h[i], v[i])
		w[i] -= T(s.Step * (m[i] / (T(sqrt(h[i])*s.Correction) + s.Eps)))
	}
}

// A NAdamStep holds the numbers of a step of NAdam: GradientPart and MeanPart are the shares of the gradient and of its mean
// in the step, the others are Adam's.
type NAdamStep[T Float] struct {
	Beta1, C1, Beta2, C2, Correction, Eps, GradientPart, MeanPart, Step T
}

// NAdam computes, with g folded:
//
//	m = Beta1·m + C1·g
//	v = Beta2·v + C2·g²
//	w = w − Step·((MeanPart·m + GradientPart·g)/(√v·Correction + Eps))
func NAdam[T Float](w, g, m, v []T, s *NAdamStep[T], f *Fold[T]) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	if t := shareUpdate[T](len(w)); t != nil {
		t.rule, t.nadam = nadamRule, *s
		t.share(w, g, f, m, v)
		return
	}
	nadam(w, g, m, v, s, f)
}

func nadam[T Float](w, g, m, v []T, s *NAdamStep[T], f *Fold[T]) {
	for i := 0; i < len(w); i += piece {
		w, g, m, v := cut(w, i), cut(g, i), cut(m, i), cut(v, i)
		switch {
		case level == plain:
			nadamPlain(w, g, m, v, s, f)
		case f == nil:
			nadamVector(w, g, m, v, s.Beta1, s.C1, s.Beta2, s.C2, s.Correction, s.Eps, s.GradientPart, s.MeanPart, s.Step)
		default:
			foldedNadamVector(w, g, m, v, s.Beta1, s.C1, s.Beta2, s.C2, s.Correction, s.Eps, s.GradientPart, s.MeanPart, s.Step, f.Factor, f.L1, f.L2)
		}
	}
}

func nadamPlain[T Float](w, g, m, v []T, s *NAdamStep[T], f *Fold[T]) {
	for i := range w {
		gi := f.of(w[i], g[i])
		m[i] = settled(T(s.Beta1*m[i]) + T(s.C1*gi))
		v[i] = T(s.Beta2*v[i]) + T(s.C2*gi*gi)
		w[i] -= T(s.Step * ((T(s.MeanPart*m[i]) + T(s.GradientPart*gi)) / (T(sqrt(v[i])*s.Correction) + s.Eps)))
	}
}

// Unadapted computes the means of Adam and a step that is not divided, with g folded, and without Correction, Eps and Keep:
//
//	m = Beta1·m + C1·g
//	v = Beta2·v + C2·g²
//	w = w − Step·m
func Unadapted[T Float](w, g, m, v []T, s *AdamStep[T], f *Fold[T]) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	if t := shareUpdate[T](len(w)); t != nil {
		t.rule, t.adam = unadaptedRule, *s
		t.share(w, g, f, m, v)
		return
	}
	unadapted(w, g, m, v, s, f)
}

func unadapted[T Float](w, g, m, v []T, s *AdamStep[T], f *Fold[T]) {
	for i := 0; i < len(w); i += piece {
		w, g, m, v := cut(w, i), cut(g, i), cut(m, i), cut(v, i)
		switch {
		case level == plain:
			unadaptedPlain(w, g, m, v, s, f)
		case f == nil:
			unadaptedVector(w, g, m, v, s.Beta1, s.C1, s.Beta2, s.C2, s.Step)
		default:
			foldedUnadaptedVector(w, g, m, v, s.Beta1, s.C1, s.Beta2, s.C2, s.Step, f.Factor, f.L1, f.L2)
		}
	}
}

func unadaptedPlain[T Float](w, g, m, v []T, s *AdamStep[T], f *Fold[T]) {
	for i := range w {
		gi := f.of(w[i], g[i])
		m[i] = settled(T(s.Beta1*m[i]) + T(s.C1*gi))
		v[i] = T(s.Beta2*v[i]) + T(s.C2*gi*gi)
		w[i] -= T(s.Step * m[i])
	}
}

// A LionStep holds the numbers of a step of Lion: Keep is what decay leaves of a weight.
type LionStep[T Float] struct{ LR, Beta1, C1, Beta2, C2, Keep T }

// Lion computes, with g folded:
//
//	w = Keep·w − LR·sign(Beta1·m + C1·g)        sign(0) = 0, sign(NaN) = NaN
//	m = Beta2·m + C2·g
func Lion[T Float](w, g, m []T, s *LionStep[T], f *Fold[T]) {
	g, m = g[:len(w)], m[:len(w)]
	if t := shareUpdate[T](len(w)); t != nil {
		t.rule, t.lion = lionRule, *s
		t.share(w, g, f, m)
		return
	}
	lion(w, g, m, s, f)
}

func lion[T Float](w, g, m []T, s *LionStep[T], f *Fold[T]) {
	for i := 0; i < len(w); i += piece {
		w, g, m := cut(w, i), cut(g, i), cut(m, i)
		switch {
		case level == plain:
			lionPlain(w, g, m, s, f)
		case f == nil:
			lionVector(w, g, m, s.LR, s.Beta1, s.C1, s.Beta2, s.C2, s.Keep)
		default:
			foldedLionVector(w, g, m, s.LR, s.Beta1, s.C1, s.Beta2, s.C2, s.Keep, f.Factor, f.L1, f.L2)
		}
	}
}

func lionPlain[T Float](w, g, m []T, s *LionStep[T], f *Fold[T]) {
	for i := range w {
		gi := f.of(w[i], g[i])
		step := T(s.Beta1*m[i]) + T(s.C1*gi)
		if step == step { // NaN stays
			step = T(s.LR * sign(step))
		}
		w[i] = T(s.Keep*w[i]) - step
		m[i] = settled(T(s.Beta2*m[i]) + T(s.C2*gi))
	}
}
