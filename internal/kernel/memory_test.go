package kernel

import "testing"

func TestMake(t *testing.T) {
	for _, n := range []int{0, 1, 1000, 1 << 20, 1<<20 + 1, 3<<20 - 7} {
		x := Make[float32](n)
		if len(x) != n {
			t.Fatalf("%d elements, want %d", len(x), n)
		}
		for i := range x {
			if x[i] != 0 {
				t.Fatalf("element %d of %d is %v", i, n, x[i])
			}
			x[i] = 1
		}
	}
}

func BenchmarkMakeAndTouch(b *testing.B) {
	for b.Loop() {
		x := Make[float32](1 << 24)
		for i := 0; i < len(x); i += 1024 {
			x[i] = 1
		}
	}
}
