package tensor

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestRandomBits pins the function: a checkpoint of today must draw the same numbers tomorrow.
func TestRandomBits(t *testing.T) {
	r := NewRandom(42)
	for _, test := range []struct {
		name   string
		random Random
		want   [3]uint64 // at the counters 0, 1 and -1
	}{
		{"seed 0", NewRandom(0), [3]uint64{0x48218226ff3cd4bf, 0xa706dd2f4d197e6f, 0xf85d28512d081c40}},
		{"seed 42", r, [3]uint64{0xb29ed950786f5ae3, 0x57e1faba65107204, 0x15ba6783d67f9b7b}},
		{"largest seed", NewRandom(math.MaxUint64), [3]uint64{0x445018e305810b78, 0x5dc20aa7b2a27137, 0x2dfe1aa565b7ff81}},
		{"with 0", r.With(0), [3]uint64{0x47a35051b4964825, 0xa47d14ba18a3a851, 0xfc12ca0fb27f2fd6}},
		{"with 7", r.With(7), [3]uint64{0xf2ffa0665c84647d, 0xbac205ce72089c8, 0xbc97e96912680b75}},
		{"with 7 and 9", r.With(7).With(9), [3]uint64{0x9631343430fca4a6, 0x2144d2d9f2132c27, 0xa3b4b05e11bf30b9}},
		{"with no name", r.WithName(""), [3]uint64{0x844b2ff0933f4329, 0x74f6ff834bc02672, 0xaeb51b95e783d19d}},
		{"with a name", r.WithName("dropout"), [3]uint64{0xc645d47c4b58442a, 0x218aafa1a197a546, 0x7e262d2ecfff7283}},
		{"with a name beyond ASCII", r.WithName("größe"), [3]uint64{0xac077fa08c21b566, 0xec3b69b23e1ef96b, 0x85c2219a13234d48}},
	} {
		got := [3]uint64{test.random.Uint64(0), test.random.Uint64(1), test.random.Uint64(-1)}
		if got != test.want {
			t.Errorf("%s: %#x, want %#x", test.name, got, test.want)
		}
	}
}

// TestRandomNumbers pins what is made of the bits. Normal goes through package math, whose last bit depends on the
// processor.
func TestRandomNumbers(t *testing.T) {
	r := NewRandom(42)
	for i, want := range []struct {
		uniform, normal float64
		digit, wide     int
	}{
		{0x1.653db2a0f0debp-01, -0x1.b61f621a28f3p-01, 6, 1498377383},
		{0x1.5f87eae99441cp-02, -0x1.3e75223f6f132p+01, 3, 737213788},
		{0x1.e957a287fd648p-01, -0x1.52ffbe4599b3bp-03, 9, 2052450465},
		{0x1.f2059ce304a4p-02, 0x1.01ca0d5241e4cp-03, 4, 1044427675},
	} {
		if got := r.Float64(i); got != want.uniform {
			t.Errorf("Float64(%d) = %x, want %x", i, got, want.uniform)
		}
		if got := r.Normal(i); math.Abs(got-want.normal) > 4e-16*math.Abs(want.normal) {
			t.Errorf("Normal(%d) = %x, want %x", i, got, want.normal)
		}
		if got := r.IntN(i, 10); got != want.digit {
			t.Errorf("IntN(%d, 10) = %d, want %d", i, got, want.digit)
		}
		if got := r.IntN(i, math.MaxInt32); got != want.wide {
			t.Errorf("IntN(%d, MaxInt32) = %d, want %d", i, got, want.wide)
		}
	}
}

func TestRandomBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := NewRandom(rapid.Uint64().Draw(t, "seed")).With(rapid.Uint64().Draw(t, "row"))
		i, n := rapid.Int().Draw(t, "counter"), rapid.IntRange(1, math.MaxInt).Draw(t, "n")
		if got := r.IntN(i, n); got < 0 || got >= n {
			t.Fatalf("IntN(%d, %d) = %d", i, n, got)
		}
		if got := r.IntN(i, 1); got != 0 {
			t.Fatalf("IntN(%d, 1) = %d", i, got)
		}
		if got := r.IntN(i, math.MaxInt); got < 0 || got == math.MaxInt {
			t.Fatalf("IntN(%d, MaxInt) = %d", i, got)
		}
		u := r.Float64(i)
		if u < 0 || u >= 1 || u*0x1p53 != math.Trunc(u*0x1p53) {
			t.Fatalf("Float64(%d) = %v", i, u)
		}
		if z := r.Normal(i); !(math.Abs(z) < 8.6) { // √(2·53·ln 2) and a little
			t.Fatalf("Normal(%d) = %v", i, z)
		}
	})
}

