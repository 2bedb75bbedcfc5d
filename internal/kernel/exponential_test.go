package kernel

import (
	"flag"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
)

// A realFunction is a function of real numbers and the kernel that computes it.
type realFunction[T Float] struct {
	name   string
	kernel func(dst, x []T)
	exact  func(x *big.Float) *big.Float // nil where it is no number
	// quick is the same in float64, accurate enough to judge float32.
	quick func(x float64) float64
	// Limits at −∞ and ∞. Of an argument beyond reach the value rounds to the limit of that side, of which NaN
	// stands for the argument itself.
	left, right, reach float64
	ulps               float64
}

func realFunctions[T Float]() []realFunction[T] {
	inf, itself := math.Inf(1), math.NaN()
	return []realFunction[T]{
		{"exp", Exp[T], exactExp, math.Exp, 0, inf, 800, 1.5},
		{"sigmoid", Sigmoid[T], exactSigmoid, logistic, 0, 1, 800, 3},
		{"tanh", Tanh[T], exactTanh, math.Tanh, -1, 1, 800, 3},
		{"log", Log[T], exactLogOrNil, ln, math.NaN(), inf, math.MaxFloat64, 3},
		{"erf", Erf[T], exactErf, math.Erf, -1, 1, 10, 3},
		{"gelu", GELU[T], exactGELU, gelu, math.Copysign(0, -1), itself, 40, 3},
		{"gelu tanh", GELUTanh[T], exactGELUTanh, geluTanh, math.Copysign(0, -1), itself, 25, 3},
		{"silu", SiLU[T], exactSiLU, silu, math.Copysign(0, -1), itself, 800, 3},
		{"mish", Mish[T], exactMish, mish, math.Copysign(0, -1), itself, 800, 3},
		{"elu", func(dst, x []T) { ELU(dst, x, 1, 1) }, exactELU, elu, -1, itself, 800, 3},
		{"softplus", func(dst, x []T) { Softplus(dst, x, 1, T(inf)) }, exactSoftplus, softplus, 0, itself, 800, 3},
	}
}

// value is the exact value rounded to float64.
func (f realFunction[T]) value(x float64) float64 {
	switch {
	case x != x:
		return x
	case x < -f.reach:
		return f.left
	case x > f.reach && f.right != f.right:
		return x
	case x > f.reach:
		return f.right
	case x == 0: // to keep its sign
		return f.quick(x)
	}
	y := f.exact(exactNumber(x))
	if y == nil {
		return math.NaN()
	}
	v, _ := y.Float64()
	return v
}

// exactLogOrNil is exactLog where there is a logarithm.
func exactLogOrNil(x *big.Float) *big.Float {
	if x.Sign() < 0 {
		return nil
	}
	return exactLog(x)
}

func elu(x float64) float64 {
	if x > 0 {
		return x
	}
	return math.Expm1(x)
}

// logistic is 1/(1+e⁻ˣ), of which eˣ is what is left where e⁻ˣ dwarfs 1.
func logistic(x float64) float64 {
	if x < -40 {
		return math.Exp(x)
	}
	return 1 / (1 + math.Exp(-x))
}

func TestRealFunctions(t *testing.T) {
	skipUnderRace(t)
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testRealFunctions[float32])
		t.Run("float64", testRealFunctions[float64])
	})
}

func testRealFunctions[T Float](t *testing.T) {
	var kernels []elementwise[T]
	for _, f := range realFunctions[T]() {
		limit := f.ulps
		if level == plain && (f.name == "gelu" || f.name == "gelu tanh") {
			limit = 1000 // in the lower tail package math is not told the rounding of x²
		}
		known := map[T]float64{}
		want := func(_, x, _ T) float64 {
			if x == 0 || x != x {
				return f.value(float64(x))
			}
			v, ok := known[x]
			if !ok {
				v = f.value(float64(x))
				known[x] = v
			}
			return v
		}
		kernels = append(kernels, elementwise[T]{f.name, func(dst, x, _ []T) { f.kernel(dst, x) }, want, limit + 0.5})
	}
	testElementwise(t, kernels)
	testElementwiseSpecials(t, kernels)
	testInPlace(t, kernels)
}

// TestFunctionsAgree: both instruction sets give the same bits, at all magnitudes and at any length.
func TestFunctionsAgree(t *testing.T) {
	t.Run("float32", testFunctionsAgree[float32])
	t.Run("float64", testFunctionsAgree[float64])
}

