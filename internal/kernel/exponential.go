package kernel

import "math"

// A function is an elementwise function of one argument, and of numbers that are the same for all elements.
type function uint8

const (
	expFunction function = iota
	sigmoidFunction
	tanhFunction
	reluFunction
	logFunction
	erfFunction
	geluFunction
	geluTanhFunction
	leakyReLUFunction
	clipFunction
	siluFunction
	mishFunction
	eluFunction
	softplusFunction
)

// settings is the numbers that a function takes besides its argument, in the order of its parameters.
type settings[T Float] [2]T

func settingsOf[T Float](numbers []T) (s settings[T]) {
	copy(s[:], numbers)
	return s
}

// Exp computes dst = eˣ.
func Exp[T Float](dst, x []T) { apply(expFunction, dst, x) }

// Log computes dst = ln x.
func Log[T Float](dst, x []T) { apply(logFunction, dst, x) }

// Tanh computes dst = tanh x.
func Tanh[T Float](dst, x []T) { apply(tanhFunction, dst, x) }

// Sigmoid computes dst = 1/(1+e⁻ˣ).
func Sigmoid[T Float](dst, x []T) { apply(sigmoidFunction, dst, x) }

// apply computes dst = f(x), for the settings of f.
func apply[T Float](f function, dst, x []T, numbers ...T) {
	dst = dst[:len(x)]
	s := settingsOf(numbers)
	if !shared(values, f, &s, dst, x, nil, 1) {
		applyPart(f, &s, dst, x)
	}
}

func applyPart[T Float](f function, s *settings[T], dst, x []T) {
	if level == plain {
		applyPlain(f, s, dst, x)
		return
	}
	for ; len(x) > piece; dst, x = dst[piece:], x[piece:] {
		applyVector(f, s, dst, x[:piece])
	}
	applyVector(f, s, dst, x)
}

func applyVector[T Float](f function, s *settings[T], dst, x []T) {
	switch f {
	case expFunction:
		expVector(dst, x)
	case sigmoidFunction:
		sigmoidVector(dst, x)
	case tanhFunction:
		tanhVector(dst, x)
	case reluFunction:
		reluVector(dst, x)
	case geluTanhFunction:
		geluTanhVector(dst, x)
	case geluFunction:
		geluVector(dst, x)
	case erfFunction:
		erfVector(dst, x)
	case logFunction:
		logVector(dst, x)
	case leakyReLUFunction:
		leakyReluVector(dst, x, s[0])
	case clipFunction:
		clipVector(dst, x, s[0], s[1])
	case siluFunction:
		siluVector(dst, x)
	case mishFunction:
		mishVector(dst, x)
	case eluFunction:
		eluVector(dst, x, s[0], s[1])
	case softplusFunction:
		softplusVector(dst, x, s[0], s[1])
	}
}

func applyPlain[T Float](f function, s *settings[T], dst, x []T) {
	switch f {
	case expFunction:
		expPlain(dst, x)
	case sigmoidFunction:
		sigmoidPlain(dst, x)
	case tanhFunction:
		tanhPlain(dst, x)
	case reluFunction:
		reluPlain(dst, x)
	case geluTanhFunction:
		geluTanhPlain(dst, x)
	case geluFunction:
		geluPlain(dst, x)
	case erfFunction:
		erfPlain(dst, x)
	case logFunction:
		logPlain(dst, x)
	case leakyReLUFunction:
		leakyReluPlain(dst, x, s[0])
	case clipFunction:
		clipPlain(dst, x, s[0], s[1])
	case siluFunction:
		siluPlain(dst, x)
	case mishFunction:
		mishPlain(dst, x)
	case eluFunction:
		eluPlain(dst, x, s[0], s[1])
	case softplusFunction:
		softplusPlain(dst, x, s[0], s[1])
	}
}

func expPlain[T Float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(exp(float64(v)))
	}
}

// exp is math.Exp, which on amd64 overflows below ln MaxFloat64.
func exp(x float64) float64 {
	if x > 709 && x < 710 {
		return math.Exp(x-1) * math.E
	}
	return math.Exp(x)
}

func tanhPlain[T Float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(math.Tanh(float64(v)))
	}
}

// sigmoidPlain takes the exponential of −|x|, so that nothing overflows.
func sigmoidPlain[T Float](dst, x []T) {
	for i, v := range x {
		e := math.Exp(-math.Abs(float64(v)))
		if v >= 0 {
			dst[i] = T(1 / (1 + e))
		} else {
			dst[i] = T(e / (1 + e))
		}
	}
}

func logPlain[T Float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(ln(float64(v)))
	}
}

// ln is math.Log, which on amd64 takes numbers below the normal ones for others.
func ln(x float64) float64 {
	if x > 0 && x < 0x1p-1022 {
		return math.Log(x*0x1p54) - 54*math.Ln2
	}
	return math.Log(x)
}
