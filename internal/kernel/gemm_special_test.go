package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestGemmPropagates puts one special value at every place of A, of B and of C, with zeros and ones to meet it: a
// product must pass it on to its row or its column and nowhere else.
func TestGemmPropagates(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testGemmPropagates[float32])
		t.Run("float64", testGemmPropagates[float64])
	})
}

func testGemmPropagates[T Float](t *testing.T) {
	testGemmPropagatesAt[T](t, 3, 6, 7, 1)
	testGemmPropagatesAt[T](t, 67, 5, 41, 20) // narrow
}

// testGemmPropagatesAt tries every place, or one in many of each row and column of the operands.
func testGemmPropagatesAt[T Float](t *testing.T, m, n, k, many int) {
	nan, inf := T(math.NaN()), T(math.Inf(1))
	rng := rand.New(rand.NewPCG(7, 8))
	for _, test := range []struct{ special, other, want T }{
		{nan, 0, nan},
		{nan, 1, nan},
		{nan, inf, nan},
		{inf, 0, nan},
		{inf, 1, inf},
		{inf, -1, -inf},
		{-inf, 0, nan},
		{-inf, -1, inf},
	} {
		for _, form := range gemmForms[T]() {
			for l := k - 1; l >= 0; l -= many {
				for i := m - 1; i >= 0; i -= many {
					p := newProduct(rng, form, m, n, k, [3]int{}, i%2 == 0)
					p.fillB(test.other)
					p.setA(i, l, test.special)
					p.checkSpecial(t, test.want, func(r, _ int) bool { return r == i }, test.other == inf)
				}
				for j := n - 1; j >= 0; j -= many {
					p := newProduct(rng, form, m, n, k, [3]int{}, j%2 == 0)
					p.fillA(test.other)
					p.setB(l, j, test.special)
					p.checkSpecial(t, test.want, func(_, s int) bool { return s == j }, test.other == inf)
				}
			}
		}
	}
}

// checkSpecial runs the product and wants the value where hit says, and finite elements elsewhere unless the operand
// is infinite.
func (p product[T]) checkSpecial(t *testing.T, want T, hit func(i, j int) bool, infinite bool) {
	t.Helper()
	p.run()
	for i := range p.m {
		for j := range p.n {
			got := p.c.at(i, j)
			if hit(i, j) && !sameBits(got, want) {
				t.Fatalf("%v: c[%d, %d] = %v, want %v", p, i, j, got, want)
			}
			if !hit(i, j) && !infinite && got-got != 0 {
				t.Fatalf("%v: c[%d, %d] = %v, want a number", p, i, j, got)
			}
		}
	}
}

func (p product[T]) setA(i, l int, v T) {
	if p.transA {
		i, l = l, i
	}
	p.a.set(i, l, v)
}

func (p product[T]) setB(l, j int, v T) {
	if p.transB {
		l, j = j, l
	}
	p.b.set(l, j, v)
}

func (p product[T]) fillA(v T) {
	for i := range p.m {
		for l := range p.k {
			p.setA(i, l, v)
		}
	}
}

func (p product[T]) fillB(v T) {
	for l := range p.k {
		for j := range p.n {
			p.setB(l, j, v)
		}
	}
}
