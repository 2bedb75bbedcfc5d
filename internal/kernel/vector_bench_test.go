package kernel

import (
	"fmt"
	"testing"
)

// benchLengths are slices in the first cache, in the second, and beyond.
var benchLengths = []int{100, 4096, 1 << 16, 1 << 20}

// benchBytes runs a kernel that moves width bytes per element on n elements.
func benchBytes(b *testing.B, n, width int, run func()) {
	b.SetBytes(int64(n * width))
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
}

func BenchmarkArithmetic(b *testing.B) {
	for _, n := range benchLengths {
		dst, x, y := make([]float32, n), make([]float32, n), make([]float32, n)
		for _, k := range []struct {
			name  string
			width int // bytes per element
			run   func()
		}{
			{"copy", 8, func() { copy(dst, x) }},
			{"add", 12, func() { Add(dst, x, y) }},
			{"mul", 12, func() { Mul(dst, x, y) }},
			{"addTo", 12, func() { AddTo(dst, x) }},
			{"axpy", 12, func() { Axpy(0.5, x, dst) }},
			{"mulAdd", 16, func() { MulAdd(dst, x, y) }},
			{"scale", 8, func() { Scale(1, dst) }},
			{"clamp", 8, func() { Clamp(1, dst) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", k.name, n), func(b *testing.B) { benchBytes(b, n, k.width, k.run) })
		}
	}
}

var (
	benchSum    float64 // keeps results
	benchFinite bool
)

func BenchmarkReduction(b *testing.B) {
	for _, n := range benchLengths {
		x, y := make([]float32, n), make([]float32, n)
		for _, k := range []struct {
			name  string
			width int
			run   func()
		}{
			{"sum", 4, func() { benchSum = float64(Sum(x)) }},
			{"dot", 8, func() { benchSum = float64(Dot(x, y)) }},
			{"sumSquares", 4, func() { benchSum = SumSquares(x) }},
			{"finite", 4, func() { benchFinite = Finite(x) }},
			{"sumAbs", 4, func() { benchSum = SumAbs(x) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", k.name, n), func(b *testing.B) { benchBytes(b, n, k.width, k.run) })
		}
	}
}

func BenchmarkRows(b *testing.B) {
	for _, s := range [][2]int{{128, 10}, {128, 512}, {512, 4096}} {
		rows, n := s[0], s[1]
		y, row := make([]float32, rows*n), make([]float32, n)
		b.Run(fmt.Sprintf("addRow/%dx%d", rows, n), func(b *testing.B) { benchBytes(b, rows*n, 8, func() { AddRow(y, row) }) })
		b.Run(fmt.Sprintf("sumRows/%dx%d", rows, n), func(b *testing.B) { benchBytes(b, rows*n, 4, func() { SumRowsOverwrite(row, y) }) })
	}
}

func BenchmarkDropout(b *testing.B) {
	for _, n := range benchLengths {
		dst, x := make([]float32, n), make([]float32, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) { benchBytes(b, n, 8, func() { Dropout(dst, x, 1, 0.5, 2) }) })
	}
}

// BenchmarkScaleNumbers makes a batch of 128 images of 784 bytes.
func BenchmarkScaleNumbers(b *testing.B) {
	x, dst := make([]uint8, 128*784), make([]float32, 128*784)
	b.Run("uint8", func(b *testing.B) { benchBytes(b, len(x), 5, func() { ScaleNumbers(dst, x, 1./255) }) })
}
