package kernel

import (
	"math"
	"math/rand/v2"
	"slices"

	"pgregory.net/rapid"
)

// What surrounds a buffer: NaN poisons the result of a kernel that reads it, a number betrays a kernel that writes it.
const guardValue = 12345.5

// buffer is a matrix of rows×cols inside a larger slice, at an offset that is no multiple of a vector's width. It
// remembers the bits of all that surrounds it.
type buffer[T Float] struct {
	rows, cols, stride, offset int
	whole, before              []T
}

// newBuffer fills a matrix with normal numbers, and what is around it and in the gaps of its rows with around.
func newBuffer[T Float](rng *rand.Rand, rows, cols, gap int, around T) *buffer[T] {
	b := &buffer[T]{rows: rows, cols: cols, stride: cols + gap, offset: 1 + rng.IntN(7)}
	b.whole = make([]T, b.offset+b.extent()+17)
	for i := range b.whole {
		b.whole[i] = around
	}
	for i := range rows {
		for j := range cols {
			b.whole[b.index(i, j)] = T(rng.NormFloat64())
		}
	}
	b.before = slices.Clone(b.whole)
	return b
}

func newInput[T Float](rng *rand.Rand, rows, cols, gap int) *buffer[T] {
	return newBuffer(rng, rows, cols, gap, T(math.NaN()))
}

func newOutput[T Float](rng *rand.Rand, rows, cols, gap int) *buffer[T] {
	return newBuffer(rng, rows, cols, gap, T(guardValue))
}

func (b *buffer[T]) extent() int { return max(0, b.rows-1)*b.stride + min(b.rows, 1)*b.cols }

func (b *buffer[T]) index(i, j int) int { return b.offset + i*b.stride + j }

// data is the slice that a kernel is given: its length ends with the last element, its capacity does not.
func (b *buffer[T]) data() []T { return b.whole[b.offset : b.offset+b.extent()] }

func (b *buffer[T]) at(i, j int) T { return b.whole[b.index(i, j)] }

// old is the element before the kernel ran.
func (b *buffer[T]) old(i, j int) T { return b.before[b.index(i, j)] }

// set changes an element before the kernel runs.
func (b *buffer[T]) set(i, j int, v T) {
	b.whole[b.index(i, j)], b.before[b.index(i, j)] = v, v
}

// checkInput reports any change.
func (b *buffer[T]) checkInput(t rapid.TB, name string) {
	t.Helper()
	for i := range b.whole {
		if !sameBits(b.whole[i], b.before[i]) {
			t.Fatalf("%s: element %d of the input changed from %v to %v", name, i-b.offset, b.before[i], b.whole[i])
		}
	}
}

// checkOutput reports a change outside the elements of the matrix.
func (b *buffer[T]) checkOutput(t rapid.TB, name string) {
	t.Helper()
	for i := range b.whole {
		p := i - b.offset
		inside := p >= 0 && p < b.extent() && p%b.stride < b.cols
		if !inside && !sameBits(b.whole[i], b.before[i]) {
			t.Fatalf("%s: element %d outside the output changed to %v", name, p, b.whole[i])
		}
	}
}

// sameBits compares two numbers, minus zero apart from zero; all NaN are one.
func sameBits[T Float](x, y T) bool {
	return x == y && math.Signbit(float64(x)) == math.Signbit(float64(y)) || x != x && y != y
}

// epsilon is the distance from 1 to the next number.
func epsilon[T Float]() float64 {
	if T(1)+T(0x1p-52) == 1 {
		return 0x1p-23
	}
	return 0x1p-52
}

// smallest is the least positive number.
func smallest[T Float]() float64 {
	if T(math.SmallestNonzeroFloat64) == 0 {
		return math.SmallestNonzeroFloat32
	}
	return math.SmallestNonzeroFloat64
}

// largest is the greatest finite number.
func largest[T Float]() T {
	if epsilon[T]() > 0x1p-30 {
		return T(float32(math.MaxFloat32))
	}
	m := math.MaxFloat64
	return T(m)
}

func typeName[T Float]() string {
	if epsilon[T]() > 0x1p-30 {
		return "float32"
	}
	return "float64"
}

func (b *buffer[T]) clone() *buffer[T] {
	c := *b
	c.whole = slices.Clone(b.whole)
	return &c
}