// unmix is the inverse of mix: it finds the key of a wanted draw.
func unmix(z uint64) uint64 {
	const inverse1, inverse2 = 0x96de1b173f119089, 0x319642b2d24d8ec3 // of the two factors, modulo 2⁶⁴
	z = (z ^ z>>31 ^ z>>62) * inverse2
	z = (z ^ z>>27 ^ z>>54) * inverse1
	return z ^ z>>30 ^ z>>60
}

// TestRandomExtremes draws the least and the greatest 64 bits.
func TestRandomExtremes(t *testing.T) {
	least, greatest := Random{unmix(0)}, Random{unmix(math.MaxUint64)}
	if least.Uint64(0) != 0 || greatest.Uint64(0) != math.MaxUint64 {
		t.Fatalf("the draws are %#x and %#x", least.Uint64(0), greatest.Uint64(0))
	}
	if u, v := least.Float64(0), greatest.Float64(0); u != 0 || v != 1-0x1p-53 {
		t.Errorf("uniform from %v to %v", u, v)
	}
	for _, n := range []int{1, 2, 10, math.MaxInt} {
		if i, j := least.IntN(0, n), greatest.IntN(0, n); i != 0 || j != n-1 {
			t.Errorf("below %d: from %d to %d", n, i, j)
		}
	}
	if z := least.Normal(0); z != 0 { // ln 1
		t.Errorf("normal of 0: %v", z)
	}
	if z := greatest.Normal(0); !(math.Abs(z) <= math.Sqrt(2*53*math.Ln2)) {
		t.Errorf("normal of the greatest uniform: %v", z)
	}
}

const draws = 1 << 18

// sources are streams that a run uses side by side: counters of one key, the first draws of rows, of steps, of names
// and of seeds.
var sources = []struct {
	name string
	at   func(i int) (Random, int)
}{
	{"counters", func(i int) (Random, int) { return NewRandom(1), i }},
	{"rows", func(i int) (Random, int) { return NewRandom(1).With(uint64(i)), 0 }},
	{"steps of a row", func(i int) (Random, int) { return NewRandom(1).With(uint64(i)).With(5), 3 }},
	{"rows and counters", func(i int) (Random, int) { return NewRandom(1).With(uint64(i >> 9)), i & 511 }},
	{"seeds", func(i int) (Random, int) { return NewRandom(uint64(i)), 0 }},
	{"seeds and their number", func(i int) (Random, int) { return NewRandom(uint64(i)).With(uint64(i)), 0 }},
	{"names", func(i int) (Random, int) {
		return NewRandom(1).WithName(string([]byte{byte(i >> 12 & 63), byte(i >> 6 & 63), byte(i & 63)})), 0
	}},
}

// TestUniform checks mean, variance, the buckets of the first and of the last bits, and the correlation of neighbours,
// all within five standard deviations of their estimate.
func TestUniform(t *testing.T) {
	for _, source := range sources {
		t.Run(source.name, func(t *testing.T) {
			var mean, variance, neighbours, last float64
			var high, low [256]int
			for i := range draws {
				r, counter := source.at(i)
				u := r.Float64(counter) - 0.5
				mean += u / draws
				variance += u * u / draws
				neighbours += u * last / draws
				last = u
				high[r.Uint64(counter)>>56]++
				low[r.Uint64(counter)&255]++
			}
			within(t, "mean", mean, 0, math.Sqrt(1./12/draws))
			within(t, "variance", variance, 1./12, math.Sqrt(1./180/draws))
			within(t, "covariance of neighbours", neighbours, 0, 1./12/math.Sqrt(draws))
			within(t, "chi-square of the first bits", chiSquare(high[:]), 255, math.Sqrt(2*255))
			within(t, "chi-square of the last bits", chiSquare(low[:]), 255, math.Sqrt(2*255))
		})
	}
}

// within reports an estimate that is five standard deviations from its expectation: one in 1.7 million.
func within(t *testing.T, name string, got, want, deviation float64) {
	t.Helper()
	if !(math.Abs(got-want) < 5*deviation) {
		t.Errorf("%s is %v, want %v ± %v", name, got, want, deviation)
	}
}

func chiSquare(buckets []int) float64 {
	var sum, total float64
	for _, n := range buckets {
		total += float64(n)
	}
	expected := total / float64(len(buckets))
	for _, n := range buckets {
		sum += (float64(n) - expected) * (float64(n) - expected) / expected
	}
	return sum
}

