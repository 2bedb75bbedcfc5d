package kernel

// ReLU computes dst = max(x, 0): NaN for NaN and +0 for −0.
func ReLU[T Float](dst, x []T) { apply(reluFunction, dst, x) }

// ReLUBackward computes dx = 0 where y ≤ 0, else dy.
func ReLUBackward[T Float](dx, y, dy []T) { differentiate(reluFunction, dx, y, dy) }

// TanhBackward computes dx = dy·(1 − y²).
func TanhBackward[T Float](dx, y, dy []T) { differentiate(tanhFunction, dx, y, dy) }

// SigmoidBackward computes dx = dy·y·(1 − y).
func SigmoidBackward[T Float](dx, y, dy []T) { differentiate(sigmoidFunction, dx, y, dy) }

// differentiate computes dx from dy and from the argument or the value of a function, whichever it takes.
func differentiate[T Float](f function, dx, xy, dy []T, numbers ...T) {
	dx, dy = dx[:len(xy)], dy[:len(xy)]
	s := settingsOf(numbers)
	if !shared(derivatives, f, &s, dx, xy, dy, 1) {
		differentiatePart(f, &s, dx, xy, dy)
	}
}

func differentiatePart[T Float](f function, s *settings[T], dx, xy, dy []T) {
	if level == plain {
		differentiatePlain(f, s, dx, xy, dy)
		return
	}
	for ; len(xy) > piece; dx, xy, dy = dx[piece:], xy[piece:], dy[piece:] {
		differentiateVector(f, s, dx, xy[:piece], dy)
	}
	differentiateVector(f, s, dx, xy, dy)
}

func differentiateVector[T Float](f function, s *settings[T], dx, xy, dy []T) {
	switch f {
	case reluFunction:
		reluBackwardVector(dx, xy, dy)
	case tanhFunction:
		tanhBackwardVector(dx, xy, dy)
	case sigmoidFunction:
		sigmoidBackwardVector(dx, xy, dy)
	case geluTanhFunction:
		geluTanhBackwardVector(dx, xy, dy)
	case geluFunction:
		geluBackwardVector(dx, xy, dy)
	case leakyReLUFunction:
		leakyReluBackwardVector(dx, xy, dy, s[0])
	case clipFunction:
		clipBackwardVector(dx, xy, dy, s[0], s[1])
	case siluFunction:
		siluBackwardVector(dx, xy, dy)
	case mishFunction:
		mishBackwardVector(dx, xy, dy)
	case eluFunction:
		eluBackwardVector(dx, xy, dy, s[0], s[1])
	case softplusFunction:
		softplusBackwardVector(dx, xy, dy, s[0], s[1])
	}
}

func differentiatePlain[T Float](f function, s *settings[T], dx, xy, dy []T) {
	switch f {
	case reluFunction:
		reluBackwardPlain(dx, xy, dy)
	case tanhFunction:
		tanhBackwardPlain(dx, xy, dy)
	case sigmoidFunction:
		sigmoidBackwardPlain(dx, xy, dy)
	case geluTanhFunction:
		geluTanhBackwardPlain(dx, xy, dy)
	case geluFunction:
		geluBackwardPlain(dx, xy, dy)
	case leakyReLUFunction:
		leakyReluBackwardPlain(dx, xy, dy, s[0])
	case clipFunction:
		clipBackwardPlain(dx, xy, dy, s[0], s[1])
	case siluFunction:
		siluBackwardPlain(dx, xy, dy)
	case mishFunction:
		mishBackwardPlain(dx, xy, dy)
	case eluFunction:
		eluBackwardPlain(dx, xy, dy, s[0], s[1])
	case softplusFunction:
		softplusBackwardPlain(dx, xy, dy, s[0], s[1])
	}
}

func reluPlain[T Float](dst, x []T) {
	for i, v := range x {
		dst[i] = max(v, 0)
	}
}

func reluBackwardPlain[T Float](dx, y, dy []T) {
	for i, v := range y {
		if v <= 0 {
			dx[i] = 0
		} else {
			dx[i] = dy[i]
		}
	}
}

func tanhBackwardPlain[T Float](dx, y, dy []T) {
	for i, v := range y {
		dx[i] = dy[i] * (1 - T(v*v))
	}
}

func sigmoidBackwardPlain[T Float](dx, y, dy []T) {
	for i, v := range y {
		dx[i] = T(dy[i]*v) * (1 - v)
	}
}

// LeakyReLU computes dst = x where x > 0, else slope·x.
func LeakyReLU[T Float](dst, x []T, slope T) { apply(leakyReLUFunction, dst, x, slope) }

func leakyReluPlain[T Float](dst, x []T, slope T) {
	for i, v := range x {
		if v > 0 {
			dst[i] = v
		} else {
			dst[i] = slope * v
		}
	}
}

// LeakyReLUBackward computes dx = dy where x > 0, else slope·dy.
func LeakyReLUBackward[T Float](dx, x, dy []T, slope T) {
	differentiate(leakyReLUFunction, dx, x, dy, slope)
}

func leakyReluBackwardPlain[T Float](dx, x, dy []T, slope T) {
	for i, v := range x {
		if v > 0 {
			dx[i] = dy[i]
		} else {
			dx[i] = slope * dy[i]
		}
	}
}

// Clip computes dst = lo where x < lo, hi where x > hi, else x.
func Clip[T Float](dst, x []T, lo, hi T) { apply(clipFunction, dst, x, lo, hi) }

func clipPlain[T Float](dst, x []T, lo, hi T) {
	for i, v := range x {
		switch {
		case v < lo:
			v = lo
		case v > hi:
			v = hi
		}
		dst[i] = v
	}
}

// ClipBackward computes dx = 0 where y ≤ lo or y ≥ hi, else dy.
func ClipBackward[T Float](dx, y, dy []T, lo, hi T) {
	differentiate(clipFunction, dx, y, dy, lo, hi)
}

func clipBackwardPlain[T Float](dx, y, dy []T, lo, hi T) {
	for i, v := range y {
		if v <= lo || v >= hi {
			dx[i] = 0
		} else {
			dx[i] = dy[i]
		}
	}
}