func testFunctionsAgree[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	x := append(specials[T](), anyNumbers[T](rng, 100_003)...)
	for _, f := range realFunctions[T]() {
		var first []T
		eachVectorLevel(t, func(t *testing.T) {
			y := make([]T, len(x))
			f.kernel(y, x)
			if first == nil {
				first = y
			}
			for i := range y {
				if !sameBits(y[i], first[i]) {
					t.Fatalf("%s(%v) = %v, with AVX2 %v", f.name, x[i], y[i], first[i])
				}
			}
		})
	}
}

// anyNumbers returns numbers of all magnitudes, more of them where functions bend.
func anyNumbers[T Float](rng *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		switch rng.IntN(4) {
		case 0:
			x[i] = T(math.Ldexp(2*rng.Float64()-1, rng.IntN(2098)-1074))
		case 1:
			x[i] = T(rng.NormFloat64())
		case 2:
			x[i] = T(20 * (2*rng.Float64() - 1))
		default:
			x[i] = T(760 * (2*rng.Float64() - 1))
		}
	}
	return x
}

var exhaustive = flag.Bool("exhaustive", false, "compare every float32, and a million float64, with the exact functions")

// TestAccuracyDouble compares with math/big. The long test, of a million numbers for each function, and of every float32:
//
//	go test -run Accuracy -v ./internal/kernel -exhaustive -timeout 2h
func TestAccuracyDouble(t *testing.T) {
	if level == plain {
		t.Skip("needs vector kernels, amd64 with AVX2 and no GODEBUG that turns it off: the loops in Go are as accurate as package math")
	}
	n := 4000
	if *exhaustive {
		n = 1_000_000
	}
	for _, f := range realFunctions[float64]() {
		x := anyNumbers[float64](rand.New(rand.NewPCG(7, 8)), n)
		y := make([]float64, n)
		f.kernel(y, x)
		var worst worstError
		eachPart(n, 1<<10, func(from, to int) worstError {
			var w worstError
			for i := from; i < to; i++ {
				w.observe(x[i], f.error(x[i], y[i]))
			}
			return w
		}, &worst)
		worst.check(t, f.name, f.ulps)
	}
}

// error is the distance of y from f(x) in units in the last place.
func (f realFunction[T]) error(x float64, y T) float64 {
	if math.Abs(x) <= f.reach && x != 0 {
		if want := f.exact(exactNumber(x)); want != nil {
			return ulps(y, want)
		}
	}
	if !sameBits(y, T(f.value(x))) {
		return math.Inf(1)
	}
	return 0
}

// TestAccuracySingle compares with package math in float64: every number with -exhaustive, else every 65537th.
func TestAccuracySingle(t *testing.T) {
	if level == plain {
		t.Skip("needs vector kernels, amd64 with AVX2 and no GODEBUG that turns it off: the loops in Go are as accurate as package math")
	}
	const block = 1 << 16
	step := uint64(65537)
	if *exhaustive {
		step = 1
	}
	total := int((1 << 32) / step)
	for _, f := range realFunctions[float32]() {
		var worst worstError
		eachPart(total, block, func(from, to int) worstError {
			var w worstError
			x, y := make([]float32, to-from), make([]float32, to-from)
			for i := range x {
				x[i] = math.Float32frombits(uint32(uint64(from+i) * step))
			}
			f.kernel(y, x)
			for i, v := range x {
				w.observe(float64(v), quickUlps(y[i], f.quick(float64(v))))
			}
			return w
		}, &worst)
		worst.check(t, f.name, f.ulps)
	}
}

// quickUlps is ulps of a float32 where want has the precision of a float64; of limits and NaN it wants the bits.
func quickUlps(got float32, want float64) float64 {
	rounded := float32(want)
	if want != want || want == 0 || rounded-rounded != 0 {
		if sameBits(got, rounded) {
			return 0
		}
		return math.Inf(1)
	}
	exponent := max(int(math.Float64bits(want)>>52&0x7ff)-1023-23, -149)
	return math.Abs(float64(got)-want) * math.Float64frombits(uint64(1023-exponent)<<52)
}

// A worstError is the largest error seen, and where.
type worstError struct{ x, ulps float64 }

func (w *worstError) observe(x, e float64) {
	if !(e <= w.ulps) {
		w.x, w.ulps = x, e
	}
}

func (w *worstError) check(t *testing.T, name string, limit float64) {
	t.Helper()
	t.Logf("%s: %.2f ulp at %v", name, w.ulps, w.x)
	if !(w.ulps <= limit) {
		t.Errorf("%s: %.2f ulp at %v, at most %v are allowed", name, w.ulps, w.x, limit)
	}
}