// TestNormal checks the first four moments, the tails and the correlation of neighbours.
func TestNormal(t *testing.T) {
	for _, source := range sources {
		t.Run(source.name, func(t *testing.T) {
			var moment [5]float64
			var neighbours, last float64
			var beyond int // two standard deviations
			for i := range draws {
				r, counter := source.at(i)
				z := r.Normal(counter)
				for p, w := 1, z; p < 5; p, w = p+1, w*z {
					moment[p] += w / draws
				}
				if math.Abs(z) > 2 {
					beyond++
				}
				neighbours += z * last / draws
				last = z
			}
			root := math.Sqrt(draws)
			within(t, "mean", moment[1], 0, 1/root)
			within(t, "variance", moment[2], 1, math.Sqrt(2)/root)
			within(t, "third moment", moment[3], 0, math.Sqrt(15)/root)
			within(t, "fourth moment", moment[4], 3, math.Sqrt(96)/root)
			within(t, "covariance of neighbours", neighbours, 0, 1/root)
			tail := math.Erfc(math.Sqrt2)
			within(t, "share beyond 2", float64(beyond)/draws, tail, math.Sqrt(tail*(1-tail))/root)
		})
	}
}

func TestIntNIsUniform(t *testing.T) {
	for _, n := range []int{2, 3, 10, 1000} {
		buckets := make([]int, n)
		for i := range draws {
			buckets[NewRandom(8).IntN(i, n)]++
		}
		within(t, "chi-square", chiSquare(buckets), float64(n-1), math.Sqrt(2*float64(n-1)))
	}
}

// TestAvalanche: one bit of the seed, of a coordinate or of the counter flips each bit of a draw half of the time.
func TestAvalanche(t *testing.T) {
	const trials = 2000
	for name, draw := range map[string]func(x uint64) uint64{
		"seed":            func(x uint64) uint64 { return NewRandom(x).Uint64(0) },
		"coordinate":      func(x uint64) uint64 { return NewRandom(1).With(x).Uint64(0) },
		"seed of a row":   func(x uint64) uint64 { return NewRandom(x).With(3).Uint64(0) },
		"next coordinate": func(x uint64) uint64 { return NewRandom(1).With(x).With(x).Uint64(0) },
		"counter":         func(x uint64) uint64 { return NewRandom(1).Uint64(int(x)) },
	} {
		for in := range 64 {
			var flips [64]int
			for i := range trials {
				x := NewRandom(99).Uint64(i)
				for d, out := draw(x)^draw(x^1<<in), 0; d != 0; d, out = d>>1, out+1 {
					flips[out] += int(d & 1)
				}
			}
			for out, n := range flips {
				if math.Abs(float64(n)/trials-0.5) > 6*0.5/math.Sqrt(trials) {
					t.Errorf("%s: bit %d flips bit %d in %d of %d", name, in, out, n, trials)
				}
			}
		}
	}
}

// TestKeysDiffer collects the sources that a large run derives and wants no two of them to be one: neither their first
// draws, nor coordinates that are the same numbers in another order or place.
func TestKeysDiffer(t *testing.T) {
	seen := map[uint64]string{}
	add := func(name string, r Random) {
		t.Helper()
		if other, ok := seen[r.Uint64(0)]; ok {
			t.Errorf("%s draws what %s draws", name, other)
		}
		seen[r.Uint64(0)] = name
	}
	root := NewRandom(7)
	add("the root", root)
	for row := range uint64(100_000) {
		add("a row", root.With(row))
	}
	for _, name := range []string{"", "a", "b", "ab", "ba", "dropout", "dropout ", "forward", "order"} {
		add(name, root.WithName(name))
	}
	for a := range uint64(60) {
		add("a small seed", NewRandom(1000+a))
		for b := range uint64(60) {
			add("a seed and a row", NewRandom(1000+a).With(1000+b))
			add("two coordinates", root.With(a).With(b))
			add("a name and a row", NewRandom(a).WithName("forward").With(b))
		}
	}
}

// TestStreamsDoNotOverlap compares a thousand draws of each of a thousand rows.
func TestStreamsDoNotOverlap(t *testing.T) {
	seen := make(map[uint64]bool, 1<<20)
	for row := range 1024 {
		r := NewRandom(3).With(uint64(row))
		for i := range 1024 {
			if v := r.Uint64(i); seen[v] {
				t.Fatalf("row %d repeats a draw at counter %d", row, i)
			} else {
				seen[v] = true
			}
		}
	}
}

// TestDropout: an element is dropped where its number is below the rate.
func TestDropout(t *testing.T) {
	const n, rate, scale = 1000, 0.3, 2.5
	r := NewRandom(9).With(4)
	x, dst := make([]float32, n), make([]float32, n)
	for i := range x {
		x[i] = float32(i + 1)
	}
	Dropout(dst, x, r, rate, scale)
	for i, got := range dst {
		want := scale * x[i]
		if r.Float64(i) < rate {
			want = 0
		}
		if got != want {
			t.Fatalf("element %d is %v, want %v", i, got, want)
		}
	}
}
