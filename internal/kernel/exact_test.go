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
