package kernel

import (
	"math"
	"math/big"
	"testing"
)

// Functions of a number to some 120 bits, with math/big. They are slow and assume finite arguments.

const exactBits = 192

func exactNumber(x float64) *big.Float { return new(big.Float).SetPrec(exactBits).SetFloat64(x) }

func exactAdd(x, y *big.Float) *big.Float {
	return new(big.Float).SetPrec(exactBits).Add(x, y)
}

func exactMul(x, y *big.Float) *big.Float {
	return new(big.Float).SetPrec(exactBits).Mul(x, y)
}

func exactQuo(x, y *big.Float) *big.Float {
	return new(big.Float).SetPrec(exactBits).Quo(x, y)
}

func exactNeg(x *big.Float) *big.Float { return new(big.Float).SetPrec(exactBits).Neg(x) }

var (
	exactOne = exactNumber(1)
	exactLn2 = exactAtanhSeries(3) // ln 2 = 2·atanh(1/3)

	// exactFactorials holds 1/k!.
	exactFactorials = func() []*big.Float {
		c := []*big.Float{exactOne}
		for k := 1; k < 18; k++ {
			c = append(c, exactQuo(c[k-1], exactNumber(float64(k))))
		}
		return c
	}()
)

// exactAtanhSeries returns 2·Σ 1/((2k+1)·d^(2k+1)).
func exactAtanhSeries(d float64) *big.Float {
	sum, power := exactNumber(0), exactQuo(exactNumber(2), exactNumber(d))
	for k := 1.0; k < 140; k += 2 {
		sum = exactAdd(sum, exactQuo(power, exactNumber(k)))
		power = exactQuo(power, exactNumber(d*d))
	}
	return sum
}

// exactExp returns eˣ = 2ⁿ·(e^((x − n·ln 2)/2⁸))^(2⁸), by the Taylor series.
func exactExp(x *big.Float) *big.Float {
	v, _ := x.Float64()
	n := math.Round(v / math.Ln2)
	r := exactAdd(x, exactNeg(exactMul(exactNumber(n), exactLn2)))
	r.SetMantExp(r, -8)
	y := exactNumber(0)
	for k := len(exactFactorials) - 1; k >= 0; k-- {
		y = exactAdd(exactMul(y, r), exactFactorials[k])
	}
	for range 8 {
		y = exactMul(y, y)
	}
	return y.SetMantExp(y, int(n))
}

// exactLog returns ln x by a step of Halley's method from the nearest number, which makes three times as many digits right.
func exactLog(x *big.Float) *big.Float {
	mantissa := new(big.Float).SetPrec(exactBits)
	n := x.MantExp(mantissa)
	m, _ := mantissa.Float64()
	if m < 0.75 { // near 1, n is 0: nothing cancels
		n, m = n-1, 2*m
		mantissa.SetMantExp(mantissa, 1)
	}
	y := exactNumber(math.Log(m))
	for range 2 {
		e := exactExp(y)
		step := exactQuo(exactAdd(mantissa, exactNeg(e)), exactAdd(mantissa, e))
		y = exactAdd(y, exactAdd(step, step))
	}
	return exactAdd(y, exactMul(exactNumber(float64(n)), exactLn2))
}

// exactSigmoid returns 1/(1+e⁻ˣ).
func exactSigmoid(x *big.Float) *big.Float {
	return exactQuo(exactOne, exactAdd(exactOne, exactExp(exactNeg(x))))
}

// exactTanh returns (e²ˣ − 1)/(e²ˣ + 1), near 0 the series x − x³/3.
func exactTanh(x *big.Float) *big.Float {
	if x.MantExp(nil) < -40 {
		return exactAdd(x, exactNeg(exactQuo(exactMul(x, exactMul(x, x)), exactNumber(3))))
	}
	e := exactExp(exactAdd(x, x))
	return exactQuo(exactAdd(e, exactNumber(-1)), exactAdd(e, exactOne))
}

var exactPi, _, _ = big.ParseFloat("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899", 10, exactBits, big.ToNearestEven)

func exactSqrt(x *big.Float) *big.Float { return new(big.Float).SetPrec(exactBits).Sqrt(x) }

// exactErf returns 2/√π·e^(−x²)·Σ 2ᵏx²ᵏ⁺¹/(2k+1)!!, whose terms have one sign.
func exactErf(x *big.Float) *big.Float {
	square := exactMul(x, x)
	term, sum := x, x
	for k := 3.0; term.Sign() != 0 && term.MantExp(nil) > sum.MantExp(nil)-exactBits; k += 2 {
		term = exactQuo(exactMul(term, exactAdd(square, square)), exactNumber(k))
		sum = exactAdd(sum, term)
	}
	sum = exactMul(sum, exactExp(exactNeg(square)))
	return exactQuo(exactAdd(sum, sum), exactSqrt(exactPi))
}

