package kernel

import (
	"math/rand/v2"
	"testing"
)

// TestShared: any number of workers gives the same bits, and no call allocates.
func TestShared(t *testing.T) {
	t.Run("float32", testShared[float32])
	t.Run("float64", testShared[float64])
}

func testShared[T Float](t *testing.T) {
	defer func() { forcedWorkers = 0 }()
	rng := rand.New(rand.NewPCG(21, 22))
	const n = 2*shareFrom + 1234
	x, dy := randomFloats[T](rng, n), randomFloats[T](rng, n)
	first, got := make([]T, n), make([]T, n)
	for name, run := range map[string]func(dst []T){
		"tanh":             func(dst []T) { Tanh(dst, x) },
		"gelu slope":       func(dst []T) { GELUBackward(dst, x, dy) },
		"clip":             func(dst []T) { Clip(dst, x, -0.5, 0.7) },
		"leaky relu slope": func(dst []T) { LeakyReLUBackward(dst, x, dy, 0.3) },
		"softplus":         func(dst []T) { Softplus(dst, x, 2, 3) },
		"elu slope":        func(dst []T) { ELUBackward(dst, x, dy, 1.1, 1.7) },
		"softmax":          func(dst []T) { Softmax(dst, x[:n/10*10], 10) },
		"long softmax":     func(dst []T) { Softmax(dst, x[:2*shareFrom], shareFrom) },
		"softmax gradient": func(dst []T) { SoftmaxBackward(dst, x[:n/10*10], dy, 10) },
	} {
		forcedWorkers = 1
		clear(first)
		run(first)
		for _, forcedWorkers = range []int{2, 3, 8} {
			clear(got)
			run(got)
			for i := range got {
				if !sameBits(got[i], first[i]) {
					t.Fatalf("%s with %d workers: element %d is %v, with one %v", name, forcedWorkers, i, got[i], first[i])
				}
			}
		}
		forcedWorkers = 2
		if a := testing.AllocsPerRun(100, func() { run(got) }); a != 0 {
			t.Errorf("%s allocates %v times", name, a)
		}
	}
}