// eachPart runs check over parts of n numbers on all processors and keeps the worst error.
func eachPart(n, size int, check func(from, to int) worstError, worst *worstError) {
	var lock sync.Mutex
	var group sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for from := range next {
				w := check(from, min(n, from+size))
				lock.Lock()
				worst.observe(w.x, w.ulps)
				lock.Unlock()
			}
		})
	}
	for from := 0; from < n; from += size {
		next <- from
	}
	close(next)
	group.Wait()
}

// TestEdges states values of mathematics, not of another implementation.
func TestEdges(t *testing.T) {
	nan, inf, zero := math.NaN(), math.Inf(1), math.Copysign(0, -1)
	for _, test := range []struct {
		name    string
		run     func(dst, x []float64)
		x, want float64
	}{
		{"exp", Exp[float64], 0, 1},
		{"exp", Exp[float64], zero, 1},
		{"exp", Exp[float64], inf, inf},
		{"exp", Exp[float64], -inf, 0},
		{"exp", Exp[float64], 709.79, inf},
		{"exp", Exp[float64], -746, 0},
		{"exp", Exp[float64], 5e-324, 1},
		{"exp", Exp[float64], nan, nan},
		{"log", Log[float64], 0, -inf},
		{"log", Log[float64], zero, -inf},
		{"log", Log[float64], 1, 0},
		{"log", Log[float64], -1, nan},
		{"log", Log[float64], inf, inf},
		{"log", Log[float64], -inf, nan},
		{"log", Log[float64], nan, nan},
		{"tanh", Tanh[float64], 0, 0},
		{"tanh", Tanh[float64], zero, zero},
		{"tanh", Tanh[float64], 5e-324, 5e-324},
		{"tanh", Tanh[float64], inf, 1},
		{"tanh", Tanh[float64], -inf, -1},
		{"tanh", Tanh[float64], 1e308, 1},
		{"tanh", Tanh[float64], nan, nan},
		{"sigmoid", Sigmoid[float64], 0, 0.5},
		{"sigmoid", Sigmoid[float64], zero, 0.5},
		{"sigmoid", Sigmoid[float64], 5e-324, 0.5},
		{"sigmoid", Sigmoid[float64], inf, 1},
		{"sigmoid", Sigmoid[float64], -inf, 0},
		{"sigmoid", Sigmoid[float64], 1e308, 1},
		{"sigmoid", Sigmoid[float64], -1e308, 0},
		{"sigmoid", Sigmoid[float64], nan, nan},
	} {
		dst := []float64{7}
		if test.run(dst, []float64{test.x}); !sameBits(dst[0], test.want) {
			t.Errorf("%s(%v) = %v, want %v", test.name, test.x, dst[0], test.want)
		}
		single := []float32{7}
		if x := float32(test.x); float64(x) == test.x || test.x != test.x {
			runSingle := map[string]func(dst, x []float32){"exp": Exp[float32], "log": Log[float32], "tanh": Tanh[float32], "sigmoid": Sigmoid[float32]}
			if runSingle[test.name](single, []float32{x}); !sameBits(single[0], float32(test.want)) {
				t.Errorf("float32: %s(%v) = %v, want %v", test.name, x, single[0], test.want)
			}
		}
	}
}

// TestSigmoidTails: the lower tail reaches down to denormals, both tails add up to 1.
func TestSigmoidTails(t *testing.T) {
	x := []float64{-745, -709, -100, -37, -1, 1, 37}
	dst := make([]float64, len(x))
	Sigmoid(dst, x)
	// On arm64 package math, which the loops in Go use, has no e^−745.
	if dst[0] == 0 && math.Exp(x[0]) != 0 || dst[1] == 0 {
		t.Errorf("lower tail: %v", dst[:3])
	}
	if dst[3]+dst[6] != 1 || math.Abs(dst[4]+dst[5]-1) > 0x1p-52 {
		t.Errorf("tails do not add up to 1: %v", dst[3:])
	}
}

var sizes = []int{1000, 1_000_000}

func BenchmarkFunctions(b *testing.B) {
	for _, f := range realFunctions[float32]() {
		for _, n := range sizes {
			b.Run(fmt.Sprintf("%s/%d/float32", f.name, n), func(b *testing.B) { benchFunction(b, f.kernel, n) })
		}
	}
	for _, f := range realFunctions[float64]() {
		b.Run(fmt.Sprintf("%s/%d/float64", f.name, sizes[0]), func(b *testing.B) { benchFunction(b, f.kernel, sizes[0]) })
	}
}

func benchFunction[T Float](b *testing.B, f func(dst, x []T), n int) {
	x, y := randomFloats[T](rand.New(rand.NewPCG(1, 2)), n), make([]T, n)
	b.SetBytes(int64(n))
	for b.Loop() {
		f(y, x)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/float64(n)*1e9, "ns/element")
}
