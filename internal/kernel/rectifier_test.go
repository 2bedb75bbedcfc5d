package kernel

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func exactSiLU(x *big.Float) *big.Float { return exactMul(x, exactSigmoid(x)) }

// exactSiLUSlope returns σ(x)·(1 + x·σ(−x)).
func exactSiLUSlope(x *big.Float) *big.Float {
	return exactMul(exactSigmoid(x), exactAdd(exactOne, exactMul(x, exactSigmoid(exactNeg(x)))))
}

// exactMishTanh returns tanh(ln(1 + eˣ)) = n/(n+2), n = eˣ(eˣ + 2), and n.
func exactMishTanh(x *big.Float) (t, n *big.Float) {
	e := exactExp(x)
	n = exactMul(e, exactAdd(e, exactNumber(2)))
	return exactQuo(n, exactAdd(n, exactNumber(2))), n
}

func exactMish(x *big.Float) *big.Float {
	t, _ := exactMishTanh(x)
	return exactMul(x, t)
}

// exactMishSlope returns t + x·(1 − t)(1 + t)·σ(x), 1 − t = 2/(n+2).
func exactMishSlope(x *big.Float) *big.Float {
	t, n := exactMishTanh(x)
	rest := exactQuo(exactNumber(2), exactAdd(n, exactNumber(2)))
	return exactAdd(t, exactMul(exactMul(x, rest), exactMul(exactAdd(exactOne, t), exactSigmoid(x))))
}

// exactELU returns x where x > 0, else eˣ − 1, near 0 the series x + x²/2 + x³/6.
func exactELU(x *big.Float) *big.Float {
	switch {
	case x.Sign() > 0:
		return x
	case x.MantExp(nil) < -40:
		square := exactMul(x, x)
		return exactAdd(x, exactAdd(exactMul(square, exactNumber(0.5)), exactQuo(exactMul(square, x), exactNumber(6))))
	}
	return exactAdd(exactExp(x), exactNumber(-1))
}

// exactSoftplus returns max(x, 0) + ln(1 + u), u = e^−|x|, for small u the series u − u²/2 + u³/3.
func exactSoftplus(x *big.Float) *big.Float {
	u := exactExp(exactNeg(new(big.Float).Abs(x)))
	log := exactLog(exactAdd(exactOne, u))
	if u.MantExp(nil) < -60 {
		square := exactMul(u, u)
		log = exactAdd(exactAdd(u, exactMul(square, exactNumber(-0.5))), exactQuo(exactMul(square, u), exactNumber(3)))
	}
	if x.Sign() > 0 {
		return exactAdd(x, log)
	}
	return log
}

// A slope is the derivative of an activation that a kernel multiplies by dy.
type slope[T Float] struct {
	name   string
	kernel func(dx, x, dy []T)
	exact  func(x *big.Float) *big.Float
	// Where it crosses 0: from tail on, and below a quarter, an error counts against a quarter.
	tail               float64
	atLeft, at0, atInf float64
}

func slopes[T Float]() []slope[T] {
	inf := T(math.Inf(1))
	return []slope[T]{
		{"silu", SiLUBackward[T], exactSiLUSlope, -3, 0, 0.5, 1},
		{"mish", MishBackward[T], exactMishSlope, -3, 0, 0.6, 1},
		{"elu", func(dx, x, dy []T) { ELUBackward(dx, x, dy, 1, 1) }, func(x *big.Float) *big.Float {
			if x.Sign() > 0 {
				return exactOne
			}
			return exactExp(x)
		}, 0, 0, 1, 1},
		{"softplus", func(dx, x, dy []T) { SoftplusBackward(dx, x, dy, 1, inf) }, exactSigmoid, 0, 0, 0.5, 1},
	}
}

func TestRectifierSlopes(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testRectifierSlopes[float32])
		t.Run("float64", testRectifierSlopes[float64])
	})
}

func testRectifierSlopes[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	x := anyNumbers[T](rng, 3000)
	dx, one := make([]T, len(x)), make([]T, len(x))
	for i := range one {
		one[i] = 1
	}
	inf := T(math.Inf(1))
	edges := []T{-inf, -1e30, T(math.Copysign(0, -1)), 0, 1e30, inf, T(math.NaN())}
	for _, s := range slopes[T]() {
		s.kernel(dx, x, one)
		worst := worstError{}
		for i, v := range x {
			if math.Abs(float64(v)) > 800 {
				continue
			}
			want := s.exact(exactNumber(float64(v)))
			e := ulps(dx[i], want)
			if w, _ := want.Float64(); float64(v) > s.tail && v < 0 && math.Abs(w) < 0.25 {
				e *= math.Ldexp(1, want.MantExp(nil)+1)
			}
			worst.observe(float64(v), e)
		}
		worst.check(t, s.name, 6)
		got := make([]T, len(edges))
		s.kernel(got, edges, one)
		for i, want := range []float64{s.atLeft, s.atLeft, s.at0, s.at0, s.atInf, s.atInf, math.NaN()} {
			if math.Abs(float64(got[i])-want) > epsilon[T]() || want != want && got[i] == got[i] {
				t.Errorf("%s: slope %v at %v, want %v", s.name, got[i], edges[i], want)
			}
		}
	}
}

