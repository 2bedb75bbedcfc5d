package kernel

import "math"

// adaptiveUpdates is the rules with a memory of the squared gradient, and those that keep the means of Adam.
func adaptiveUpdates[T Float]() []update[T] {
	const beta1, c1, beta2, c2, correction, eps, step = 0.9, 0.1, 0.99, 0.01, 1.7, 1e-3, 0.03
	root := func(x T) T { return T(math.Sqrt(float64(x))) }
	adagrad := AdagradStep[T]{LR: 0.3, Eps: eps, Initial: 0.1}
	adadelta := AdadeltaStep[T]{LR: 0.7, Rho: beta2, Take: c2, Eps: eps}
	adamax := AdamaxStep[T]{Beta1: beta1, C1: c1, Beta2: beta2, Eps: eps, Step: step}
	adam := AdamStep[T]{Beta1: beta1, C1: c1, Beta2: beta2, C2: c2, Correction: correction, Eps: eps, Step: step}
	nadam := NAdamStep[T]{Beta1: beta1, C1: c1, Beta2: beta2, C2: c2, Correction: correction, Eps: eps, GradientPart: 0.2, MeanPart: 0.9, Step: step}
	lion := LionStep[T]{LR: step, Beta1: beta1, C1: c1, Beta2: beta2, C2: c2, Keep: 0.98}
	means := func(g T, slots []T) {
		slots[0] = settled(mulAdd(beta1, slots[0], c1*g))
		slots[1] = mulAdd(c2*g, g, beta2*slots[1])
	}
	return []update[T]{
		{
			"adagrad", 1,
			func(w, g []T, slots [][]T, f *Fold[T]) { Adagrad(w, g, slots[0], &adagrad, f) },
			func(w, g T, slots []T) T {
				slots[0] = mulAdd(g, g, slots[0])
				return mulAdd(-adagrad.LR, g/(root(adagrad.Initial+slots[0])+eps), w)
			},
		},
		{
			"adadelta", 2,
			func(w, g []T, slots [][]T, f *Fold[T]) { Adadelta(w, g, slots[0], slots[1], &adadelta, f) },
			func(w, g T, slots []T) T {
				slots[0] = mulAdd(c2*g, g, beta2*slots[0])
				d := root(slots[1]+eps) / root(slots[0]+eps) * g
				slots[1] = mulAdd(c2*d, d, beta2*slots[1])
				return mulAdd(-adadelta.LR, d, w)
			},
		},
		rmspropUpdate[T]("rmsprop", 1, false, false),
		rmspropUpdate[T]("rmsprop with momentum", 2, false, true),
		rmspropUpdate[T]("centered rmsprop", 2, true, false),
		rmspropUpdate[T]("centered rmsprop with momentum", 3, true, true),
		{
			"adamax", 2,
			func(w, g []T, slots [][]T, f *Fold[T]) { Adamax(w, g, slots[0], slots[1], &adamax, f) },
			func(w, g T, slots []T) T {
				slots[0] = settled(mulAdd(beta1, slots[0], c1*g))
				slots[1] = max(beta2*slots[1], T(math.Abs(float64(g)))+eps)
				return mulAdd(-step, slots[0]/slots[1], w)
			},
		},
		{
			"amsgrad", 3,
			func(w, g []T, slots [][]T, f *Fold[T]) { AMSGrad(w, g, slots[0], slots[1], slots[2], &adam, f) },
			func(w, g T, slots []T) T {
				means(g, slots)
				slots[2] = max(slots[2], slots[1])
				return mulAdd(-step, slots[0]/mulAdd(root(slots[2]), correction, eps), w)
			},
		},
		{
			"nadam", 2,
			func(w, g []T, slots [][]T, f *Fold[T]) { NAdam(w, g, slots[0], slots[1], &nadam, f) },
			func(w, g T, slots []T) T {
				means(g, slots)
				return mulAdd(-step, mulAdd(nadam.MeanPart, slots[0], nadam.GradientPart*g)/mulAdd(root(slots[1]), correction, eps), w)
			},
		},
		{
			"unadapted", 2,
			func(w, g []T, slots [][]T, f *Fold[T]) { Unadapted(w, g, slots[0], slots[1], &adam, f) },
			func(w, g T, slots []T) T {
				means(g, slots)
				return mulAdd(-step, slots[0], w)
			},
		},
		{
			"lion", 1,
			func(w, g []T, slots [][]T, f *Fold[T]) { Lion(w, g, slots[0], &lion, f) },
			func(w, g T, slots []T) T {
				d := mulAdd(beta1, slots[0], c1*g)
				if d == d && d != 0 {
					d = T(math.Copysign(step, float64(d)))
				}
				slots[0] = settled(mulAdd(beta2, slots[0], c2*g))
				return mulAdd(lion.Keep, w, -d)
			},
		},
	}
}

func rmspropUpdate[T Float](name string, slots int, centered, moving bool) update[T] {
	s := RMSpropStep[T]{LR: 0.03, Rho: 0.9, Take: 0.1, Eps: 1e-3, Mu: 0.7}
	return update[T]{
		name, slots,
		func(w, g []T, slots [][]T, f *Fold[T]) {
			var m, b []T
			if centered {
				m = slots[1]
			}
			if moving {
				b = slots[len(slots)-1]
			}
			RMSprop(w, g, slots[0], m, b, &s, f)
		},
		func(w, g T, slots []T) T {
			slots[0] = mulAdd(s.Take*g, g, s.Rho*slots[0])
			square := slots[0]
			if centered {
				slots[1] = settled(mulAdd(s.Rho, slots[1], s.Take*g))
				square = max(mulAdd(-slots[1], slots[1], square), 0)
			}
			d := g / (T(math.Sqrt(float64(square))) + s.Eps)
			if moving {
				b := &slots[len(slots)-1]
				*b = settled(mulAdd(s.Mu, *b, d))
				d = *b
			}
			return mulAdd(-s.LR, d, w)
		},
	}
}
