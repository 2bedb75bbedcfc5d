package kernel

import "math"

// A Fold makes of the gradient g of a loss the one that an update sees, inside the pass of the update:
//
//	Factor·(g + L1·sign(w) + L2·w)        sign(±0) = 0
//
// A nil *Fold leaves g as it is. An infinite or NaN weight gives NaN where L2 is 0, too.
type Fold[T Float] struct{ Factor, L1, L2 T }

// of is the formula for one element.
func (f *Fold[T]) of(w, g T) T {
	if f == nil {
		return g
	}
	return T(f.Factor * f.penalized(w, g)) // rounded here, as FoldInto does, whatever it is added to
}

func (f *Fold[T]) penalized(w, g T) T { return T(f.L2*w) + (g + T(f.L1*sign(w))) }

// sign is 0 for ±0 and NaN, whose product with L2 tells of it.
func sign[T Float](w T) T {
	switch {
	case w > 0:
		return 1
	case w < 0:
		return -1
	}
	return 0
}

// FoldInto computes g = Factor·(g + L1·sign(w) + L2·w), with the bits that an update sees.
func FoldInto[T Float](g, w []T, f *Fold[T]) {
	g = g[:len(w)]
	for i := 0; i < len(w); i += piece {
		w, g := cut(w, i), cut(g, i)
		switch {
		case f == nil:
		case level == plain:
			for j := range w {
				g[j] = f.of(w[j], g[j])
			}
		default:
			foldVector(w, g, f.Factor, f.L1, f.L2)
		}
	}
}

// cut returns the piece of a slice at i.
func cut[T Float](x []T, i int) []T { return x[i:min(i+piece, len(x))] }

// SGD computes w −= lr·g, g folded.
func SGD[T Float](w, g []T, lr T, f *Fold[T]) {
	g = g[:len(w)]
	if t := shareUpdate[T](len(w)); t != nil {
		t.rule, t.lr = sgdRule, lr
		t.share(w, g, f)
		return
	}
	sgd(w, g, lr, f)
}

func sgd[T Float](w, g []T, lr T, f *Fold[T]) {
	for i := 0; i < len(w); i += piece {
		w, g := cut(w, i), cut(g, i)
		switch {
		case level == plain:
			sgdPlain(w, g, lr, f)
		case f == nil:
			sgdVector(w, g, lr)
		default:
			foldedSgdVector(w, g, lr, f.Factor, f.L1, f.L2)
		}
	}
}

func sgdPlain[T Float](w, g []T, lr T, f *Fold[T]) {
	for i := range w {
		w[i] -= T(lr * f.of(w[i], g[i]))
	}
}

// A MomentumStep holds the numbers of a step with momentum.
type MomentumStep[T Float] struct {
	LR, Mu, Take T
	Nesterov     bool
}

// Momentum computes, with g folded:
//
//	v = Mu·v + Take·g
//	w −= LR·v                Nesterov: w −= LR·(g + Mu·v)
func Momentum[T Float](w, g, v []T, s *MomentumStep[T], f *Fold[T]) {
	g, v = g[:len(w)], v[:len(w)]
	if t := shareUpdate[T](len(w)); t != nil {
		t.rule, t.momentum = momentumRule, *s
		t.share(w, g, f, v)
		return
	}
	momentum(w, g, v, s, f)
}

func momentum[T Float](w, g, v []T, s *MomentumStep[T], f *Fold[T]) {
	for i := 0; i < len(w); i += piece {
		w, g, v := cut(w, i), cut(g, i), cut(v, i)
		switch {
		case level == plain:
			momentumPlain(w, g, v, s, f)
		case s.Nesterov && f == nil:
			nesterovVector(w, g, v, s.LR, s.Mu, s.Take)
		case s.Nesterov:
			foldedNesterovVector(w, g, v, s.LR, s.Mu, s.Take, f.Factor, f.L1, f.L2)
		case f == nil:
			momentumVector(w, g, v, s.LR, s.Mu, s.Take)
		default:
			foldedMomentumVector(w, g, v, s.LR, s.Mu, s.Take, f.Factor, f.L1, f.L2)
		}
	}
}

