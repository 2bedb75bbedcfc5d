package kernel

import (
	"sync"
	"unsafe"
)

// squares is a sum of squares, of g or of a gradient with its penalties.
type squares[T Float] struct {
	w, g      []T
	fold      Fold[T]
	penalized bool
}

// piece returns the sum of piece i.
func (s *squares[T]) piece(i int) float64 {
	from := i * sumPiece
	to := min(from+sumPiece, len(s.g))
	if s.penalized {
		return penalizedSumSquares(s.w[from:to], s.g[from:to], &s.fold)
	}
	return sumSquares(s.g[from:to])
}

// squaresTask is a sum of which workers share the pieces from first on.
type squaresTask[T Float] struct {
	squares[T]
	first int
}

func (t *squaresTask[T]) run(chunk int) { partialSums.of[chunk] = t.piece(t.first + chunk) }

func (t *squaresTask[T]) forget() { *t = squaresTask[T]{} }

var (
	squaresTask32 squaresTask[float32]
	squaresTask64 squaresTask[float64]
)

// partialSums are those of the pieces that workers share. They outlast the task, which another may take once it has run.
var partialSums struct {
	owner sync.Mutex
	of    [256]float64
}

func sharedSquares[T Float]() *squaresTask[T] {
	if is32[T]() {
		return (*squaresTask[T])(unsafe.Pointer(&squaresTask32))
	}
	return (*squaresTask[T])(unsafe.Pointer(&squaresTask64))
}

// sumPieces adds the sums of the pieces in their order, whoever computes them.
func sumPieces[T Float](s squares[T]) float64 {
	pieces := max(1, (len(s.g)+sumPiece-1)/sumPiece)
	if pieces > 1 && partialSums.owner.TryLock() {
		defer partialSums.owner.Unlock()
		return sumShared(s, pieces)
	}
	var sum float64
	for i := range pieces {
		sum += s.piece(i)
	}
	return sum
}

// sumShared is sumPieces for the owner of partialSums.
func sumShared[T Float](s squares[T], pieces int) float64 {
	var sum float64
	sums := partialSums.of[:]
	for first := 0; first < pieces; first += len(sums) {
		count := min(pieces-first, len(sums))
		if holdPool() {
			t := sharedSquares[T]()
			t.squares, t.first = s, first
			runTask(t, count)
		} else {
			for i := range count {
				sums[i] = s.piece(first + i)
			}
		}
		for _, v := range sums[:count] {
			sum += v
		}
	}
	return sum
}