// TestRectifierSlopesAgree: both instruction sets give the same bits, in place and around odd tails, nothing beside the
// output is written, and dy is a factor.
func TestRectifierSlopesAgree(t *testing.T) {
	t.Run("float32", testRectifierSlopesAgree[float32])
	t.Run("float64", testRectifierSlopesAgree[float64])
}

func testRectifierSlopesAgree[T Float](t *testing.T) {
	for _, s := range slopes[T]() {
		for _, n := range []int{0, 1, 7, 15, 16, 33, 1000, piece + 9} {
			var first []T
			eachVectorLevel(t, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(33, uint64(n)))
				x, dy, dx := newInput[T](rng, 1, n, 0), newInput[T](rng, 1, n, 0), newOutput[T](rng, 1, n, 0)
				for j, v := range anyNumbers[T](rng, n) {
					x.set(0, j, v)
				}
				s.kernel(dx.data(), x.data(), dy.data())
				x.checkInput(t, s.name)
				dy.checkInput(t, s.name)
				dx.checkOutput(t, s.name)
				got, one := append([]T(nil), dx.data()...), make([]T, n)
				for i := range one {
					one[i] = 1
				}
				s.kernel(one, x.data(), one)
				if first == nil {
					first = got
				}
				for i := range got {
					if !sameBits(got[i], first[i]) || !sameBits(got[i], dy.at(0, i)*one[i]) {
						t.Fatalf("%s: x, dy = %v, %v: %v, with AVX2 %v, from the slope %v", s.name, x.at(0, i), dy.at(0, i), got[i], first[i], dy.at(0, i)*one[i])
					}
				}
			})
		}
	}
}

// TestRectifierSettings compares with the functions of one setting: elu is linear in its two, softplus is scaled by beta.
func TestRectifierSettings(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testRectifierSettings[float32])
		t.Run("float64", testRectifierSettings[float64])
	})
}

func testRectifierSettings[T Float](t *testing.T) {
	const right, left, beta, threshold = 1.25, 0.3, 4, 20
	rng := rand.New(rand.NewPCG(35, 36))
	x := append(specials[T](), randomFloats[T](rng, 1000)...)
	n := len(x)
	y, unit, scaled, dy := make([]T, n), make([]T, n), make([]T, n), randomFloats[T](rng, n)
	for i, v := range x {
		scaled[i] = beta * v
	}
	check := func(name string, want func(i int) T) {
		t.Helper()
		for i := range y {
			if !sameBits(y[i], want(i)) {
				t.Fatalf("%s of %v is %v, want %v", name, x[i], y[i], want(i))
			}
		}
	}
	choose := func(i int, positive, other T) T {
		if x[i] > 0 {
			return positive
		}
		return other
	}
	ELU(unit, x, 1, 1)
	ELU(y, x, right, left)
	check("elu", func(i int) T { return choose(i, right*x[i], left*unit[i]) })
	Exp(unit, x)
	ELUBackward(y, x, dy, right, left)
	check("elu backward", func(i int) T { return choose(i, right*dy[i], T(left*unit[i])*dy[i]) })
	inf := T(math.Inf(1))
	Softplus(unit, scaled, 1, inf)
	Softplus(y, x, beta, threshold)
	check("softplus", func(i int) T {
		if scaled[i] > threshold {
			return x[i]
		}
		return unit[i] / beta
	})
	SoftplusBackward(unit, scaled, dy, 1, inf)
	SoftplusBackward(y, x, dy, beta, threshold)
	check("softplus backward", func(i int) T {
		if scaled[i] > threshold {
			return dy[i]
		}
		return unit[i]
	})
}

// TestSoftplusBeta: the rounding of beta·x does not grow in the exponential.
func TestSoftplusBeta(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		const beta = 1.1
		for _, v := range []float32{-70, -41.3, -17.7, -3.3} {
			got := []float32{0}
			Softplus(got, []float32{v}, beta, 20)
			b := float64(float32(beta))
			if want := softplus(b*float64(v)) / b; math.Abs(float64(got[0])/want-1) > 4*0x1p-24 {
				t.Errorf("softplus of %v is %v, want %v", v, got[0], want)
			}
		}
	})
}

func BenchmarkRectifierSlopes(b *testing.B) {
	for _, s := range slopes[float32]() {
		for _, n := range sizes {
			dy := randomFloats[float32](rand.New(rand.NewPCG(3, 4)), n)
			b.Run(fmt.Sprintf("%s/%d", s.name, n), func(b *testing.B) {
				benchFunction(b, func(dx, x []float32) { s.kernel(dx, x, dy) }, n)
			})
		}
	}
}
