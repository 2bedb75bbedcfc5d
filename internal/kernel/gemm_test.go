package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// gemmForm is one of the products, and which of its operands it reads transposed.
type gemmForm[T Float] struct {
	name           string
	transA, transB bool
	bias           bool // in place of C, where add is not set
	gemm           func(m, n, k int, c []T, ldc int, add bool, a []T, lda int, b []T, ldb int)
}

func gemmForms[T Float]() []gemmForm[T] {
	return []gemmForm[T]{
		{"NN", false, false, false, GemmNN[T]},
		{"NT", false, true, false, GemmNT[T]},
		{"TN", true, false, false, GemmTN[T]},
		{"bias", false, false, true, GemmNN[T]},
	}
}

// extents are the rows and columns of A and B as they are stored.
func (f gemmForm[T]) extents(m, n, k int) (ar, ac, br, bc int) {
	ar, ac, br, bc = m, k, k, n
	if f.transA {
		ar, ac = k, m
	}
	if f.transB {
		br, bc = n, k
	}
	return ar, ac, br, bc
}

// product is a call of a form on guarded buffers.
type product[T Float] struct {
	gemmForm[T]
	m, n, k int
	add     bool
	c, a, b *buffer[T]
	start   *buffer[T] // the bias, or nil
}

func newProduct[T Float](rng *rand.Rand, form gemmForm[T], m, n, k int, gaps [3]int, add bool) product[T] {
	ar, ac, br, bc := form.extents(m, n, k)
	p := product[T]{
		form, m, n, k, add,
		newOutput[T](rng, m, n, gaps[0]), newInput[T](rng, ar, ac, gaps[1]), newInput[T](rng, br, bc, gaps[2]), nil,
	}
	if form.bias && !add {
		p.start = newInput[T](rng, 1, n, 0)
	}
	return p
}

func (p product[T]) String() string {
	return fmt.Sprintf("%s %s m=%d n=%d k=%d strides %d %d %d add=%v",
		p.name, typeName[T](), p.m, p.n, p.k, p.c.stride, p.a.stride, p.b.stride, p.add)
}

func (p product[T]) run() {
	if p.start != nil {
		GemmBias(p.m, p.n, p.k, p.c.data(), p.c.stride, p.start.data(), p.a.data(), p.a.stride, p.b.data(), p.b.stride)
		return
	}
	p.gemm(p.m, p.n, p.k, p.c.data(), p.c.stride, p.add, p.a.data(), p.a.stride, p.b.data(), p.b.stride)
}

func (p product[T]) elementA(i, l int) T {
	if p.transA {
		return p.a.at(l, i)
	}
	return p.a.at(i, l)
}

func (p product[T]) elementB(l, j int) T {
	if p.transB {
		return p.b.at(j, l)
	}
	return p.b.at(l, j)
}

// first is what the chain of an element starts from.
func (p product[T]) first(i, j int) T {
	switch {
	case p.add:
		return p.c.old(i, j)
	case p.start != nil:
		return p.start.at(0, j)
	}
	return 0
}

// chain is the contract of an element: one chain over k, in the arithmetic of the level.
func (p product[T]) chain(i, j int) T {
	s := p.first(i, j)
	for l := range p.k {
		s = mulAdd(p.elementA(i, l), p.elementB(l, j), s)
	}
	return s
}

// reference is the element in float64, and a bound on the error of a sum of k rounded products in any order: with u
// the unit roundoff, (k+1)·u/(1−(k+1)·u) times the sum of magnitudes (Higham, "Accuracy and Stability of Numerical
// Algorithms", section 3.1). Twice that bounds the distance of two such sums.
func (p product[T]) reference(i, j int) (sum, bound float64) {
	sum = float64(p.first(i, j))
	magnitude := math.Abs(sum)
	for l := range p.k {
		w := float64(p.elementA(i, l)) * float64(p.elementB(l, j))
		sum += w
		magnitude += math.Abs(w)
	}
	g := float64(p.k+1) * epsilon[T]() / 2
	return sum, 2*g/(1-g)*magnitude + smallest[T]()
}

