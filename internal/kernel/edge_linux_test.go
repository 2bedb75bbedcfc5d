package kernel

import (
	"math/rand/v2"
	"runtime/debug"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// endingAtPage copies x to memory that ends where its page does, before one that nobody may touch. release gives it back.
func endingAtPage[T Float](t *testing.T, x []T) (copied []T, release func()) {
	t.Helper()
	page, size := unix.Getpagesize(), len(x)*sizeOf[T]()
	whole := (size + page - 1) / page * page
	memory, err := unix.Mmap(-1, 0, whole+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Mprotect(memory[whole:], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	copied = unsafe.Slice((*T)(unsafe.Pointer(&memory[whole-size])), len(x))
	copy(copied, x)
	return copied, func() {
		if err := unix.Munmap(memory); err != nil {
			t.Error(err)
		}
	}
}

// TestGemmStaysWithin runs products whose operands and results end where a page does: to read or to write behind them, be
// it a lane that no result depends on, is a fault.
func TestGemmStaysWithin(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testGemmStaysWithin[float32])
		t.Run("float64", testGemmStaysWithin[float64])
	})
}

func testGemmStaysWithin[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for _, form := range gemmForms[T]() {
		for range 150 {
			m, n, k := 1+rng.IntN(40), 1+rng.IntN(40), 1+rng.IntN(40)
			if rng.IntN(2) == 0 { // narrow, where n is small enough
				m, k = 64+rng.IntN(70), narrowLeastK+rng.IntN(20)
			}
			p := newProduct(rng, form, m, n, k, [3]int{rng.IntN(3), rng.IntN(3), rng.IntN(3)}, rng.IntN(2) == 0)
			testProductStaysWithin(t, p)
		}
	}
}

func testProductStaysWithin[T Float](t *testing.T, p product[T]) {
	t.Helper()
	a, releaseA := endingAtPage(t, p.a.data())
	defer releaseA()
	b, releaseB := endingAtPage(t, p.b.data())
	defer releaseB()
	c, releaseC := endingAtPage(t, p.c.data())
	defer releaseC()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if v := recover(); v != nil {
			t.Fatalf("%v: %v", p, v)
		}
	}()
	if p.start == nil {
		p.gemm(p.m, p.n, p.k, c, p.c.stride, p.add, a, p.a.stride, b, p.b.stride)
	} else {
		start, releaseStart := endingAtPage(t, p.start.data())
		defer releaseStart()
		GemmBias(p.m, p.n, p.k, c, p.c.stride, start, a, p.a.stride, b, p.b.stride)
	}
	p.run()
	for i := range p.m {
		for j := range p.n {
			if got, want := c[i*p.c.stride+j], p.c.at(i, j); !sameBits(got, want) {
				t.Fatalf("%v: c[%d, %d] = %v at the end of a page, elsewhere %v", p, i, j, got, want)
			}
		}
	}
}