// exactErfc returns 1 − erf x, from 5/2 on by the continued fraction e^(−x²)/√π / (x + ½/(x + 1/(x + 3/2/(x + …)))).
func exactErfc(x *big.Float) *big.Float {
	v, _ := x.Float64()
	if v < 2.5 {
		return exactAdd(exactOne, exactNeg(exactErf(x)))
	}
	tail := x
	for k := 30 + math.Ceil(1000/(v*v)); k > 0; k-- {
		tail = exactAdd(x, exactQuo(exactNumber(k/2), tail))
	}
	return exactQuo(exactExp(exactNeg(exactMul(x, x))), exactMul(tail, exactSqrt(exactPi)))
}

// exactNormal returns Φ(x).
func exactNormal(x *big.Float) *big.Float {
	y := exactErfc(exactNeg(exactQuo(x, exactSqrt(exactNumber(2)))))
	return y.SetMantExp(y, -1)
}

func exactGELU(x *big.Float) *big.Float { return exactMul(x, exactNormal(x)) }

// exactGELUSlope returns Φ(x) + x·e^(−x²/2)/√(2π).
func exactGELUSlope(x *big.Float) *big.Float {
	half := exactMul(x, exactMul(x, exactNumber(-0.5)))
	density := exactQuo(exactExp(half), exactSqrt(exactAdd(exactPi, exactPi)))
	return exactAdd(exactNormal(x), exactMul(x, density))
}

// exactCubic returns u = 2√(2/π)(x + 0.044715x³) and its derivative.
func exactCubic(x *big.Float) (u, slope *big.Float) {
	scale := exactSqrt(exactQuo(exactNumber(8), exactPi))
	c := exactQuo(exactNumber(44715), exactNumber(1e6))
	square := exactMul(c, exactMul(x, x))
	u = exactMul(scale, exactMul(x, exactAdd(exactOne, square)))
	return u, exactMul(scale, exactAdd(exactOne, exactMul(exactNumber(3), square)))
}

func exactGELUTanh(x *big.Float) *big.Float {
	u, _ := exactCubic(x)
	return exactMul(x, exactSigmoid(u))
}

// exactGELUTanhSlope returns σ(u)·(1 + x·σ(−u)·u').
func exactGELUTanhSlope(x *big.Float) *big.Float {
	u, slope := exactCubic(x)
	t := exactMul(exactMul(x, slope), exactSigmoid(exactNeg(u)))
	return exactMul(exactSigmoid(u), exactAdd(exactOne, t))
}

// ulps returns the distance of got from want in units of the last place of want, +Inf where one is beyond the numbers
// and the other is not.
func ulps[T Float](got T, want *big.Float) float64 {
	bits, least := 53, -1074
	if is32[T]() {
		bits, least = 24, -149
	}
	if rounded, _ := want.Float64(); math.IsInf(rounded, 0) || math.IsInf(float64(T(rounded)), 0) {
		if T(rounded) == got {
			return 0
		}
		return math.Inf(1)
	}
	if got-got != 0 {
		return math.Inf(1)
	}
	exponent := least
	if want.Sign() != 0 {
		exponent = max(exponent, want.MantExp(nil)-bits)
	}
	diff := exactAdd(exactNumber(float64(got)), exactNeg(want))
	diff.SetMantExp(diff, -exponent)
	d, _ := diff.Float64()
	return math.Abs(d)
}

// TestExact holds the functions against digits from tables.
func TestExact(t *testing.T) {
	for _, test := range []struct {
		name string
		got  *big.Float
		want string
	}{
		{"ln 2", exactLn2, "0.69314718055994530941723212145817656807550013436025525412068"},
		{"e", exactExp(exactOne), "2.71828182845904523536028747135266249775724709369995957496697"},
		{"e^−700", exactExp(exactNumber(-700)), "9.85967654375977085670537294784946510511560018140094171058647e-305"},
		{"ln 10", exactLog(exactNumber(10)), "2.30258509299404568401799145468436420760110148862877297603333"},
		{"tanh 1", exactTanh(exactOne), "0.76159415595576488811945828260479359041276859725793655159681"},
		{"erf 1/2", exactErf(exactNumber(0.5)), "0.520499877813046537682746653891964528736451575757963700058806"},
		{"erfc 2.5", exactErfc(exactNumber(2.5)), "0.0004069520174449589395642157399749127203486774037134201391208"},
		{"erfc 3", exactErfc(exactNumber(3)), "0.0000220904969985854413727761295823203798477070873992496572389548"},
		{"erfc 20", exactErfc(exactNumber(20)), "5.39586561160790092893499916790534560408827267092360528347e-176"},
		{"sigmoid 1", exactSigmoid(exactOne), "0.73105857863000487925115924182183627436514464016505651927636"},
	} {
		want, _, err := big.ParseFloat(test.want, 10, exactBits, big.ToNearestEven)
		if err != nil {
			t.Fatal(err)
		}
		diff := exactQuo(exactAdd(test.got, exactNeg(want)), want)
		if d, _ := diff.Float64(); math.Abs(d) > 0x1p-120 {
			t.Errorf("%s = %.50g, want %s", test.name, test.got, test.want)
		}
	}
}