// check runs the product and compares each element with the chain and the reference.
func (p product[T]) check(t rapid.TB) {
	t.Helper()
	p.run()
	if p.start != nil {
		p.start.checkInput(t, p.String())
	}
	p.a.checkInput(t, p.String())
	p.b.checkInput(t, p.String())
	p.c.checkOutput(t, p.String())
	for i := range p.m {
		for j := range p.n {
			got := p.c.at(i, j)
			if want := p.chain(i, j); !sameBits(got, want) {
				t.Fatalf("%v: c[%d, %d] = %v, the chain gives %v", p, i, j, got, want)
			}
			if want, bound := p.reference(i, j); !(math.Abs(float64(got)-want) <= bound) {
				t.Fatalf("%v: c[%d, %d] = %v, want %v ± %v", p, i, j, got, want, bound)
			}
		}
	}
}

func TestGemm(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for choice, name := range []string{"pack where it pays", "pack never", "pack always"} {
			t.Run(name, func(t *testing.T) {
				defer func() { packing = packWherePays }()
				packing = packingChoice(choice)
				t.Run("float32", testGemm[float32])
				t.Run("float64", testGemm[float64])
			})
		}
	})
}

func testGemm[T Float](t *testing.T) {
	extents := []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 50}
	for _, form := range gemmForms[T]() {
		rapid.Check(t, func(t *rapid.T) {
			extent, gap := rapid.SampledFrom(extents), rapid.IntRange(0, 5)
			m, n, k := extent.Draw(t, "m"), extent.Draw(t, "n"), extent.Draw(t, "k")
			gaps := [3]int{gap.Draw(t, "gap of c"), gap.Draw(t, "gap of a"), gap.Draw(t, "gap of b")}
			rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			newProduct(rng, form, m, n, k, gaps, rapid.Bool().Draw(t, "add")).check(t)
		})
	}
}

// TestGemmBlocks runs products of several blocks in each direction, with tails, and of strides that are powers of two.
func TestGemmBlocks(t *testing.T) {
	skipUnderRace(t)
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testGemmBlocks[float32])
		t.Run("float64", testGemmBlocks[float64])
	})
}

func testGemmBlocks[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	depth, height, width := blockDepth, blockABytes/(blockDepth*sizeOf[T]()), blockWidth/sizeOf[T]()
	bad := badStride / sizeOf[T]()
	for _, s := range []struct {
		m, n, k int
		gaps    [3]int
	}{
		{3, 35, 2*depth + 1, [3]int{0, 1, 2}},
		{2*height + 5, 3, depth, [3]int{1, 2, 0}},
		{height + 1, 37, depth, [3]int{bad - 37, 0, bad - 37}},
		{blockRows + 1, 131, 9, [3]int{bad - 131, bad - 9, bad - 131}},
		{6, width + 21, 5, [3]int{0, 1, 0}},
		{43, width + 21, 5, [3]int{0, bad - 5, 2*bad - width - 21}},
		{9, 211, depth + 3, [3]int{bad - 211, 2*bad - depth - 3, bad - 211}},
		{90, 211, 33, [3]int{3, bad - 33, bad - 211}},
		{1, 1500, 150, [3]int{0, 0, 3}}, // one row, in several calls
		{1, 77, 9, [3]int{0, 4, 0}},
		{narrowPiece + 70, 10, narrowLeastK + 1, [3]int{2, 1, 3}}, // narrow
		{65, 33, narrowLeastK, [3]int{0, 0, 0}},
		{90, 3, depth + 5, [3]int{1, 0, 1}}, // narrow, in two calls
		{70, 10, 64, [3]int{0, bad - 64, bad - 64}},
	} {
		for _, form := range gemmForms[T]() {
			gaps := s.gaps
			_, ac, _, bc := form.extents(s.m, s.n, s.k)
			if gaps[1] > 100 {
				gaps[1] = (ac+bad-1)/bad*bad - ac
			}
			if gaps[2] > 100 {
				gaps[2] = (bc+bad-1)/bad*bad - bc
			}
			for _, add := range []bool{false, true} {
				newProduct(rng, form, s.m, s.n, s.k, gaps, add).check(t)
			}
		}
	}
}