func momentumPlain[T Float](w, g, v []T, s *MomentumStep[T], f *Fold[T]) {
	for i := range w {
		gi := f.of(w[i], g[i])
		v[i] = settled(T(s.Mu*v[i]) + T(s.Take*gi))
		direction := v[i]
		if s.Nesterov {
			direction = gi + T(s.Mu*v[i])
		}
		w[i] -= T(s.LR * direction)
	}
}

// An AdamStep holds the numbers of a step of Adam: the means keep Beta of themselves and take C of the gradient,
// Correction is 1/√(1−β₂ᵗ), Step is η/(1−β₁ᵗ), and Keep is what decay leaves of a weight.
type AdamStep[T Float] struct {
	Beta1, C1, Beta2, C2, Correction, Eps, Step, Keep T
}

// Adam computes, with g folded:
//
//	m = Beta1·m + C1·g
//	v = Beta2·v + C2·g²
//	w = Keep·w − Step·(m/(√v·Correction + Eps))
func Adam[T Float](w, g, m, v []T, s *AdamStep[T], f *Fold[T]) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	if t := shareUpdate[T](len(w)); t != nil {
		t.rule, t.adam = adamRule, *s
		t.share(w, g, f, m, v)
		return
	}
	adam(w, g, m, v, s, f)
}

func adam[T Float](w, g, m, v []T, s *AdamStep[T], f *Fold[T]) {
	for i := 0; i < len(w); i += piece {
		w, g, m, v := cut(w, i), cut(g, i), cut(m, i), cut(v, i)
		switch {
		case level == plain:
			adamPlain(w, g, m, v, s, f)
		case f == nil:
			adamVector(w, g, m, v, s.Beta1, s.C1, s.Beta2, s.C2, s.Correction, s.Eps, s.Step, s.Keep)
		default:
			foldedAdamVector(w, g, m, v, s.Beta1, s.C1, s.Beta2, s.C2, s.Correction, s.Eps, s.Step, s.Keep, f.Factor, f.L1, f.L2)
		}
	}
}

func adamPlain[T Float](w, g, m, v []T, s *AdamStep[T], f *Fold[T]) {
	for i := range w {
		gi := f.of(w[i], g[i])
		m[i] = settled(T(s.Beta1*m[i]) + T(s.C1*gi))
		v[i] = T(s.Beta2*v[i]) + T(s.C2*gi*gi)
		w[i] = T(s.Keep*w[i]) - T(s.Step*(m[i]/(T(sqrt(v[i])*s.Correction)+s.Eps)))
	}
}

// settled is a mean of gradients as it is kept: x, or 0 where x is denormal. A mean whose gradient stays 0 would become
// denormal after some hundred steps, and where it keeps more than half of itself never get further, since the least number
// then rounds to itself; and arithmetic with such numbers takes several times as long. Means of squares are kept as they
// are: Adam's take some ten thousand steps to get there, those of Adadelta as few as a mean of gradients.
func settled[T Float](x T) T {
	least := T(0x1p-126)
	if !is32[T]() {
		least = T(math.Float64frombits(1 << 52))
	}
	if -least < x && x < least {
		return 0
	}
	return x
}

func sqrt[T Float](x T) T { return T(math.Sqrt(float64(x))) }

// PenalizedSumSquares returns Σ (g + L1·sign(w) + L2·w)², summed as SumSquares: the square of the norm of a gradient
// that is folded later.
func PenalizedSumSquares[T Float](w, g []T, f *Fold[T]) float64 {
	if f == nil {
		return SumSquares(g)
	}
	return sumPieces(pieceSum[T]{kind: penalizedSquares, w: w, x: g[:len(w)], fold: *f})
}

func penalizedSumSquares[T Float](w, g []T, f *Fold[T]) float64 {
	switch half := sumPiece / 2; {
	case len(w) == sumPiece:
		return penalizedSumSquares(w[:half], g[:half], f) + penalizedSumSquares(w[half:], g[half:], f)
	case level == plain:
		return penalizedSumSquaresPlain(w, g, f)
	}
	return penalizedSumSquaresVector(w, g, f.L1, f.L2)
}

func penalizedSumSquaresPlain[T Float](w, g []T, f *Fold[T]) float64 {
	var lane [Lanes]float64
	for i := range w {
		p := float64(f.penalized(w[i], g[i]))
		lane[i%Lanes] += float64(p * p)
	}
	return joinLanes(&lane)
}