// TestGemmModes: set overwrites whatever was in C, NaN too; add keeps it.
func TestGemmModes(t *testing.T) { eachLevel(t, testGemmModes) }

func testGemmModes(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, form := range gemmForms[float64]() {
		for _, k := range []int{0, 1, 5} {
			for _, add := range []bool{false, true} {
				p := newProduct(rng, form, 2, 5, k, [3]int{2, 0, 0}, add)
				for j := range p.n {
					p.c.set(1, j, math.NaN())
				}
				p.run()
				for j := range p.n {
					if got := p.c.at(1, j); math.IsNaN(got) != add {
						t.Errorf("%v: NaN in C became %v", p, got)
					}
				}
				p.c.checkOutput(t, p.String())
			}
		}
	}
}

// TestGemmSigns: a chain that starts from 0 never gives −0, one that starts from −0 may.
func TestGemmSigns(t *testing.T) { eachLevel(t, testGemmSigns) }

func testGemmSigns(t *testing.T) {
	negative := math.Copysign(0, -1)
	for _, form := range gemmForms[float64]() {
		c := []float64{negative}
		form.gemm(1, 1, 1, c, 1, false, []float64{negative}, 1, []float64{1}, 1)
		if !sameBits(c[0], 0) {
			t.Errorf("%s: 0 + −0·1 = %v", form.name, c[0])
		}
		c[0] = negative
		form.gemm(1, 1, 1, c, 1, true, []float64{negative}, 1, []float64{1}, 1)
		if !sameBits(c[0], negative) {
			t.Errorf("%s: −0 + −0·1 = %v", form.name, c[0])
		}
	}
}

// TestGemmWorkers: the same bits with any number of workers, however the product is cut.
func TestGemmWorkers(t *testing.T) {
	eachVectorLevel(t, func(t *testing.T) {
		t.Run("float32", testGemmWorkers[float32])
		t.Run("float64", testGemmWorkers[float64])
	})
}

func testGemmWorkers[T Float](t *testing.T) {
	defer func() { forcedWorkers = 0 }()
	rng := rand.New(rand.NewPCG(11, 12))
	for _, s := range [][3]int{{75, 90, 130}, {300, 10, 200}, {8, 333, 300}, {33, 500, 65}, {1, 900, 400}} {
		for _, form := range gemmForms[T]() {
			g := gemm[T]{m: s[0], n: s[1], k: s[2], transB: form.transB}
			g.step = 1
			if _, _, chunks := g.split(4); chunks < 2 {
				t.Errorf("%v is not cut", s)
			}
			for _, forcedWorkers = range []int{1, 2, 3, 8} {
				newProduct(rng, form, s[0], s[1], s[2], [3]int{1, 2, 3}, forcedWorkers == 2).check(t)
			}
		}
	}
}

// TestGemmAllocates nothing, alone or with workers, once there is space for copies.
func TestGemmAllocates(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		defer func() { forcedWorkers = 0 }()
		rng := rand.New(rand.NewPCG(13, 14))
		for _, forcedWorkers = range []int{1, 2} {
			for _, form := range gemmForms[float32]() {
				p := newProduct(rng, form, 65, 130, 64, [3]int{}, false)
				if n := testing.AllocsPerRun(20, p.run); n != 0 {
					t.Errorf("%v with %d workers: %v allocations", p, forcedWorkers, n)
				}
			}
		}
	})
}
